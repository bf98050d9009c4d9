package kafka

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
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
	cfg       Config
	name      string
	conns     *connections
	dialer    *kafkago.Dialer
	client    *kafkago.Client
	transport *kafkago.Transport
	log       *slog.Logger
	metrics   *metrics
	pattern   *regexp.Regexp
	resumed   bool // positions were given: this is not the first start

	mu         sync.Mutex
	partitions map[string]*partition // all ever assigned or resumed, by stream

	batches chan pipeline.Batch
	ended   chan struct{}
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// New starts the membership in the group. Brokers that cannot be reached are tried for ever, with a warning each time:
// only settings that cannot be right are an error.
func New(cfg Config, opts Options) (*Source, error) {
	s, err := prepare(cfg, opts)
	if err != nil {
		return nil, err
	}
	s.metrics = newMetrics(opts.Registerer, opts.Source)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() {
		defer close(s.ended)
		s.run(ctx)
	})
	return s, nil
}

// prepare makes a source that does nothing yet.
func prepare(cfg Config, opts Options) (*Source, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Source{
		cfg: cfg, name: opts.Source, log: opts.Logger.With("source", opts.Source), conns: newConnections(),
		resumed: len(opts.Positions) > 0, partitions: map[string]*partition{},
		batches: make(chan pipeline.Batch), ended: make(chan struct{}),
	}
	if err := s.resume(opts.Positions); err != nil {
		return nil, err
	}
	if err := s.setUpClient(); err != nil {
		return nil, err
	}
	if cfg.TopicPattern != "" {
		s.pattern = regexp.MustCompile("^(?:" + cfg.TopicPattern + ")$")
	}
	return s, nil
}

// resume notes the positions given as durable already.
func (s *Source) resume(positions map[string]string) error {
	for stream, text := range positions {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("resume %s: position %q is not an offset", stream, text)
		}
		s.partition(stream).acked = n
	}
	return nil
}

// Read gives the next batch of one partition. It ends only with ctx or Close.
func (s *Source) Read(ctx context.Context) (pipeline.Batch, error) {
	select {
	case b := <-s.batches:
		return b, nil
	case <-s.ended:
		return pipeline.Batch{}, io.EOF
	case <-ctx.Done():
		return pipeline.Batch{}, ctx.Err()
	}
}

// leaveTimeout is how long Close waits for the coordinator to be told, so that others need not wait for the session to
// time out.
const leaveTimeout = 5 * time.Second

// Close leaves the group. Batches not acknowledged will be delivered again, to whoever gets the partition.
func (s *Source) Close() error {
	s.stop()
	cut := time.AfterFunc(leaveTimeout, s.conns.close)
	s.done.Wait()
	cut.Stop()
	s.disconnect()
	s.metrics.unregister()
	return nil
}

func (s *Source) disconnect() {
	s.transport.CloseIdleConnections()
	s.conns.close()
}

// run joins the group, again and again as the set of topics changes, until ctx ends.
func (s *Source) run(ctx context.Context) {
	for ctx.Err() == nil {
		sizes, err := s.sizes(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.log.Warn("brokers not reached, trying again", "brokers", s.cfg.Brokers, "error", err)
			s.metrics.errors.Inc()
			pause(ctx, retryWait)
		case len(sizes) == 0:
			s.log.Warn("no such topic yet, waiting", "topics", s.cfg.Topics, "topic_pattern", s.cfg.TopicPattern)
			pause(ctx, s.cfg.DiscoverInterval)
		default:
			s.consume(ctx, sizes)
		}
	}
}

const retryWait = 2 * time.Second

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// setUpClient prepares the two ways to the brokers: one for membership, one for all else.
func (s *Source) setUpClient() error {
	tlsConfig, mechanism, err := s.cfg.security()
	if err != nil {
		return err
	}
	s.dialer = &kafkago.Dialer{
		ClientID: clientID, Timeout: dialTimeout, TLS: tlsConfig, SASLMechanism: mechanism,
		DialFunc: s.conns.dial,
	}
	s.transport = &kafkago.Transport{
		ClientID: clientID, DialTimeout: dialTimeout, TLS: tlsConfig, SASL: mechanism, Dial: s.conns.dial,
		MetadataTTL: min(s.cfg.DiscoverInterval, 6*time.Second),
	}
	s.client = &kafkago.Client{Addr: kafkago.TCP(s.cfg.Brokers...), Transport: s.transport, Timeout: requestTimeout}
	return nil
}
