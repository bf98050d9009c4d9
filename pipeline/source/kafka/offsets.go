package kafka

import (
	"context"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
)

// starts are where the group stands in the assigned partitions, by topic; negative: nowhere yet, begin with the first
// message there is.
func (s *Source) starts(ctx context.Context, gen *generation) (map[string]map[int]int64, error) {
	starts := map[string]map[int]int64{}
	unknown := false
	for topic, assigned := range gen.Assignments {
		starts[topic] = map[int]int64{}
		for _, a := range assigned {
			starts[topic][a.ID] = a.Offset
			unknown = unknown || a.Offset < 0
		}
	}
	if !unknown || s.cfg.From != FromEnd || s.resumed {
		return starts, nil
	}
	ends, err := s.firstEnds(ctx, gen)
	if err != nil {
		return nil, err
	}
	for topic, of := range starts {
		for id, offset := range of {
			if end, ok := ends[topic][id]; ok && offset < 0 {
				of[id] = end
			}
		}
	}
	return starts, nil
}

// firstEnds fixes where "end" was when the group first started: the ends of all partitions, committed at once, so that
// neither a restart before the first acknowledgement nor a partition added later loses anything. It gives nothing if the
// group has started before: what has no offset now is new, and is read from its first message.
func (s *Source) firstEnds(ctx context.Context, gen *generation) (map[string]map[int]int64, error) {
	sizes, err := s.sizes(ctx)
	if err != nil {
		return nil, err
	}
	all, wanted := map[string][]int{}, map[string][]kafkago.OffsetRequest{}
	for topic, n := range sizes {
		for id := range n {
			all[topic] = append(all[topic], id)
			wanted[topic] = append(wanted[topic], kafkago.LastOffsetOf(id))
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errNoAnswer)
	defer cancel()
	committed, err := s.client.OffsetFetch(ctx, &kafkago.OffsetFetchRequest{GroupID: s.cfg.Group, Topics: all})
	if err == nil {
		err = committed.Error
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the group's offsets: %w", said(ctx, err))
	}
	for topic, list := range committed.Topics {
		for _, p := range list {
			if p.Error != nil {
				return nil, fmt.Errorf("ask for the group's offset of %s: %w", streamName(topic, p.Partition), p.Error)
			}
			if p.CommittedOffset >= 0 {
				return nil, nil
			}
		}
	}
	last, err := s.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: wanted})
	if err != nil {
		return nil, fmt.Errorf("ask for the partitions' ends: %w", said(ctx, err))
	}
	ends := map[string]map[int]int64{}
	for topic, list := range last.Topics {
		ends[topic] = map[int]int64{}
		for _, p := range list {
			if p.Error != nil {
				return nil, fmt.Errorf("ask for the end of %s: %w", streamName(topic, p.Partition), p.Error)
			}
			ends[topic][p.Partition] = p.LastOffset
		}
	}
	if err := gen.CommitOffsets(ends); err != nil {
		return nil, fmt.Errorf("commit where the group begins: %w", err)
	}
	s.log.Info("group starts at the end", "group", s.cfg.Group, "topics", len(ends))
	return ends, nil
}
