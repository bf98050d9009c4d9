package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// RunnerOptions tune a [Runner]. The zero value of each field means its default.
type RunnerOptions struct {
	BatchEvents   int           // a commit is cut at this many events, unparsed and skipped entries: 50,000
	BatchBytes    uint64        // or at this many bytes of input: 64 MiB
	FlushInterval time.Duration // or when its first record is this old: 1 s
	DrainTimeout  time.Duration // time for the last commit and acknowledgement after ctx ends: 20 s
	RetryMin      time.Duration // first wait after a failed commit: 250 ms
	RetryMax      time.Duration // longest wait between tries: 15 s
	Logger        *slog.Logger
	Observer      Observer
}

// Observer is told what a [Runner] does; implementations feed metrics. Calls come from the runner's goroutines.
type Observer interface {
	// Read is called for every batch taken from the source.
	Read(source string, lines int, bytes int64)
	// Committed is called when a commit is durable and acknowledged.
	Committed(c *Commit, took time.Duration)
	// Retrying is called when a commit or an acknowledgement failed and will be tried again.
	Retrying(source, step string)
	// Healthy reports whether the source's last commit went through.
	Healthy(source string, ok bool)
}

type nopObserver struct{}

func (nopObserver) Read(string, int, int64)          {}
func (nopObserver) Committed(*Commit, time.Duration) {}
func (nopObserver) Retrying(string, string)          {}
func (nopObserver) Healthy(string, bool)             {}

func (o *RunnerOptions) setDefaults() {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orDur := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&o.BatchEvents, 50_000)
	if o.BatchBytes == 0 {
		o.BatchBytes = 64 << 20
	}
	orDur(&o.FlushInterval, time.Second)
	orDur(&o.DrainTimeout, 20*time.Second)
	orDur(&o.RetryMin, 250*time.Millisecond)
	orDur(&o.RetryMax, 15*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = nopObserver{}
	}
}

// Runner moves one source's records through decoder and analyser into a store.
//
// It guarantees: a batch is acknowledged only after every line of it is durable in the store, in the order in which
// batches were read; nothing is dropped, a failing store makes it wait and try again (memory stays bounded by two
// commits and one batch); lines read = lines of events + unparsed + skipped, or Run ends with an error.
type Runner struct {
	name     string
	source   Source
	decoder  Decoder
	analyser Analyser
	store    Store
	opts     RunnerOptions
	ticks    int // left out, because the source was not idle
}

// busyTicks is how many ticks of a source that is not idle count as one.
const busyTicks = 20

// timePasses says whether what the decoder holds back has waited in vain for another tick.
func (r *Runner) timePasses() bool {
	if i, ok := r.source.(Idler); ok && !i.Idle() {
		r.ticks++
		if r.ticks < busyTicks {
			return false
		}
	}
	r.ticks = 0
	return true
}

// NewRunner makes a runner for the source of that name. It owns neither source nor store: the caller closes them.
func NewRunner(name string, source Source, decoder Decoder, analyser Analyser, store Store, opts RunnerOptions) *Runner {
	opts.setDefaults()
	opts.Logger = opts.Logger.With("source", name)
	return &Runner{name: name, source: source, decoder: decoder, analyser: analyser, store: store, opts: opts}
}

// Run works until the source ends (nil), ctx ends (nil, after the drain) or something fails for good.
func (r *Runner) Run(ctx context.Context) error {
	readCtx, stopReading := context.WithCancel(ctx)
	defer stopReading()
	batches := make(chan readResult)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		r.read(readCtx, batches)
	}()

	commits := make(chan *cut)
	committed := make(chan error, 1)
	go func() { committed <- r.commitLoop(ctx, commits) }()

	err := r.decodeLoop(ctx, batches, commits, committed)
	stopReading()
	<-reading
	close(commits)
	commitErr := <-committed
	if err == errCommitter { //nolint:errorlint // alone, it says nothing that commitErr does not
		return commitErr
	}
	return errors.Join(err, commitErr)
}

type readResult struct {
	batch Batch
	err   error
}

// read hands over one batch at a time; the channel has no buffer, so a slow store stops the reading.
func (r *Runner) read(ctx context.Context, out chan<- readResult) {
	for {
		b, err := r.source.Read(ctx)
		select {
		case out <- readResult{b, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// errCommitter says that the commit loop has ended; its own error tells why.
var errCommitter = errors.New("commit loop ended")

func (r *Runner) decodeLoop(ctx context.Context, in <-chan readResult, out chan<- *cut, committed chan error) error {
	c := newCutter(r)
	tick := time.NewTicker(max(r.opts.FlushInterval/4, 10*time.Millisecond))
	defer tick.Stop()
	send := func(k *cut) error {
		if k == nil {
			return nil
		}
		select {
		case out <- k:
			return nil
		case err := <-committed:
			committed <- err
			return errCommitter
		}
	}
	for {
		select {
		case <-ctx.Done():
			return send(c.cut())
		case err := <-committed:
			committed <- err
			return errCommitter
		case now := <-tick.C:
			if r.timePasses() {
				r.decoder.Tick(now, c.decoded)
			}
			if c.due(now) {
				if err := send(c.cut()); err != nil {
					return err
				}
			}
		case res := <-in:
			if errors.Is(res.err, io.EOF) {
				r.decoder.Flush(c.decoded)
				if err := send(c.cut()); err != nil {
					return err
				}
				return c.balance()
			}
			if res.err != nil {
				if ctx.Err() != nil {
					return send(c.cut())
				}
				sendErr := send(c.cut())
				return errors.Join(fmt.Errorf("read source %s: %w", r.name, res.err), sendErr)
			}
			if err := c.take(res.batch, send); err != nil {
				return err
			}
		}
	}
}
