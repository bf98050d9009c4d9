package detect

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// volume stores hits of the volume rules. It reads the buckets that the scope's events fall into; the history of a role is
// read only when one of them is worth judging, and kept in memory for a while.
func (d *Detector) volume(ctx context.Context, s baseline.Scope) error {
	watches, slow := d.watches()
	if len(watches)+len(slow) == 0 {
		return nil
	}
	extents, err := d.profiles.Extents(ctx, s)
	if err != nil {
		return err
	}
	roles, err := d.worthJudging(ctx, s, extents, watches)
	if err != nil {
		return err
	}
	found := map[string][]odd{}
	for _, e := range roles {
		if err := d.judgeRole(ctx, e, extents[e].Begin, watches, found); err != nil {
			return err
		}
	}
	judged, err := d.slow(ctx, s, extents, slow, found)
	if err != nil {
		return err
	}
	d.volumes.trim()
	for _, w := range slices.Concat(watches, slow) {
		for some := range slices.Chunk(found[w.Name], storedAtOnce) {
			if err := d.storeSpikes(ctx, d.byID[w.Name], some); err != nil {
				return err
			}
		}
	}
	maps.Copy(d.volumes.slow, judged)
	return nil
}

// storedAtOnce keeps a statement below the engine's limit for its text, 256 KiB: a name has at most a few hundred bytes.
const storedAtOnce = 100

// odd is a spike with whose it is and when, within its bucket, there was any activity.
type odd struct {
	baseline.Entity
	baseline.Spike
	begun, ended time.Time
}

func (d *Detector) watches() (quick, slow []baseline.Watch) {
	for i := range d.running {
		if r := &d.running[i]; r.Kind == OnVolume {
			w := baseline.Watch{Name: r.ID, Metric: r.Metric, MinValue: r.MinValue, Factor: r.Factor, Slow: r.Slow}
			if w.Slow {
				slow = append(slow, w)
			} else {
				quick = append(quick, w)
			}
		}
	}
	return quick, slow
}

// worthJudging lists the roles of which some bucket since their beginning reaches a least value, and sees to it that their
// histories are in memory, up to date.
func (d *Detector) worthJudging(ctx context.Context, s baseline.Scope, extents map[baseline.Entity]baseline.Extent, watches []baseline.Watch) ([]baseline.Entity, error) {
	if len(watches) == 0 {
		return nil, nil
	}
	now := d.clock()
	windows := map[time.Time][]baseline.Entity{} // to read, by where they begin
	recent := map[time.Time][]baseline.Entity{}  // by the hour in which their news begin
	var all []baseline.Entity
	read := func(e baseline.Entity) {
		from := d.window(extents[e].Begin)
		windows[from] = append(windows[from], e)
	}
	for e, x := range extents {
		if x.End.Sub(x.Begin) > recently || s.To.Sub(x.Begin) > lately {
			read(e)
			all = append(all, e)
			continue
		}
		hour := x.Begin.Truncate(time.Hour)
		recent[hour] = append(recent[hour], e)
	}
	for hour, roles := range recent {
		news, err := d.news(ctx, roles, hour, extents)
		if err != nil {
			return nil, err
		}
		var old []baseline.Entity
		for _, e := range roles {
			r, stale := d.volumes.kept(e, d.window(extents[e].Begin), now)
			if r != nil {
				r.merge(news[e])
			}
			if !worth(news[e], extents[e].Begin, watches) {
				continue
			}
			all = append(all, e)
			switch {
			case r == nil:
				read(e)
			case stale:
				old = append(old, e)
			}
		}
		if len(old) > 0 {
			if err := d.refresh(ctx, old, hour); err != nil {
				return nil, err
			}
		}
	}
	for from, roles := range windows {
		sortEntities(roles)
		if err := d.load(ctx, roles, from); err != nil {
			return nil, err
		}
	}
	sortEntities(all)
	return all, d.minutesOf(ctx, all, extents, watches)
}

// news reads the buckets of roles whose events begin in the same hour.
func (d *Detector) news(ctx context.Context, roles []baseline.Entity, hour time.Time, extents map[baseline.Entity]baseline.Extent) (map[baseline.Entity]map[time.Duration]*baseline.History, error) {
	sortEntities(roles)
	after := hour.Add(time.Hour)
	for _, e := range roles {
		if begin := extents[e].Begin; begin.Before(after) {
			after = begin
		}
	}
	return d.profiles.Recent(ctx, roles, after)
}

func (d *Detector) window(begin time.Time) time.Time {
	return d.cfg.Learning.WindowStart(begin, baseline.AnHour)
}

