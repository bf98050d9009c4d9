package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group runs actors: when one ends with an error, or all that are not background have ended, the rest are stopped.
type Group struct {
	actors []actor
}

type actor struct {
	name       string
	background bool
	run        func(context.Context) error
}

// Add adds an actor whose end, in order, the group waits for.
func (g *Group) Add(name string, run func(context.Context) error) {
	g.actors = append(g.actors, actor{name: name, run: run})
}

// AddBackground adds an actor that is stopped when all others have ended.
func (g *Group) AddBackground(name string, run func(context.Context) error) {
	g.actors = append(g.actors, actor{name: name, run: run, background: true})
}

// Run starts all actors and waits for all of them. The error joins those of the actors, each under its name
// if it has one.
func (g *Group) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(g.actors))
	var all, foreground sync.WaitGroup
	for i, a := range g.actors {
		all.Add(1)
		if !a.background {
			foreground.Add(1)
		}
		go func() {
			defer all.Done()
			err := a.run(ctx)
			if err != nil && !(err == context.Canceled && ctx.Err() != nil) { //nolint:errorlint // only the bare answer to our own stop
				errs[i] = err
				if a.name != "" {
					errs[i] = fmt.Errorf("%s: %w", a.name, err)
				}
				cancel()
			}
			if !a.background {
				foreground.Done()
			}
		}()
	}
	foreground.Wait()
	cancel()
	all.Wait()
	return errors.Join(errs...)
}
