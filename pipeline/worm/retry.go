package worm

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// retry calls do until it succeeds, until its error is one that trying again cannot mend, or until ctx ends. Meanwhile
// nothing is read from the source.
func (c *Chain) retry(ctx context.Context, what string, do func(context.Context) error) error {
	opts, log := &c.a.opts, c.log
	wait := opts.retryMin
	for try := 1; ; try++ {
		err := do(ctx)
		if err == nil || isPermanent(err) || errors.Is(err, errExists) || errors.Is(err, errMissing) {
			if try > 1 && err == nil {
				log.Info("the archive answers again", "what", what, "tries", try)
			}
			if isPermanent(err) {
				opts.Healthy(c.head.source, err)
			} else {
				opts.Healthy(c.head.source, nil)
			}
			return err
		}
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		opts.Healthy(c.head.source, err)
		c.a.m.retries.Inc()
		log.Warn("the archive does not take it, will try again", "what", what, "try", try, "wait", wait, "error", err)
		t := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-ctx.Done():
			t.Stop()
			return errors.Join(context.Cause(ctx), err)
		case <-t.C:
		}
		wait = min(2*wait, opts.retryMax)
	}
}
