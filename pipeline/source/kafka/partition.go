package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline"
)

// readPartition hands over the messages of one partition until ctx ends, which it does with the generation.
func (s *Source) readPartition(ctx context.Context, gen *kafkago.Generation, topic string, a kafkago.PartitionAssignment) {
	stream := topic + "/" + strconv.Itoa(a.ID)
	log := s.log.With("topic", topic, "partition", a.ID)
	reader := kafkago.NewReader(kafkago.ReaderConfig{
		Brokers: s.cfg.Brokers, Dialer: s.dialer, Topic: topic, Partition: a.ID, MinBytes: 1, MaxBytes: s.cfg.FetchBytes,
		MaxWait: s.cfg.BatchWait, QueueCapacity: 256, ReadLagInterval: -1, ReadBackoffMin: 100 * time.Millisecond,
		ReadBackoffMax: 5 * time.Second, IsolationLevel: kafkago.ReadCommitted,
	})
	defer reader.Close()
	if err := reader.SetOffset(s.startAt(stream, a.Offset)); err != nil {
		log.Error("offset not set", "error", err)
		return
	}
	for ctx.Err() == nil {
		b, next, lag, err := s.nextBatch(ctx, reader, stream)
		if err != nil && ctx.Err() == nil {
			log.Warn("read failed, trying again", "error", err)
			s.metrics.errors.Inc()
			pause(ctx, time.Second)
		}
		if len(b.Records) == 0 {
			continue
		}
		b.Positions = map[string]string{stream: strconv.FormatInt(next, 10)}
		b.Ack = func(context.Context) error { return s.commit(gen, topic, a.ID, next) }
		select {
		case s.batches <- b:
			s.metrics.lag.WithLabelValues(topic, strconv.Itoa(a.ID)).Set(float64(lag))
		case <-ctx.Done():
		}
	}
}

// startAt is the group's offset, or the floor where that is further.
func (s *Source) startAt(stream string, committed int64) int64 {
	if floor, ok := s.floor[stream]; ok && floor > committed {
		return floor
	}
	return committed
}

// nextBatch waits for a message and takes what else comes within BatchWait. next is the offset after the last one.
func (s *Source) nextBatch(ctx context.Context, reader *kafkago.Reader, stream string) (b pipeline.Batch, next, lag int64, err error) {
	m, err := reader.ReadMessage(ctx)
	if err != nil {
		return b, 0, 0, err
	}
	more, cancel := context.WithTimeout(ctx, s.cfg.BatchWait)
	defer cancel()
	bytes := 0
	for {
		before := len(b.Records)
		b.Records = s.records(b.Records, stream, &m)
		s.metrics.records.Add(float64(len(b.Records) - before))
		bytes += len(m.Value)
		next, lag = m.Offset+1, max(m.HighWaterMark-m.Offset-1, 0)
		if len(b.Records) >= s.cfg.BatchRecords || bytes >= s.cfg.FetchBytes {
			return b, next, lag, nil
		}
		if m, err = reader.ReadMessage(more); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				err = nil
			}
			return b, next, lag, err
		}
	}
}

// commit tells the coordinator that everything before offset is durable. An end of the generation in the meantime is no
// error: the partition's next owner starts at the offset committed last and delivers the same records again.
func (s *Source) commit(gen *kafkago.Generation, topic string, partition int, offset int64) error {
	err := gen.CommitOffsets(map[string]map[int]int64{topic: {partition: offset}})
	switch {
	case err == nil:
		return nil
	case superseded(err):
		s.metrics.superseded.Inc()
		s.log.Info("acknowledgement came after a rebalance; the records will be delivered again", "topic", topic, "partition", partition)
		return nil
	}
	return fmt.Errorf("commit offset of %s/%d: %w", topic, partition, err)
}

func superseded(err error) bool {
	return errors.Is(err, kafkago.ErrGenerationEnded) || errors.Is(err, kafkago.IllegalGeneration) ||
		errors.Is(err, kafkago.UnknownMemberId) || errors.Is(err, kafkago.RebalanceInProgress) || errors.Is(err, kafkago.ErrGroupClosed)
}
