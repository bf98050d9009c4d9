package detect

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// askEvery is how often windows of work are compared that hold nothing new to their roles. Planning that query costs more than
// its data: where something is new, it is asked at once.
const askEvery = time.Minute

// unasked is what was judged without having been asked whether it is another role's work. It is lost when the process ends; a
// window is asked about as a whole as long as its role does anything in it.
type unasked struct {
	scope baseline.Scope
	some  bool
	asked bool // in the step that is under way; nothing is left once that is complete
	last  time.Time
}

// longestUnasked bounds how far apart events may be that are asked about together: a log line can claim any date.
const longestUnasked = 100 * 24 * time.Hour

// add widens what is to be asked.
func (u *unasked) add(s baseline.Scope, now time.Time) {
	s.Batches = nil
	if soon := now.Add(24 * time.Hour); s.From.Before(now) && s.To.After(soon) {
		s.To = soon
	}
	defer func() {
		if first := u.scope.To.Add(-longestUnasked); u.scope.From.Before(first) {
			u.scope.From = first
		}
	}()
	if !u.some {
		s.Roles = slices.Clone(s.Roles)
		u.scope, u.some = s, true
		return
	}
	if s.From.Before(u.scope.From) {
		u.scope.From = s.From
	}
	if s.To.After(u.scope.To) {
		u.scope.To = s.To
	}
	if len(s.Roles) == 0 || len(u.scope.Roles) == 0 { // too many to list
		u.scope.Roles = nil
		return
	}
	for _, e := range s.Roles {
		if !slices.Contains(u.scope.Roles, e) {
			u.scope.Roles = append(u.scope.Roles, e)
		}
	}
}

func (u *unasked) due() bool { return u.some && time.Since(u.last) >= askEvery }

// done forgets what was asked, now that what follows from the answers is stored.
func (u *unasked) done() { *u = unasked{last: time.Now()} }

// askLate asks what was left unasked, when there is nothing else to do.
func (d *Detector) askLate(ctx context.Context) ([]pipeline.Alert, error) {
	if !d.unasked.due() {
		return nil, nil
	}
	return d.Flush(ctx)
}

// Flush asks what was put off: a caller that will not call [Detector.Step] again MUST call it.
func (d *Detector) Flush(ctx context.Context) ([]pipeline.Alert, error) {
	if !d.unasked.some {
		return nil, nil
	}
	s := d.unasked.scope
	for i := range d.rules {
		if r := &d.rules[i]; r.Kind == OnQuery && strings.Contains(r.Query, masqueradePlaceholder) {
			if err := d.ask(ctx, r, s); err != nil {
				return nil, err
			}
		}
	}
	found, err := d.campaigns(ctx, s)
	if err != nil {
		return nil, err
	}
	alerts, err := d.compose(ctx, found)
	if err != nil {
		return nil, err
	}
	if err := d.keep(ctx, alerts); err != nil {
		return nil, err
	}
	d.unasked.done()
	return alerts, nil
}
