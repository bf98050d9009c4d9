package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// commitLoop makes cuts durable one after the other. After ctx has ended it has DrainTimeout for what is still to come.
func (r *Runner) commitLoop(ctx context.Context, in <-chan *cut) error {
	drain, stop := drainContext(ctx, r.opts.DrainTimeout)
	defer stop()
	for k := range in {
		if err := r.commit(drain, k); err != nil {
			return err
		}
	}
	return nil
}

// drainContext outlives ctx by the given time.
func drainContext(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(d, func() { cancel(fmt.Errorf("drain not done %v after the stop", d)) })
		context.AfterFunc(out, func() { t.Stop() })
	})
	return out, func() { unhook(); cancel(context.Canceled) }
}

func (r *Runner) commit(ctx context.Context, k *cut) error {
	if k.commit != nil {
		start := time.Now()
		err := r.retry(ctx, "commit", func(ctx context.Context) error { return r.store.Commit(ctx, k.commit) })
		if err != nil {
			return fmt.Errorf("commit events of source %s: %w", r.name, err)
		}
		defer func() { r.opts.Observer.Committed(k.commit, time.Since(start)) }()
	}
	for _, ack := range k.acks {
		if err := r.retry(ctx, "acknowledge", ack); err != nil {
			return fmt.Errorf("save position of source %s: %w", r.name, err)
		}
	}
	return nil
}

// ErrPermanent marks an error that no retry mends: wrap it to make the runner stop at once.
var ErrPermanent = errors.New("not to be retried")

// retry calls f until it succeeds, with growing waits; it gives up when ctx ends or the error wraps [ErrPermanent].
func (r *Runner) retry(ctx context.Context, step string, f func(context.Context) error) error {
	wait := r.opts.RetryMin
	for try := 1; ; try++ {
		err := f(ctx)
		if err == nil {
			if try > 1 {
				r.opts.Logger.Info("store answers again", "step", step, "tries", try)
			}
			r.opts.Observer.Healthy(r.name, true)
			return nil
		}
		r.opts.Observer.Healthy(r.name, false)
		if errors.Is(err, ErrPermanent) {
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		r.opts.Observer.Retrying(r.name, step)
		r.opts.Logger.Warn("store refused, waiting", "step", step, "try", try, "wait", wait, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
		wait = min(2*wait, r.opts.RetryMax)
	}
}
