package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// consume is one membership over a fixed set of topics; it ends with ctx or when the set has changed.
func (s *Source) consume(ctx context.Context, sizes map[string]int) {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	topics := s.cfg.Topics
	if s.pattern != nil {
		topics = slices.Sorted(maps.Keys(sizes))
	}
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: s.cfg.Group, Brokers: s.cfg.Brokers, Dialer: s.dialer, Topics: topics, StartOffset: noOffset,
		GroupBalancers: []kafkago.GroupBalancer{kafkago.RoundRobinGroupBalancer{}},
		SessionTimeout: s.cfg.SessionTimeout, RebalanceTimeout: s.cfg.SessionTimeout,
		HeartbeatInterval: s.cfg.SessionTimeout / 10, JoinGroupBackoff: retryWait, Timeout: dialTimeout,
	})
	if err != nil {
		s.log.Warn("group not joined, waiting", "error", err)
		s.metrics.errors.Inc()
		pause(ctx, retryWait)
		return
	}
	defer group.Close() // its error is always nil
	s.log.Info("joining group", "group", s.cfg.Group, "topics", len(topics))
	m := &membership{topics: topics, sizes: sizes, leave: leave}
	for {
		gen, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, kafkago.ErrGroupClosed):
			return
		case errors.Is(err, kafkago.RebalanceInProgress):
		case err != nil:
			s.log.Warn("group not joined, trying again", "group", s.cfg.Group, "brokers", s.cfg.Brokers, "error", err)
			s.metrics.errors.Inc()
		default:
			s.metrics.rebalances.Inc()
			s.begin(m, newGeneration(gen))
		}
	}
}

// membership is what stays the same from one generation to the next.
type membership struct {
	topics []string
	// sizes are the topics' numbers of partitions at a moment before the current generation began: what the group's
	// leader shared out is not older.
	sizes map[string]int
	leave context.CancelFunc
}

// noOffset stands for a partition of which the group has committed nothing.
const noOffset = kafkago.FirstOffset

// generation is what a member may do until the next rebalance.
type generation struct {
	*kafkago.Generation
	over chan struct{} // receives once when we want the generation to end: something is wrong with it
}

func newGeneration(gen *kafkago.Generation) *generation {
	return &generation{Generation: gen, over: make(chan struct{}, 1)}
}

// renew ends the generation, so that the next one comes with a new connection.
func (g *generation) renew() {
	select {
	case g.over <- struct{}{}:
	default:
	}
}

// begin starts reading the assigned partitions, and returns. Whatever is started ends with the generation; the library
// ends the generation when the first of it ends.
func (s *Source) begin(m *membership, gen *generation) {
	gen.Start(func(ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		owned := s.own(ctx, gen)
		defer s.disown(gen, owned)
		for _, p := range owned {
			gen.Start(func(context.Context) { s.readPartition(ctx, p) })
		}
		s.log.Info("partitions assigned", "generation", gen.ID, "partitions", len(owned))
		s.watch(ctx, m, gen)
	})
}

// own takes the partitions of a generation over; it tries until it knows where to begin, or gives nothing when ctx ends.
func (s *Source) own(ctx context.Context, gen *generation) []*partition {
	for {
		owned, err := s.tryOwn(ctx, gen)
		if err == nil || ctx.Err() != nil {
			return owned
		}
		s.log.Warn("offsets not known, trying again", "error", err)
		s.metrics.errors.Inc()
		pause(ctx, retryWait)
	}
}

func (s *Source) tryOwn(ctx context.Context, gen *generation) ([]*partition, error) {
	starts, err := s.starts(ctx, gen)
	if err != nil {
		return nil, err
	}
	var owned []*partition
	pending := map[string]map[int]int64{}
	s.mu.Lock()
	for topic, assigned := range gen.Assignments {
		for _, a := range assigned {
			p := s.lockedPartition(streamName(topic, a.ID))
			p.topic, p.id, p.owner = topic, a.ID, gen
			p.committed = max(starts[topic][a.ID], 0)
			p.next = max(p.handed, p.acked, starts[topic][a.ID])
			if p.next < 0 {
				p.next = kafkago.FirstOffset
			}
			if p.acked > p.committed {
				if pending[topic] == nil {
					pending[topic] = map[int]int64{}
				}
				pending[topic][a.ID] = p.acked
			}
			owned = append(owned, p)
		}
	}
	s.mu.Unlock()
	if err := gen.CommitOffsets(pending); err != nil {
		s.log.Info("offsets of the generation before not committed yet", "error", err)
	}
	return owned, nil
}

// disown notes that the partitions are no longer ours to commit.
func (s *Source) disown(gen *generation, owned []*partition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range owned {
		if p.owner == gen {
			p.owner = nil
			s.metrics.forget(p.topic, p.id)
		}
	}
}

// watch waits for the generation's end, and ends it itself when there are other partitions than were shared out.
func (s *Source) watch(ctx context.Context, m *membership, gen *generation) {
	tick := time.NewTicker(s.cfg.DiscoverInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-gen.over:
			s.log.Info("connection to the group's coordinator lost, joining again")
			return
		case <-tick.C:
		}
		now, err := s.sizes(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Warn("topics not listed, trying again", "error", err)
			s.metrics.errors.Inc()
		case s.pattern != nil && !slices.Equal(slices.Sorted(maps.Keys(now)), m.topics):
			s.log.Info("topics changed, joining again", "topics", len(now))
			m.leave()
			<-ctx.Done() // not earlier, or the library would begin another generation
			return
		case !maps.Equal(now, m.sizes):
			s.log.Info("partitions changed, asking for a new share")
			m.sizes = now
			return
		}
	}
}
