package cloudwatch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Options are what a source needs beside its Config.
type Options struct {
	Source string // configured name, part of every record's identity
	// Positions are the saved ones; empty on a first start.
	Positions map[string]string
	// Save makes positions durable; Ack calls it. Keys not named keep theirs, an empty text forgets the key. Nil if nobody
	// keeps positions.
	Save       func(context.Context, map[string]string) error
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Clock      Clock // nil for the system's
	// Limiter is shared by the sources of one account and region; nil for one of its own.
	Limiter *Limiter
}

// Source is a [pipeline.Source] over the log groups that its Config chooses. A record's Stream is "GROUP:STREAM", its Key the
// eventId, its Offset and Time the event's time stamp (Offset in milliseconds), its Raw the message; Meta holds account and region.
type Source struct {
	cfg      Config
	name     string
	api      api
	renew    func() // forgets the credentials
	region   string
	clock    Clock
	skew     *skew // nil with a clock of the caller's
	limiter  *Limiter
	hash     hasher
	ages     []int64 // of the verifiers, milliseconds
	start    func(now int64) int64
	log      *slog.Logger
	metrics  *metrics
	restored map[string]*restored

	slots  chan struct{} // held by a group while it makes a step
	out    chan pipeline.Batch
	failed chan error
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu       sync.Mutex
	started  int64
	announce bool // the source's own position is to be saved
	groups   map[string]bool
	unsaved  map[string]string
	save     func(context.Context, map[string]string) error
}

// New starts to look for groups and to read them. It makes no request itself: what is wrong with permissions is the first
// Read's error, a service that cannot be reached is tried for ever.
func New(cfg Config, opts Options) (*Source, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), cfg.Timeout)
	defer cancel()
	client, cache, err := connect(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	s, err := newSource(cfg, opts, client, client.Options().Region, cache)
	if err != nil {
		return nil, err
	}
	s.begin()
	return s, nil
}

func newSource(cfg Config, opts Options, client api, region string, cache *aws.CredentialsCache) (*Source, error) {
	source, groups, err := restore(opts.Positions)
	if err != nil {
		return nil, err
	}
	start, err := parseStart(cfg.Start)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s := &Source{
		cfg: cfg, name: opts.Source, api: client, renew: func() {}, region: region, clock: opts.Clock, limiter: opts.Limiter, hash: newHasher(),
		ages: ages(cfg.Overlap, cfg.Horizon), start: start, log: opts.Logger, restored: groups,
		slots: make(chan struct{}, atOnce), out: make(chan pipeline.Batch), failed: make(chan error, 1), groups: map[string]bool{}, unsaved: map[string]string{}, save: opts.Save,
	}
	if cache != nil {
		s.renew = cache.Invalidate
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("source", opts.Source)
	if s.clock == nil {
		s.clock, s.skew = systemClock{}, new(skew)
	}
	if s.limiter == nil {
		s.limiter = NewLimiter(cfg.RequestsPerSecond, s.clock)
	}
	if s.metrics, err = newMetrics(opts.Registerer, opts.Source, s.limiter); err != nil {
		return nil, err
	}
	if source != nil {
		s.started = source.Started
	} else {
		s.started, s.announce = s.now(), true
	}
	return s, nil
}

func (s *Source) begin() {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Go(func() { s.discover(ctx) })
}

// ages of the verifiers: eight times the overlap, eight times that, and so on up to the horizon.
func ages(overlap, horizon time.Duration) []int64 {
	var out []int64
	for age := max(8*overlap, time.Minute); age < horizon; age *= 8 {
		out = append(out, age.Milliseconds())
	}
	return append(out, horizon.Milliseconds())
}

// now is the service's time in milliseconds.
func (s *Source) now() int64 {
	now := s.clock.Now()
	if s.skew != nil {
		now = now.Add(s.skew.get())
	}
	return now.UnixMilli()
}

// Read hands over what one page held. It blocks while there is nothing; nothing is read ahead beyond one page for each group.
func (s *Source) Read(ctx context.Context) (pipeline.Batch, error) {
	select {
	case <-ctx.Done():
		return pipeline.Batch{}, ctx.Err()
	case err := <-s.failed:
		return pipeline.Batch{}, err
	case b := <-s.out:
		return b, nil
	}
}

// Close ends all reading. Batches handed over may still be acknowledged.
func (s *Source) Close() error {
	s.stop()
	s.done.Wait()
	return nil
}

// hand passes a batch to Read and blocks until somebody takes it.
func (s *Source) hand(ctx context.Context, records []pipeline.Record, positions map[string]string) error {
	if positions != nil {
		s.mu.Lock()
		if s.announce {
			positions[sourceKey] = encode(sourcePosition{Started: s.started})
		}
		s.mu.Unlock()
	}
	b := pipeline.Batch{Records: records, Positions: positions}
	b.Ack = func(ctx context.Context) error { return s.ack(ctx, positions) }
	select {
	case <-ctx.Done():
		return ctx.Err()
	case s.out <- b:
		return nil
	}
}

// ack saves positions together with those that could not be saved before.
func (s *Source) ack(ctx context.Context, positions map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.Copy(s.unsaved, positions)
	if s.save == nil || len(s.unsaved) == 0 {
		clear(s.unsaved)
		return nil
	}
	if err := s.save(ctx, maps.Clone(s.unsaved)); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	if s.unsaved[sourceKey] != "" {
		s.announce = false
	}
	clear(s.unsaved)
	return nil
}
