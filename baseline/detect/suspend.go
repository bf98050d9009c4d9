package detect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// One rule's query that fails on what it is asked about must not keep the others from judging. So once a step has failed a few
// times each rule is tried alone, on a table of its own; those that fail are left out, which a metric and an alert say, and
// tried again every hour.

const (
	trials     = 3 // failures in a row before the rules are tried one by one
	resumeLate = time.Hour
)

// suspension is since when a rule is left out, and what it has not judged.
type suspension struct {
	since, tried time.Time
	missed       gathered
	runs         bool // it has been tried again with success: it is taken back once the step is complete
}

// suspendFaulty suspends the rules that fail alone on what failed. Where most do, or the store does not answer, it is not the
// rules.
func (d *Detector) suspendFaulty(ctx context.Context) {
	dry, drop, err := d.dry(ctx, nil)
	if err != nil {
		return
	}
	defer drop()
	var faulty []*Rule
	for i := range d.running {
		r, s := &d.running[i], d.scope
		if r.asksWork() && d.unasked.some {
			s = d.unasked.scope
		}
		err := dry.alone(ctx, r, s, d.current)
		if err == nil {
			continue
		}
		if d.conn.Exec(ctx, "SELECT 1") != nil {
			return
		}
		d.log.Warn("rule fails alone", "rule", r.ID, "error", err)
		faulty = append(faulty, r)
	}
	if len(faulty) == 0 || len(d.running) > 1 && 2*len(faulty) > len(d.running) {
		return
	}
	now := d.clock().UTC()
	for _, r := range faulty {
		x := &suspension{since: now, tried: now}
		if r.asksWork() && d.unasked.some {
			x.missed.add(d.unasked.scope, now)
		}
		d.suspended[r.ID] = x
		d.metrics.suspended.WithLabelValues(r.ID).Set(1)
		d.tell(ctx, r, now)
	}
	d.rerun()
}

// tell stores the alert that a rule does not judge, once a day.
func (d *Detector) tell(ctx context.Context, r *Rule, now time.Time) {
	about := d.silenceRule("rule")
	if about == nil {
		return
	}
	if _, err := d.storeSilence(ctx, []pipeline.Alert{suspendedAlert(about, r, d.suspended[r.ID].since, now)}); err != nil {
		d.log.Warn("alert about a suspended rule not stored", "rule", r.ID, "error", err)
	}
}

// rerun lists anew which rules run.
func (d *Detector) rerun() {
	d.running = slices.DeleteFunc(slices.Clone(d.rules), func(r Rule) bool { return d.suspended[r.ID] != nil })
}

// alone puts what one rule finds in the scope, or among the batches' unparsed records, into the table of hits.
func (d *Detector) alone(ctx context.Context, r *Rule, s baseline.Scope, batches []batch) error {
	only := *d
	only.use([]Rule{*r})
	switch {
	case r.ofUnparsed():
		sub, of, none, err := only.forUnparsed(ctx, arrivalsOf(batches))
		if err != nil || none {
			return err
		}
		return sub.ask(ctx, r, of)
	case s.From.IsZero(): // no events
		return nil
	case r.Kind == OnQuery && d.needless(r, s):
		return nil
	case r.asksWork():
		return only.askWork(ctx, r, s)
	case r.Kind == OnQuery:
		return only.ask(ctx, r, s)
	case r.Kind == OnFirstSeen:
		if err := d.items(ctx, r, s); err != nil {
			return err
		}
		return only.novelty(ctx, s)
	case r.Kind == OnVolume:
		return only.volume(ctx, s)
	default:
		return only.match(ctx, only.rules, s)
	}
}

// items teaches the items that only this rule has, or sees whether they can be.
func (d *Detector) items(ctx context.Context, r *Rule, s baseline.Scope) error {
	switch {
	case r.Item == "":
		return nil
	case d.forgetful:
		return d.exec(ctx, "list items of rule "+r.ID, "SELECT sum(length("+r.items()+")) FROM ("+d.cfg.view(s)+")")
	}
	lesson := d.lesson(s)
	lesson.Items = []baseline.Item{{Kind: r.ID, Array: r.items()}}
	return d.profiles.Teach(ctx, s, lesson)
}

// resume tries suspended rules again now and then, on all that they have missed; where that still fails, on what is new. It
// gives asked, widened by what they have caught up on. They run from the next step on.
func (d *Detector) resume(ctx context.Context, s, asked baseline.Scope) baseline.Scope {
	now := d.clock().UTC()
	for id, x := range d.suspended {
		r := d.byID[id]
		if r.ofUnparsed() {
			continue
		}
		x.missed.add(s, now)
		if !x.runs && now.Sub(x.tried) < resumeLate {
			continue
		}
		x.tried = now
		missed := x.missed.scope
		whole := d.alone(ctx, r, missed, nil)
		if whole != nil && d.alone(ctx, r, s, nil) != nil {
			d.log.Warn("rule is still suspended", "rule", id, "since", x.since, "error", whole)
			d.tell(ctx, r, now)
			continue
		}
		x.runs = true
		if whole != nil {
			d.log.Warn("rule runs again; the events between were not judged by it, see auditwarden rules dry-run", "rule", id, "from", missed.From, "to", missed.To)
			continue
		}
		asked = asked.Widen(missed)
	}
	return asked
}

// resumeUnparsed tries suspended rules on unparsed records again, where there are some. What came meanwhile is not judged by them.
func (d *Detector) resumeUnparsed(ctx context.Context, batches []batch) {
	if arrivalsOf(batches).batches == "" {
		return
	}
	now := d.clock().UTC()
	for id, x := range d.suspended {
		r := d.byID[id]
		if !r.ofUnparsed() || now.Sub(x.tried) < resumeLate {
			continue
		}
		x.tried = now
		if err := d.alone(ctx, r, baseline.Scope{}, batches); err != nil {
			d.log.Warn("rule is still suspended", "rule", id, "since", x.since, "error", err)
			d.tell(ctx, r, now)
			continue
		}
		x.runs = true
		d.log.Warn("rule runs again; the records between were not judged by it, see auditwarden rules dry-run", "rule", id, "from", x.since)
	}
}

// takeBack lets the rules run again that were tried with success in the step that is complete.
func (d *Detector) takeBack() {
	for id, x := range d.suspended {
		if x.runs {
			delete(d.suspended, id)
			d.metrics.suspended.DeleteLabelValues(id)
			d.log.Info("rule runs again", "rule", id)
		}
	}
	d.rerun()
}

func suspendedAlert(about, r *Rule, since, now time.Time) pipeline.Alert {
	return pipeline.Alert{
		ID:   pipeline.AlertID(about.ID, r.ID, now.Format(time.DateOnly)),
		Rule: about.ID, Title: about.Title, Severity: about.Severity, FirstSeen: since, LastSeen: now, DetectedAt: now,
		Summary: fmt.Sprintf("rule %s (%s): does not judge, its query fails", r.ID, r.Title),
		Reason: fmt.Sprintf("%s (%s): %s failed %d times on the same events and fails alone as well, so it has been left out since %s and is tried again every hour; all other rules go on. What it would have found is not reported until then.",
			about.Title, about.ID, r.ID, trials, since.UTC().Format(time.DateTime)),
		Response: joinLines(about.Response), Attack: about.Attack, Controls: about.Controls, References: about.References,
		Numbers: map[string]string{"rules": about.ID, "suspended": r.ID},
		Query:   "SELECT batch_id, committed_at, events FROM batches FINAL WHERE committed_at >= '" + since.Add(-time.Hour).Format("2006-01-02 15:04:05") + "' ORDER BY committed_at",
	}
}
