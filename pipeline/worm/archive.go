package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/mod/sumdb/note"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Options are what an archive depends on.
type Options struct {
	Logger     *slog.Logger          // nil: silent
	Registerer prometheus.Registerer // nil: no metrics
	Now        func() time.Time      // nil: time.Now
	// Healthy, if set, is told after each attempt to store something of a source, or to acknowledge it: nil, or why it is
	// tried again while nothing is read. Sources call it at the same time.
	Healthy func(source string, err error)

	retryMin, retryMax   time.Duration // tests shorten them
	pastIDs, pastStreams int           // likewise
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Healthy == nil {
		o.Healthy = func(string, error) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.retryMin == 0 {
		o.retryMin, o.retryMax = 250*time.Millisecond, 30*time.Second
	}
	if o.pastIDs == 0 {
		o.pastIDs = pastIDs
	}
	if o.pastStreams == 0 {
		o.pastStreams = pastStreams
	}
}

// Archive is a place where chains of segments are kept. It is safe for concurrent use; each of its chains is for one
// goroutine.
type Archive struct {
	cfg       Config
	opts      Options
	log       *slog.Logger
	st        store
	signer    note.Signer
	verifiers note.Verifiers
	m         *metrics
}

// Open makes sure that the place is there and keeps what it is given: a bucket must have Object Lock and versioning
// enabled. Its error is one sentence that says what to mend.
func Open(ctx context.Context, cfg Config, opts Options) (*Archive, error) {
	a, err := connect(ctx, cfg, opts)
	if err != nil {
		return nil, err
	}
	if err := a.st.check(ctx); err != nil {
		a.m.unregister()
		return nil, fmt.Errorf("open archive: %w", err)
	}
	if cfg.Bucket == "" {
		a.log.Warn("the archive is a folder: whoever owns its files can change them; set archive.bucket to an S3 bucket with Object Lock",
			"folder", cfg.Folder)
	}
	if a.signer == nil {
		a.log.Warn("archive checkpoints are not signed: set archive.signing_key_file")
	}
	return a, nil
}

// connect prepares access to the place without asking it anything.
func connect(ctx context.Context, cfg Config, opts Options) (*Archive, error) {
	cfg.setDefaults()
	opts.setDefaults()
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	a := &Archive{cfg: cfg, opts: opts, log: opts.Logger.With("component", "archive")}
	if err := a.loadKeys(); err != nil {
		return nil, err
	}
	var err error
	if a.m, err = newMetrics(opts.Registerer); err != nil {
		return nil, err
	}
	if cfg.Bucket == "" {
		a.st = &folder{root: cfg.Folder}
		return a, nil
	}
	b, err := newBucket(ctx, cfg, a.opts.Now)
	if err != nil {
		a.m.unregister()
		return nil, err
	}
	a.st = b
	return a, nil
}

func (a *Archive) loadKeys() error {
	if a.cfg.SigningKey != "" {
		var err error
		if a.signer, err = note.NewSigner(a.cfg.SigningKey.Reveal()); err != nil {
			return errors.New("archive.signing_key is not a private key as the key generator prints it")
		}
		public, err := PublicKey(a.cfg.SigningKey)
		if err != nil {
			return err
		}
		a.cfg.VerifyKeys = append([]string{public}, a.cfg.VerifyKeys...)
	}
	var err error
	a.verifiers, err = verifierList(a.cfg.VerifyKeys)
	return err
}

// Close lets go of the metrics; there is nothing else to close.
func (a *Archive) Close() error {
	a.m.unregister()
	return nil
}

var _ io.Closer = (*Archive)(nil)

// Chain goes to the end of a source's chain, and completes it if the last writer was interrupted.
func (a *Archive) Chain(ctx context.Context, source string) (*Chain, error) {
	c := &Chain{a: a, keys: keysOf(a.cfg.Prefix, source), log: a.log.With("source", source), past: past{limitIDs: a.opts.pastIDs, limitStreams: a.opts.pastStreams}}
	if err := c.open(ctx, source); err != nil {
		return nil, fmt.Errorf("open archive of source %s: %w", source, err)
	}
	if h := c.head; h.next > 0 {
		c.checkpointDue = true
		if err := c.putCheckpoint(ctx); err != nil {
			return nil, err
		}
		c.log.Info("archive goes on", "segment", h.next, "streams", len(h.streams))
	}
	return c, nil
}

// open finds the end of the chain: the last segment says all that is needed.
func (c *Chain) open(ctx context.Context, source string) error {
	last, ok, err := c.a.lastSegment(ctx, c.keys)
	if err != nil {
		return err
	}
	if !ok {
		c.head = newHead(source)
		return nil
	}
	seg, err := c.load(ctx, last)
	if err != nil {
		return err
	}
	if c.head, err = headAt(source, last, seg); err != nil {
		return fmt.Errorf("segment %s: %w", c.keys.segment(last), err)
	}
	return nil
}

// load reads a segment of the chain and notes the records in it that have no order.
func (c *Chain) load(ctx context.Context, seq uint64) (*segment, error) {
	key := c.keys.segment(seq)
	obj, err := c.a.st.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", key, err)
	}
	var ids []pipeline.RecordID
	seg, err := decode(obj.body, unordered(&ids))
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", key, err)
	}
	c.past.push(seg, ids)
	return seg, nil
}

// lastSegment searches for the greatest number in use, by asking what comes after a key: listing everything would take
// minutes after some years.
func (a *Archive) lastSegment(ctx context.Context, k keys) (last uint64, ok bool, err error) {
	after := func(marker string) (seq uint64, found bool) {
		for err == nil {
			var key string
			if key, err = a.st.next(ctx, k.segments(), marker); err != nil || key == "" {
				return 0, false
			}
			if seq, found = sequence(key); found {
				return seq, true
			}
			marker = key // not ours
		}
		return 0, false
	}
	last, ok = after("")
	if !ok {
		return 0, false, err
	}
	// Invariant: last is in use. Ever longer steps until one goes too far, then ever shorter ones.
	for step, grow := uint64(1), true; ; {
		seq, found := after(k.segment(last + step - 1))
		switch {
		case err != nil:
			return 0, false, err
		case found && grow:
			last, step = seq, step*2
		case found:
			last = seq
		case step == 1:
			return last, true, nil
		default:
			grow, step = false, step/2
		}
	}
}
