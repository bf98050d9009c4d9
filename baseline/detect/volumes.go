package detect

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

const (
	volumesKept = 8 << 20            // buckets kept in memory; one takes 28 bytes
	volumesFor  = 15 * time.Minute   // after that it is asked which of a role's buckets were measured since, by another detector
	recently    = 2 * time.Hour      // of a role's events in one step: where they stretch further, its history is read
	lately      = 5 * 24 * time.Hour // before the newest event of a step: where a role's events begin earlier, its history is read
)

// volumes keeps the history of roles that had something worth judging lately, so that a step reads only what is new.
type volumes struct {
	of      map[baseline.Entity]*roleVolume
	slow    map[baseline.Entity]time.Time // day before which a role's days have been judged
	buckets int
}

// roleVolume is one role's history in memory.
type roleVolume struct {
	read, used    time.Time
	measured      time.Time // by the real clock: all that was measured before is in memory
	from          time.Time // window that was read
	histories     map[time.Duration]*baseline.History
	born, settled time.Time
}

func newVolumes() *volumes {
	return &volumes{of: map[baseline.Entity]*roleVolume{}, slow: map[baseline.Entity]time.Time{}}
}

func (r *roleVolume) merge(news map[time.Duration]*baseline.History) {
	for step, h := range news {
		if r.histories[step] != nil {
			r.histories[step].Merge(h)
		}
	}
}

func (r *roleVolume) size() int {
	n := 0
	for _, h := range r.histories {
		n += len(h.At)
	}
	return n
}

// kept gives what is in memory of a role, if it reaches back to from, and whether others may have measured since.
func (v *volumes) kept(e baseline.Entity, from, now time.Time) (r *roleVolume, old bool) {
	r = v.of[e]
	if r == nil || now.Before(r.read) || r.from.After(from) {
		return nil, false
	}
	r.used = now
	return r, now.Sub(r.read) > volumesFor
}

func (v *volumes) drop(e baseline.Entity) { delete(v.of, e) }

// trim forgets the roles that have not been used for longest until the rest is within the bound.
func (v *volumes) trim() {
	total := 0
	roles := make([]baseline.Entity, 0, len(v.of))
	for e, r := range v.of {
		total += r.size()
		roles = append(roles, e)
	}
	slices.SortFunc(roles, func(a, b baseline.Entity) int {
		return cmp.Or(v.of[a].used.Compare(v.of[b].used), cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Database, b.Database))
	})
	for _, e := range roles {
		if total <= volumesKept {
			break
		}
		total -= v.of[e].size()
		v.drop(e)
	}
	v.buckets = total
	if len(v.slow) > 100_000 {
		clear(v.slow)
	}
}

// load reads the histories of roles from the window's start on: hours and five minutes, and when each profile began.
func (d *Detector) load(ctx context.Context, roles []baseline.Entity, from time.Time) error {
	if len(roles) == 0 {
		return nil
	}
	now, measured := d.clock(), time.Now()
	fives, err := d.profiles.History(ctx, roles, baseline.FiveMinutes, from)
	if err != nil {
		return err
	}
	hours, err := d.profiles.History(ctx, roles, baseline.AnHour, from)
	if err != nil {
		return err
	}
	births, err := d.profiles.Births(ctx, roles)
	if err != nil {
		return err
	}
	for _, e := range roles {
		r := &roleVolume{read: now, used: now, measured: measured, from: from, born: births[e], settled: births[baseline.Entity{Cluster: e.Cluster}], histories: map[time.Duration]*baseline.History{
			baseline.FiveMinutes: cmp.Or(fives[e], &baseline.History{Step: baseline.FiveMinutes}), baseline.AnHour: cmp.Or(hours[e], &baseline.History{Step: baseline.AnHour}),
		}}
		d.volumes.of[e] = r
	}
	return nil
}

// loadMinutes reads the minutes of roles of which they are not in memory.
func (d *Detector) loadMinutes(ctx context.Context, roles []baseline.Entity, from time.Time) error {
	roles = slices.DeleteFunc(slices.Clone(roles), func(e baseline.Entity) bool { return d.volumes.of[e].histories[baseline.Minute] != nil })
	if len(roles) == 0 {
		return nil
	}
	minutes, err := d.profiles.History(ctx, roles, baseline.Minute, from)
	if err != nil {
		return err
	}
	for _, e := range roles {
		d.volumes.of[e].histories[baseline.Minute] = cmp.Or(minutes[e], &baseline.History{Step: baseline.Minute})
	}
	return nil
}

// refresh brings the histories of roles up to date with what was measured since they were read, and forgets what has left their
// windows. begin is from where on the roles' buckets will be judged.
func (d *Detector) refresh(ctx context.Context, roles []baseline.Entity, begin time.Time) error {
	now, measured := d.clock(), time.Now()
	since := measured
	for _, e := range roles {
		since = earlier(since, d.volumes.of[e].measured)
	}
	changed, err := d.profiles.Measured(ctx, roles, since.Add(-ledgerSlack), d.window(begin))
	if err != nil {
		return err
	}
	births, err := d.profiles.Births(ctx, roles)
	if err != nil {
		return err
	}
	again := map[time.Time][]baseline.Entity{}
	for _, e := range roles {
		if at, some := changed[e]; some {
			hour := at.Truncate(baseline.AnHour)
			again[hour] = append(again[hour], e)
		}
		r := d.volumes.of[e]
		r.born, r.settled = births[e], births[baseline.Entity{Cluster: e.Cluster}]
	}
	for hour, some := range again {
		if err := d.reread(ctx, some, hour); err != nil {
			return err
		}
	}
	for _, e := range roles {
		r := d.volumes.of[e]
		r.read, r.measured, r.from = now, measured, d.window(begin)
		for step, h := range r.histories {
			h.Forget(d.cfg.Learning.WindowStart(begin, step))
		}
	}
	return nil
}

// reread puts the stored buckets from an hour on in the place of those in memory.
func (d *Detector) reread(ctx context.Context, roles []baseline.Entity, from time.Time) error {
	for _, step := range baseline.Steps {
		stored, err := d.profiles.History(ctx, roles, step, from)
		if err != nil {
			return err
		}
		for _, e := range roles {
			if h := stored[e]; h != nil {
				d.volumes.of[e].merge(map[time.Duration]*baseline.History{step: h})
			}
		}
	}
	return nil
}
