package app

import (
	"context"
	"errors"
	"time"
)

// What keeps a part from starting is in the log; whoever may ask for health need not see it.
var errWaiting = errors.New("what it needs is away, trying again; the log says why")

// The waits between tries.
const (
	patienceMin = 250 * time.Millisecond
	patienceMax = 15 * time.Second
)

// Patiently calls start until it succeeds, ctx ends (then it gives [context.Canceled]), or an error says something else than that what it needs is away:
// a mistake in the configuration ends the process at once, a server that is down does not. Meanwhile part is not healthy.
func (a *App) Patiently(ctx context.Context, part string, away func(error) bool, start func(context.Context) error) error {
	for wait := patienceMin; ; wait = min(2*wait, patienceMax) {
		err := start(ctx)
		if err == nil || ctx.Err() == nil && !away(err) {
			return err
		}
		if ctx.Err() != nil {
			return context.Canceled
		}
		a.Health.Set(part, errWaiting)
		a.Log.Warn("cannot start, trying again", "part", part, "wait", wait, "error", err)
		select {
		case <-ctx.Done():
			return context.Canceled
		case <-time.After(wait):
		}
	}
}