// worth says whether any bucket since begin reaches the least value of a watch.
func worth(of map[time.Duration]*baseline.History, begin time.Time, watches []baseline.Watch) bool {
	for _, h := range of {
		for _, w := range watches {
			if h.Reaches(w.Metric, begin, w.MinValue) {
				return true
			}
		}
	}
	return false
}

// minutesOf reads the minutes of the roles of which one may be worth judging: those where five of them together are.
func (d *Detector) minutesOf(ctx context.Context, roles []baseline.Entity, extents map[baseline.Entity]baseline.Extent, watches []baseline.Watch) error {
	windows := map[time.Time][]baseline.Entity{}
	for _, e := range roles {
		fives := map[time.Duration]*baseline.History{baseline.FiveMinutes: d.volumes.of[e].histories[baseline.FiveMinutes]}
		if begin := extents[e].Begin; worth(fives, begin, watches) {
			from := d.cfg.Learning.WindowStart(begin, baseline.Minute)
			windows[from] = append(windows[from], e)
		}
	}
	for from, some := range windows {
		if err := d.loadMinutes(ctx, some, from); err != nil {
			return err
		}
	}
	return nil
}

func sortEntities(list []baseline.Entity) {
	slices.SortFunc(list, func(a, b baseline.Entity) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Database, b.Database))
	})
}

// judgeRole judges the buckets of one role since begin.
func (d *Detector) judgeRole(ctx context.Context, e baseline.Entity, begin time.Time, watches []baseline.Watch, found map[string][]odd) error {
	r := d.volumes.of[e]
	suspect := suspicion{d: d, role: e, from: r.from}
	for _, w := range watches {
		for _, step := range baseline.Steps {
			h := r.histories[step]
			if h == nil || !h.Reaches(w.Metric, begin, w.MinValue) {
				continue
			}
			series := h.Series(w.Metric)
			series.Born, series.Settled = r.born, r.settled
			series.Untaught = func(n int32) bool { return suspect.in(ctx, n, step) }
			for _, spike := range series.Spikes(begin, w, &d.cfg.Learning) {
				o := odd{Entity: e, Spike: spike, begun: spike.At, ended: spike.At.Add(step)}
				if step == baseline.AnHour {
					o.begun, o.ended = r.histories[baseline.FiveMinutes].Span(w.Metric, spike.At, spike.At.Add(step))
				}
				found[w.Name] = append(found[w.Name], o)
			}
		}
	}
	return suspect.err
}

// suspicion knows when a role was suspected of something; it asks at the first question.
type suspicion struct {
	d       *Detector
	role    baseline.Entity
	from    time.Time
	minutes []int64 // since 1970, in order
	asked   bool
	err     error
}

// in says whether a bucket holds something suspicious.
func (s *suspicion) in(ctx context.Context, n int32, step time.Duration) bool {
	if !s.asked {
		s.asked = true
		s.err = s.ask(ctx)
	}
	length := int64(step / time.Minute)
	i, found := slices.BinarySearch(s.minutes, int64(n)*length)
	return found || i < len(s.minutes) && s.minutes[i] < (int64(n)+1)*length
}

func (s *suspicion) ask(ctx context.Context) error {
	ids := suspects(s.d.rules)
	if len(ids) == 0 {
		return nil
	}
	err := s.d.conn.QueryRow(ctx, fmt.Sprintf("SELECT arraySort(groupUniqArray(toInt64(intDiv(toUnixTimestamp(bucket), 60)))) FROM %s WHERE rule IN (%s) AND cluster = %s AND role = %s AND bucket >= toDateTime(%s)",
		s.d.hits, baseline.Quoted(ids), baseline.Quote(s.role.Cluster), baseline.Quote(s.role.Role), baseline.Time(s.from))).Scan(&s.minutes)
	if err != nil {
		return fmt.Errorf("read what was suspicious: %w", err)
	}
	return nil
}

// slow judges the days that have ended since they were last judged, and says up to where for each role. No line's date counts
// but for its own role: one that claims the next century must not end the judging of the others.
func (d *Detector) slow(ctx context.Context, s baseline.Scope, extents map[baseline.Entity]baseline.Extent, watches []baseline.Watch, found map[string][]odd) (map[baseline.Entity]time.Time, error) {
	judged := map[baseline.Entity]time.Time{}
	if len(watches) == 0 {
		return judged, nil
	}
	type window struct{ from, to time.Time }
	windows := map[window][]baseline.Entity{}
	for e, x := range extents {
		to := earlier(s.To, x.End.Add(baseline.Day)).UTC().Truncate(baseline.Day)
		from := x.Begin.UTC().Truncate(baseline.Day)
		if last, ok := d.volumes.slow[e]; !ok {
			from = from.Add(-sinceLastSeen)
		} else if last.Before(from) {
			from = last
		}
		if long := to.Add(-baseline.SlowWindow); from.Before(long) {
			from = long
		}
		if from.Before(to) {
			windows[window{from, to}] = append(windows[window{from, to}], e)
		}
		if now := d.clock(); to.Before(now) {
			judged[e] = to
		}
	}
	for w, roles := range windows {
		sortEntities(roles)
		if err := d.slowDays(ctx, roles, w.from, w.to, watches, found); err != nil {
			return nil, err
		}
	}
	return judged, nil
}

