package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Options are what a source depends on.
type Options struct {
	// Name is the configured name of the source; it is part of every record's id.
	Name string
	// Positions are the saved ones, stream → position; empty on a first start.
	Positions map[string]string
	// Save makes positions durable; Ack calls it. Streams not named keep theirs, an empty position forgets the stream.
	// Nil if nobody keeps positions.
	Save       func(context.Context, map[string]string) error
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: no metrics
	Stdin      io.Reader             // what the path "-" stands for; nil: os.Stdin
	Now        func() time.Time      // nil: time.Now
}

// Source reads lines of files. A record's Stream names the bytes the line is in, whichever file holds them: "file:" and a
// hash of what the file begins with, up to the end of the first line with a time stamp (ten digits) or 1,024 bytes.
// Offset is the line's place in the uncompressed content, Raw the line without its "\n" (a "\r" before it stays), Meta
// holds the path it was read from. Read and Close are safe to call from different goroutines, as is Ack.
type Source struct {
	cfg  Config
	opts Options
	log  *slog.Logger
	now  func() time.Time
	m    *metrics

	mu       sync.Mutex // Read and Close
	closed   bool
	idle     atomic.Bool
	stdin    *pipe
	files    []*tracked // in reading order
	byID     map[fileID]*tracked
	streams  map[string]*stream
	warned   map[string]bool
	scanned  time.Time
	faded    time.Time
	started  bool
	fromEnd  bool // files of the first scan begin at their end
	unsorted bool

	moved     map[*stream]bool // positions to hand out with the next batch
	forgotten []string
}

// New opens the source. Without Follow, a path that does not exist is an error; a file that is there and cannot be read
// always is.
func New(cfg Config, opts Options) (*Source, error) {
	cfg.setDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	s := &Source{
		cfg: cfg, opts: opts, log: opts.Logger, now: opts.Now,
		byID: map[fileID]*tracked{}, streams: map[string]*stream{}, warned: map[string]bool{}, moved: map[*stream]bool{},
		fromEnd: cfg.From == FromEnd && len(opts.Positions) == 0,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.log = s.log.With("component", "file", "source", opts.Name)
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.restore(opts.Positions); err != nil {
		return nil, err
	}
	var err error
	if s.m, err = newMetrics(opts.Registerer, opts.Name); err != nil {
		return nil, err
	}
	if cfg.Paths[0] == Stdin {
		in := opts.Stdin
		if in == nil {
			in = os.Stdin
		}
		s.stdin = newPipe(in, cfg.MaxLineBytes)
		return s, nil
	}
	if err := s.scan(s.now()); err != nil {
		s.closeFiles()
		return nil, err
	}
	return s, nil
}

func (s *Source) restore(positions map[string]string) error {
	for name, text := range positions {
		if text == "" {
			continue
		}
		pos, err := parsePosition(text)
		if err != nil {
			return fmt.Errorf("saved position of stream %s: %w", name, err)
		}
		s.streams[name] = &stream{name: name, pos: pos}
	}
	return nil
}

// idleTick is how long Read waits before it hands over a batch without records.
const idleTick = time.Second

// Read implements [pipeline.Source].
func (s *Source) Read(ctx context.Context) (pipeline.Batch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return pipeline.Batch{}, errors.New("read file source: it is closed")
	}
	if s.stdin != nil {
		return s.readStdin(ctx)
	}
	deadline := s.now().Add(idleTick)
	for {
		if err := ctx.Err(); err != nil {
			return pipeline.Batch{}, err
		}
		now := s.now()
		if s.cfg.Follow && now.Sub(s.scanned) >= s.cfg.ScanInterval {
			if err := s.scan(now); err != nil {
				return pipeline.Batch{}, err
			}
		}
		var b builder
		err := s.collect(&b, now)
		if len(b.records) > 0 || len(s.moved) > 0 || len(s.forgotten) > 0 {
			return s.batch(&b), nil // an error comes again with the next call
		}
		switch {
		case err != nil:
			return pipeline.Batch{}, err
		case !s.cfg.Follow:
			return pipeline.Batch{}, io.EOF
		case now.After(deadline):
			return s.batch(&b), nil
		}
		s.idle.Store(true)
		err = wait(ctx, s.cfg.PollInterval)
		s.idle.Store(false)
		if err != nil {
			return pipeline.Batch{}, err
		}
	}
}

// Idle implements [pipeline.Idler]: all that is in the files was read.
func (s *Source) Idle() bool { return s.idle.Load() }

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Close closes the files. It waits for a Read in progress, which the caller ends by its context.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.closeFiles()
	if s.stdin != nil {
		s.stdin.close()
	}
	s.m.unregister()
	return nil
}

func (s *Source) closeFiles() {
	for _, t := range s.files {
		t.close()
	}
}

const (
	compressTime = time.Minute     // a compressed file that ends too early is given so long to get its end
	retryAfter   = 5 * time.Second // between tries to use a file
)

// later puts a file off that cannot be used at the moment.
func (s *Source) later(t *tracked) {
	if t.st != nil {
		t.split.reset(t.st.pos.offset, t.split.tail)
	}
	t.close()
	t.retry = s.now().Add(retryAfter)
	t.seenSize = -1
}

// fail says once that a file cannot be used at the moment, and puts it off.
func (s *Source) fail(t *tracked, err error) {
	s.later(t)
	if errors.Is(err, errReplaced) || errors.Is(err, fs.ErrNotExist) {
		t.retry = time.Time{} // the next scan tells what became of it
		return
	}
	s.m.errors.Inc()
	if !t.failing {
		t.failing = true
		s.log.Error("cannot read file, will try again", "path", t.path, "error", unpath(err))
	}
}
