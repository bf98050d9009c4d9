package kafka

import (
	"errors"
	"fmt"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"
)

// partition is what this process knows of one partition, for as long as it runs. It is kept over rebalances: what was
// handed over once is not read again here, though another member may read it.
type partition struct {
	stream string
	topic  string
	id     int

	// Guarded by Source.mu. Offsets are those of the next message; negative: none yet.
	handed    int64       // given to Read
	acked     int64       // acknowledged: durable
	committed int64       // told to the coordinator
	owner     *generation // nil while another member has it

	// For the goroutine that reads.
	next       int64 // to be fetched
	partOffset int64 // of a message of which the first partLines lines were handed over
	partLines  int
}

func streamName(topic string, partition int) string { return topic + "/" + strconv.Itoa(partition) }

func (s *Source) partition(stream string) *partition {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lockedPartition(stream)
}

func (s *Source) lockedPartition(stream string) *partition {
	p := s.partitions[stream]
	if p == nil {
		p = &partition{stream: stream, handed: -1, acked: -1, committed: -1}
		s.partitions[stream] = p
	}
	return p
}

// acknowledge notes that everything before offset is durable, and tells the coordinator. That the partition is another
// member's by now, or that the coordinator cannot be told, is no error: the offset is committed when the partition comes
// back, or the next owner delivers the same records again.
func (s *Source) acknowledge(p *partition, offset int64) error {
	s.mu.Lock()
	p.acked = max(p.acked, offset)
	owner, done := p.owner, offset <= p.committed
	s.mu.Unlock()
	if owner == nil {
		s.superseded(p, nil)
		return nil
	}
	if done {
		return nil
	}
	err := owner.CommitOffsets(map[string]map[int]int64{p.topic: {p.id: offset}})
	switch {
	case err == nil:
		s.mu.Lock()
		defer s.mu.Unlock()
		if p.owner == owner {
			p.committed = max(p.committed, offset)
		}
		return nil
	case refused(err):
		return fmt.Errorf("commit offset of %s: %w", p.stream, err)
	}
	s.superseded(p, err)
	owner.renew() // which it may have done already
	return nil
}

func (s *Source) superseded(p *partition, err error) {
	s.metrics.superseded.Inc()
	s.log.Info("acknowledgement came too late for the coordinator", "topic", p.topic, "partition", p.id, "error", err)
}

// refused says that the broker does not take the commit though the membership is in order: it is to be tried again, and
// somebody should look. All else means that the generation is over, or its connection is.
func refused(err error) bool {
	var answer kafkago.Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer {
	case kafkago.IllegalGeneration, kafkago.UnknownMemberId, kafkago.RebalanceInProgress, kafkago.NotCoordinatorForGroup,
		kafkago.GroupCoordinatorNotAvailable, kafkago.UnknownTopicOrPartition:
		return false
	}
	return true
}