// sinceLastSeen is how far back days are judged of a role of which nothing is known to be judged: it may have rested.
const sinceLastSeen = 7 * baseline.Day

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (d *Detector) slowDays(ctx context.Context, roles []baseline.Entity, from, today time.Time, watches []baseline.Watch, found map[string][]odd) error {
	births, err := d.profiles.Births(ctx, roles)
	if err != nil {
		return err
	}
	days, err := d.profiles.History(ctx, roles, baseline.Day, from.Add(-baseline.SlowWindow))
	if err != nil {
		return err
	}
	for _, e := range roles {
		if days[e] == nil || births[e].IsZero() {
			continue
		}
		for _, w := range watches {
			for _, spike := range days[e].Slow(from, today, births[e], w) {
				found[w.Name] = append(found[w.Name], odd{e, spike, spike.At, spike.At.Add(baseline.Day)})
			}
		}
	}
	return nil
}

// storeSpikes stores the odd buckets of one rule.
func (d *Detector) storeSpikes(ctx context.Context, r *Rule, found []odd) error {
	values := make([]string, len(found))
	for i, o := range found {
		values[i] = fmt.Sprintf("(%s, toDateTime('%s', 'UTC'), toDateTime('%s', 'UTC'), %s, (%s, %s))",
			baseline.Quoted([]string{o.Cluster, o.Database, o.Role}), o.begun.UTC().Format(time.DateTime), o.ended.UTC().Format(time.DateTime),
			baseline.Quote(r.Metric+" in "+within(o.Step)), numbers(o.Value, o.Expected, o.Threshold, o.Score, o.FalseAlarm, o.Step.Seconds(), o.Days), baseline.Quote(o.Gauge))
	}
	except := "0"
	if x := d.volumeExcept(r); x != "" {
		except = x
	}
	sql := fmt.Sprintf(`INSERT INTO %s (rule, cluster, database, role, client, application, bucket, fingerprint, outcome, subject, first, last, events, level, score, rows, signals, numbers, verdict)
SELECT %s, cluster, database, role, '', '', bucket, '', '', subject, min((event_time, '', toUInt16(0), '')), max(toDateTime64(until, 6, 'UTC')),
    uniqExactState(cityHash64(cluster, database, role, bucket)), max(%s), toFloat32(0), toInt64(0), [], max((verdict.1, verdict.2, verdict.3)), max(verdict)
FROM
(
    SELECT v.1 AS cluster, v.2 AS database, v.3 AS role, v.4 AS bucket, v.5 AS until, v.6 AS subject, v.7 AS verdict,
        toDateTime64(v.4, 6, 'UTC') AS event_time, %s AS role_kind, role_kind = 'superuser' AS is_super, role_kind IN ('application', 'service') AS is_app
    FROM (SELECT arrayJoin([%s]) AS v)
)
WHERE NOT (%s)
GROUP BY cluster, database, role, bucket, subject`, d.hits, baseline.Quote(r.ID), r.levelExpr(), d.cfg.roleKindExpr("role"), strings.Join(values, ", "), except)
	return d.exec(ctx, "store spikes", sql)
}

// numbers writes numbers as a list of literals.
func numbers(list ...float64) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = fmt.Sprintf("toFloat64('%g')", x)
	}
	return strings.Join(out, ", ")
}

// within names the length of a bucket.
func within(step time.Duration) string {
	switch {
	case step <= 0:
		return "an unknown time"
	case step == time.Minute:
		return "a minute"
	case step < time.Hour:
		return fmt.Sprintf("%d minutes", int(step.Minutes()))
	case step == time.Hour:
		return "an hour"
	case step == 24*time.Hour:
		return "a day"
	}
	return span(step)
}

// volumeExcept applies the exceptions that name no client, application or fingerprint: a spike has none.
func (d *Detector) volumeExcept(r *Rule) string {
	cfg := Config{}
	for _, x := range d.cfg.Exceptions {
		if x.Client == "" && x.Application == "" && x.Fingerprint == "" {
			cfg.Exceptions = append(cfg.Exceptions, x)
		}
	}
	return cfg.except(r.ID)
}
