package detect

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// habitLookback is how far before its beginning a dry run looks for habits.
const habitLookback = 30 * 24 * time.Hour

// DryRun says what one rule would have alerted on in the events since then, had it been on with today's configuration and
// profiles. It stores nothing that stays. A first_seen rule with an item of its own knows only what was learnt since that rule was loaded.
func (d *Detector) DryRun(ctx context.Context, rule string, since time.Time) ([]pipeline.Alert, error) {
	r := d.byID[rule]
	if r == nil {
		return nil, fmt.Errorf("no rule has the id %q", rule)
	}
	rules := []Rule{*r}
	for _, id := range r.Of {
		if other := d.byID[id]; other != nil {
			rules = append(rules, *other)
		}
	}
	if earliest := time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC); since.Before(earliest) { // the store's times begin in 1970
		since = earliest
	}
	dry, drop, err := d.dry(ctx, rules)
	if err != nil {
		return nil, err
	}
	defer drop()
	s := baseline.Scope{From: since, To: d.clock()}
	if err := s.Resolve(ctx, d.conn); err != nil {
		return nil, err
	}
	if r.ofUnparsed() {
		return dry.dryUnparsed(ctx, since)
	}
	early := s
	early.From = since.Add(-habitLookback)
	if err := dry.match(ctx, rules, early); err != nil {
		return nil, err
	}
	for _, stage := range []func(context.Context, baseline.Scope) error{dry.novelty, dry.volume} {
		if err := stage(ctx, s); err != nil {
			return nil, err
		}
	}
	alerts, err := dry.answers(ctx, s)
	return slices.DeleteFunc(alerts, func(a pipeline.Alert) bool { return !slices.Contains(strings.Split(a.Numbers["rules"], ","), rule) }), err
}

// dry gives a detector with these rules whose hits go to a table of its own, which drop takes away.
func (d *Detector) dry(ctx context.Context, rules []Rule) (dry *Detector, drop func(), err error) {
	copied := *d
	copied.hits = "detect_dry_" + strings.ToLower(rand.Text()[:12])
	copied.forgetful = true
	copied.volumes = newVolumes()
	copied.use(rules)
	if err := d.exec(ctx, "prepare dry run", "CREATE TABLE "+copied.hits+" AS detect_hits ENGINE = Memory"); err != nil {
		return nil, nil, err
	}
	return &copied, func() { _ = d.conn.Exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+copied.hits+" SYNC") }, nil
}

// dryUnparsed is DryRun for a rule that asks about records that could not be parsed.
func (d *Detector) dryUnparsed(ctx context.Context, since time.Time) ([]pipeline.Alert, error) {
	sub, s, none, err := d.forUnparsed(ctx, arrivals{since: since, batches: "SELECT batch_id FROM batches WHERE arrived_at >= " + baseline.Time(since)})
	if err != nil || none {
		return nil, err
	}
	return sub.answers(ctx, s)
}

// Rebuild computes profiles and volume anew from the events of the range; zero times mean all there are, and forget what
// should not have been learnt.
func (d *Detector) Rebuild(ctx context.Context, from, to time.Time) error {
	d.volumes = newVolumes()
	return d.profiles.Rebuild(ctx, from, to, d.lesson)
}

// Profiles gives access to the baselines that d keeps.
func (d *Detector) Profiles() *baseline.Profiles { return d.profiles }
