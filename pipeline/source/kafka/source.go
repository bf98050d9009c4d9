package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Options are what a source needs beside its Config.
type Options struct {
	Source string // configured name, part of every record's identity
	// Positions are where to resume at the earliest, by stream "topic/partition": decimal offsets, from Batch.Positions.
	// They count where they are past what the group has committed: the archive's last segment may be ahead of it.
	Positions  map[string]string
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Source is a [pipeline.Source] over the partitions that the group's coordinator assigns to it.
type Source struct {
	cfg     Config
	name    string
	dialer  *kafkago.Dialer
	log     *slog.Logger
	metrics *metrics
	floor   map[string]int64
	pattern *regexp.Regexp

	batches chan pipeline.Batch
	failed  chan error
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// New starts the membership in the group. Brokers that cannot be reached are tried for ever, with a warning each time:
// only settings that cannot be right are an error.
func New(cfg Config, opts Options) (*Source, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	dialer, err := newDialer(&cfg)
	if err != nil {
		return nil, err
	}
	floor, err := offsets(opts.Positions)
	if err != nil {
		return nil, err
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Source{
		cfg: cfg, name: opts.Source, dialer: dialer, floor: floor,
		log: opts.Logger.With("source", opts.Source), metrics: newMetrics(opts.Registerer, opts.Source),
		batches: make(chan pipeline.Batch), failed: make(chan error, 1),
	}
	if cfg.TopicPattern != "" {
		s.pattern = regexp.MustCompile("^(?:" + cfg.TopicPattern + ")$")
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.run(ctx) })
	return s, nil
}

func offsets(positions map[string]string) (map[string]int64, error) {
	out := make(map[string]int64, len(positions))
	for stream, text := range positions {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("resume %s: position %q is not an offset", stream, text)
		}
		out[stream] = n
	}
	return out, nil
}

// Read gives the next batch of one partition. It ends only with ctx or Close.
func (s *Source) Read(ctx context.Context) (pipeline.Batch, error) {
	select {
	case b := <-s.batches:
		return b, nil
	case err := <-s.failed:
		s.failed <- err
		return pipeline.Batch{}, err
	case <-ctx.Done():
		return pipeline.Batch{}, ctx.Err()
	}
}

// Close leaves the group. Batches not acknowledged will be delivered again, to whoever gets the partition.
func (s *Source) Close() error {
	s.stop()
	s.done.Wait()
	return nil
}

// run joins the group, again and again as the set of topics changes, until ctx ends.
func (s *Source) run(ctx context.Context) {
	defer func() { s.failed <- io.EOF }()
	for ctx.Err() == nil {
		topics, err := s.topics(ctx)
		switch {
		case err != nil:
			s.log.Warn("topics not listed, waiting", "error", err)
			s.metrics.errors.Inc()
			pause(ctx, 5*time.Second)
		case len(topics) == 0:
			s.log.Warn("no topic matches, waiting", "topic_pattern", s.cfg.TopicPattern)
			pause(ctx, s.cfg.DiscoverInterval)
		default:
			s.consume(ctx, topics)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (s *Source) topics(ctx context.Context) ([]string, error) {
	if s.pattern == nil {
		return s.cfg.Topics, nil
	}
	var last error
	for _, broker := range s.cfg.Brokers {
		names, err := s.listTopics(ctx, broker)
		if err != nil {
			last = err
			continue
		}
		return names, nil
	}
	return nil, last
}

func (s *Source) listTopics(ctx context.Context, broker string) ([]string, error) {
	conn, err := s.dialer.DialContext(ctx, "tcp", broker)
	if err != nil {
		return nil, fmt.Errorf("reach broker %s: %w", broker, err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(dialTimeout)); err != nil {
		return nil, fmt.Errorf("reach broker %s: %w", broker, err)
	}
	partitions, err := conn.ReadPartitions()
	if err != nil {
		return nil, fmt.Errorf("list topics of broker %s: %w", broker, err)
	}
	var names []string
	for _, p := range partitions {
		if s.pattern.MatchString(p.Topic) && !strings.HasPrefix(p.Topic, "__") {
			names = append(names, p.Topic)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// consume is one membership over a fixed set of topics; it ends with ctx or when the set has changed.
func (s *Source) consume(ctx context.Context, topics []string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := kafkago.FirstOffset
	if s.cfg.From == FromEnd {
		start = kafkago.LastOffset
	}
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: s.cfg.Group, Brokers: s.cfg.Brokers, Dialer: s.dialer, Topics: topics, StartOffset: start,
		SessionTimeout: s.cfg.SessionTimeout, RebalanceTimeout: s.cfg.SessionTimeout,
		HeartbeatInterval: s.cfg.SessionTimeout / 10, JoinGroupBackoff: 2 * time.Second, WatchPartitionChanges: true,
		PartitionWatchInterval: min(s.cfg.DiscoverInterval, 30*time.Second), Timeout: dialTimeout,
	})
	if err != nil {
		s.log.Warn("group not joined, waiting", "error", err)
		s.metrics.errors.Inc()
		pause(ctx, 5*time.Second)
		return
	}
	defer group.Close()
	if s.pattern != nil {
		s.done.Go(func() { s.watchTopics(ctx, topics, cancel) })
	}
	s.log.Info("joining group", "group", s.cfg.Group, "topics", len(topics))
	for {
		gen, err := group.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, kafkago.ErrGroupClosed) {
			return
		}
		if err != nil {
			s.log.Warn("group not joined, trying again", "error", err)
			s.metrics.errors.Inc()
			continue
		}
		s.metrics.rebalances.Inc()
		s.startPartitions(ctx, gen)
	}
}

// watchTopics ends the membership when the pattern matches other topics than before.
func (s *Source) watchTopics(ctx context.Context, have []string, changed context.CancelFunc) {
	for {
		pause(ctx, s.cfg.DiscoverInterval)
		if ctx.Err() != nil {
			return
		}
		now, err := s.topics(ctx)
		if err == nil && !slices.Equal(now, have) {
			s.log.Info("topics changed, joining again", "topics", len(now))
			changed()
			return
		}
	}
}

func (s *Source) startPartitions(ctx context.Context, gen *kafkago.Generation) {
	n := 0
	for topic, assigned := range gen.Assignments {
		for _, a := range assigned {
			n++
			gen.Start(func(genCtx context.Context) {
				both, cancel := context.WithCancel(genCtx)
				defer cancel()
				defer context.AfterFunc(ctx, cancel)()
				s.readPartition(both, gen, topic, a)
			})
		}
	}
	s.log.Info("partitions assigned", "generation", gen.ID, "partitions", n)
}
