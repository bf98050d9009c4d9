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
}

// suspendFaulty suspends the rules that fail alone on the step that failed. Where most do, or the store does not answer,
// it is not the rules.
func (d *Detector) suspendFaulty(ctx context.Context) {
	if len(d.current) == 0 {
		return
	}
	dry, drop, err := d.dry(ctx, nil)
	if err != nil {
		return
	}
	defer drop()
	var faulty []*Rule
	for i := range d.running {
		r := &d.running[i]
		err := dry.alone(ctx, r, d.scope, d.current)
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
	var alerts []pipeline.Alert
	for _, r := range faulty {
		d.suspended[r.ID] = &suspension{since: now, tried: now}
		d.metrics.suspended.WithLabelValues(r.ID).Set(1)
		if about := d.silenceRule("rule"); about != nil {
			alerts = append(alerts, suspendedAlert(about, r, d.scope.From, now))
		}
	}
	d.rerun()
	if _, err := d.storeSilence(ctx, alerts); err != nil {
		d.log.Warn("alert about suspended rules not stored", "error", err)
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
	case r.Kind == OnQuery:
		return only.ask(ctx, r, s)
	case r.Kind == OnFirstSeen:
		if r.Item != "" {
			if err := only.exec(ctx, "list items of rule "+r.ID, "SELECT sum(length("+r.items()+")) FROM ("+d.cfg.view(s)+")"); err != nil {
				return err
			}
		}
		return only.novelty(ctx, s)
	case r.Kind == OnVolume:
		return only.volume(ctx, s)
	default:
		return only.match(ctx, only.rules, s)
	}
}

// resume tries suspended rules again now and then, on all that they have missed; where that still fails, on what is new. It
// gives asked, widened by what they have caught up on.
func (d *Detector) resume(ctx context.Context, s, asked baseline.Scope) baseline.Scope {
	now := d.clock().UTC()
	for id, x := range d.suspended {
		x.missed.add(s, now)
		if now.Sub(x.tried) < resumeLate {
			continue
		}
		x.tried = now
		r, missed := d.byID[id], x.missed.scope
		whole := d.alone(ctx, r, missed, d.current)
		if whole != nil && d.alone(ctx, r, s, d.current) != nil {
			d.log.Warn("rule is still suspended", "rule", id, "since", x.since, "error", whole)
			continue
		}
		delete(d.suspended, id)
		d.metrics.suspended.DeleteLabelValues(id)
		if whole != nil {
			d.log.Warn("rule runs again; the events between were not judged by it, see auditwarden rules dry-run", "rule", id, "from", missed.From, "to", missed.To)
			continue
		}
		d.log.Info("rule runs again and has caught up", "rule", id, "from", missed.From, "to", missed.To)
		asked = asked.Widen(missed)
	}
	d.rerun()
	return asked
}

func suspendedAlert(about, r *Rule, from, now time.Time) pipeline.Alert {
	return pipeline.Alert{
		ID:   pipeline.AlertID(about.ID, r.ID, now.Format(time.DateOnly)),
		Rule: about.ID, Title: about.Title, Severity: about.Severity, FirstSeen: now, LastSeen: now, DetectedAt: now,
		Summary: fmt.Sprintf("rule %s (%s): does not judge, its query fails", r.ID, r.Title),
		Reason: fmt.Sprintf("%s (%s): %s failed %d times on the same events and fails alone as well, so it is left out and tried again every hour; all other rules go on. What it would have found from %s on is not reported until then.",
			about.Title, about.ID, r.ID, trials, from.UTC().Format(time.DateTime)),
		Response: joinLines(about.Response), Attack: about.Attack, Controls: about.Controls, References: about.References,
		Numbers: map[string]string{"rules": about.ID, "suspended": r.ID},
		Query:   "SELECT batch_id, committed_at, events FROM batches FINAL WHERE committed_at >= '" + now.Add(-time.Hour).Format("2006-01-02 15:04:05") + "' ORDER BY committed_at",
	}
}
