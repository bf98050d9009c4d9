package detect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// askEvery is how often windows of work are compared that hold nothing new to their roles. Planning that query costs more than
// its data: where something is new, it is asked at once.
const askEvery = time.Minute

// unasked is what was judged without having been asked whether it is another role's work. The next start takes it up again.
type unasked struct {
	gathered
	asked bool // in the step that is under way; nothing is left once that is complete
	last  time.Time
}

// gathered adds up scopes, to be asked about as one.
type gathered struct {
	scope baseline.Scope
	some  bool
}

// longestUnasked bounds how far apart events may be that are asked about together: a log line can claim any date.
const longestUnasked = 100 * 24 * time.Hour

// add widens what is to be asked.
func (u *gathered) add(s baseline.Scope, now time.Time) {
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
	u.scope = u.scope.Widen(s)
}

func (u *unasked) due() bool { return u.some && time.Since(u.last) >= askEvery }

// done forgets what was asked, now that what follows from the answers is stored.
func (u *unasked) done() { *u = unasked{last: time.Now()} }

// takeUpBack is how long before the end of what was judged something may have been put off that was never asked.
const takeUpBack = 10 * askEvery

// takeUpMost bounds how many batches' roles are looked for then.
const takeUpMost = 1000

// takeUp puts off again, once, what a process that ended may have put off.
func (d *Detector) takeUp(ctx context.Context) error {
	if d.tookUp || !slices.ContainsFunc(d.rules, func(r Rule) bool { return r.asksWork() }) {
		return nil
	}
	var s baseline.Scope
	err := d.conn.QueryRow(ctx, fmt.Sprintf(`SELECT groupUniqArray(%d)(batch_id), min(min_event_time), max(max_event_time) FROM batches FINAL
WHERE events > 0 AND (batch_id, committed_at) IN
    (SELECT batch_id, committed_at FROM detect_batches WHERE at >= (SELECT max(at) FROM detect_batches) - INTERVAL %d SECOND)`,
		takeUpMost, int(takeUpBack.Seconds()))).Scan(&s.Batches, &s.From, &s.To)
	if err != nil {
		return fmt.Errorf("read what was judged last: %w", err)
	}
	if len(s.Batches) > 0 {
		if err := s.Resolve(ctx, d.conn); err != nil {
			return err
		}
		d.unasked.add(s, d.clock())
	}
	d.tookUp = true
	return nil
}

// asksWork says that the rule asks whose work a role did, which may be put off.
func (r *Rule) asksWork() bool {
	return r.Kind == OnQuery && strings.Contains(r.Query, masqueradePlaceholder)
}

// askWork asks whose work the scope's roles did, of those of which anything of it may be another's.
func (d *Detector) askWork(ctx context.Context, r *Rule, s baseline.Scope) error {
	masked, some, err := s.Masked(ctx, d.conn)
	if err != nil {
		return fmt.Errorf("run rule %s: %w", r.ID, err)
	}
	if !some {
		return nil
	}
	return d.ask(ctx, r, masked)
}

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
	for i := range d.running {
		if r := &d.running[i]; r.asksWork() {
			if err := d.askWork(ctx, r, s); err != nil {
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
