package baseline

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Period is a range of days, both inclusive, in UTC.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// ParsePeriod reads FROM..TO, both as YYYY-MM-DD; one day alone is a period of its own.
func ParsePeriod(text string) (Period, error) {
	from, to, ok := strings.Cut(text, "..")
	if !ok {
		to = from
	}
	var p Period
	var err error
	if p.From, err = time.Parse(time.DateOnly, from); err != nil {
		return p, fmt.Errorf("%q is no period: write FROM..TO with days as YYYY-MM-DD, such as 2026-03-02..2026-03-08", text)
	}
	if p.To, err = time.Parse(time.DateOnly, to); err != nil {
		return p, fmt.Errorf("%q is no period: write FROM..TO with days as YYYY-MM-DD, such as 2026-03-02..2026-03-08", text)
	}
	if p.To.Before(p.From) {
		return p, fmt.Errorf("period %q ends before it begins", text)
	}
	return p, nil
}

func (p Period) String() string {
	return p.From.Format(time.DateOnly) + ".." + p.To.Format(time.DateOnly)
}

func (p Period) short() bool { return p.To.Before(p.From.AddDate(0, 0, 6)) }

// days is the period as days since the epoch, as profiles count them.
func (p Period) days() (from, to int64) {
	const day = 24 * 60 * 60
	return p.From.Unix() / day, p.To.Unix() / day
}

// Diff is how a role's profile differs between two periods.
type Diff struct {
	Cluster  string            `json:"cluster"`
	Database string            `json:"database"`
	Role     string            `json:"role"`
	Before   Period            `json:"before"`
	After    Period            `json:"after"`
	DaysThen uint64            `json:"active_days_before"`
	DaysNow  uint64            `json:"active_days_after"`
	New      map[string][]Span `json:"new"`     // by kind: not seen in the first period, seen in the second
	Gone     map[string][]Span `json:"gone"`    // the other way round
	Changed  map[string][]Span `json:"changed"` // seen in both, on a much larger or smaller share of the active days
	Volume   []Shift           `json:"volume"`
}

// Span is on how many days of each period an item was seen.
type Span struct {
	Item       string    `json:"item"`
	Normalized string    `json:"normalized,omitempty"`
	Then       uint64    `json:"days_before"`
	Now        uint64    `json:"days_after"`
	First      time.Time `json:"first_seen"` // ever
	Last       time.Time `json:"last_seen"`
}

// Shift is how much more or less of something there is on an active day.
type Shift struct {
	Metric string  `json:"metric"`
	Then   float64 `json:"before"` // a day with activity, on average
	Now    float64 `json:"after"`
}

// changedShare is by how much the share of active days on which an item is seen must differ to be told.
const changedShare = 0.5

// Diff compares the profiles of the roles that the names given select, between two periods.
func (p *Profiles) Diff(ctx context.Context, cluster, database, role string, before, after Period) ([]Diff, error) {
	a, b := before.days()
	c, d := after.days()
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT i.cluster, i.database, i.role, i.kind, i.item, i.since, i.until, i.past, i.present, st.normalized
FROM
(
    SELECT cluster, database, role, kind, item, min(role_profile.first).1 AS since, max(last) AS until, bitmapToArray(groupBitmapMergeState(role_profile.days)) AS ds,
        toUInt64(arrayCount(x -> x BETWEEN %[2]d AND %[3]d, ds)) AS past, toUInt64(arrayCount(x -> x BETWEEN %[4]d AND %[5]d, ds)) AS present
    FROM role_profile WHERE %[1]s GROUP BY cluster, database, role, kind, item
) AS i
LEFT JOIN (SELECT fingerprint, min(statements.normalized) AS normalized FROM statements WHERE fingerprint IN (SELECT item FROM role_profile WHERE kind = '%[6]s' AND %[1]s) GROUP BY fingerprint) AS st ON st.fingerprint = i.item
WHERE i.past > 0 OR i.present > 0
ORDER BY i.cluster, i.database, i.role, i.kind, greatest(i.past, i.present) DESC, i.item`, chosen(cluster, database, role), a, b, c, d, KindShape))
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	defer rows.Close()
	var list []Diff
	items := map[int]map[string][]Span{}
	for rows.Next() {
		var cl, db, ro, kind string
		var s Span
		if err := rows.Scan(&cl, &db, &ro, &kind, &s.Item, &s.First, &s.Last, &s.Then, &s.Now, &s.Normalized); err != nil {
			return nil, fmt.Errorf("read profiles: %w", err)
		}
		n := len(list)
		if n == 0 || list[n-1].Cluster != cl || list[n-1].Database != db || list[n-1].Role != ro {
			list = append(list, Diff{Cluster: cl, Database: db, Role: ro, Before: before, After: after, New: map[string][]Span{}, Gone: map[string][]Span{}, Changed: map[string][]Span{}})
			items[n] = map[string][]Span{}
			n++
		}
		if kind == KindSeen {
			list[n-1].DaysThen, list[n-1].DaysNow = s.Then, s.Now
			continue
		}
		items[n-1][kind] = append(items[n-1][kind], s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	for i := range list {
		for kind, spans := range items[i] {
			for _, s := range spans {
				list[i].sort(kind, s)
			}
		}
		if list[i].Volume, err = p.shifts(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sort puts an item where it belongs, if anywhere. Hours of the week are compared between whole weeks only.
func (d *Diff) sort(kind string, s Span) {
	switch {
	case kind == KindHour && (d.Before.short() || d.After.short()):
	case s.Then == 0:
		d.New[kind] = append(d.New[kind], s)
	case s.Now == 0:
		d.Gone[kind] = append(d.Gone[kind], s)
	case math.Abs(float64(s.Then)/float64(max(d.DaysThen, 1))-float64(s.Now)/float64(max(d.DaysNow, 1))) >= changedShare:
		d.Changed[kind] = append(d.Changed[kind], s)
	}
}

// shifts compares the average active day of the two periods.
func (p *Profiles) shifts(ctx context.Context, of *Diff) ([]Shift, error) {
	in := func(q Period) string {
		return fmt.Sprintf("bucket >= toDateTime(%d, 'UTC') AND bucket < toDateTime(%d, 'UTC')", q.From.Unix(), q.To.AddDate(0, 0, 1).Unix())
	}
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT m.1 AS metric, sumIf(m.2, then) / greatest(uniqExactIf(day, then), 1), sumIf(m.2, now) / greatest(uniqExactIf(day, now), 1)
FROM
(
    SELECT toDate(bucket) AS day, %[1]s AS then, %[2]s AS now,
        arrayJoin([('events', toFloat64(events)), ('rows_read', toFloat64(rows_read)), ('rows_written', toFloat64(rows_written)), ('errors', toFloat64(errors))]) AS m
    FROM role_volume FINAL WHERE cluster = %[3]s AND database = %[4]s AND role = %[5]s AND (%[1]s OR %[2]s)
)
GROUP BY metric ORDER BY metric`, in(of.Before), in(of.After), Quote(of.Cluster), Quote(of.Database), Quote(of.Role)))
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	var out []Shift
	for rows.Next() {
		var s Shift
		if err := rows.Scan(&s.Metric, &s.Then, &s.Now); err != nil {
			return nil, fmt.Errorf("read volume: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// WriteText writes the difference for a person, at most so many items of each kind.
func (d *Diff) WriteText(w io.Writer, most int) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	row(t, "%s on %s@%s\t%s (%d active days) to %s (%d)\n", d.Role, d.Database, d.Cluster, d.Before, d.DaysThen, d.After, d.DaysNow)
	for _, s := range d.Volume {
		row(t, "%s a day\t%.0f, then %.0f\n", s.Metric, s.Then, s.Now)
	}
	for _, part := range []struct {
		name string
		of   map[string][]Span
	}{{"new", d.New}, {"gone", d.Gone}, {"changed", d.Changed}} {
		for _, kind := range slices.Sorted(maps.Keys(part.of)) {
			list := part.of[kind]
			row(t, "%s %s\t%d\n", part.name, kind, len(list))
			for i, s := range list {
				if i == most {
					row(t, "\tand %d more\n", len(list)-most)
					break
				}
				row(t, "\t%s\ton %d days, then %d\tfirst %s\n", called(s.Item, s.Normalized), s.Then, s.Now, s.First.UTC().Format(time.DateTime))
			}
		}
	}
	if len(d.New)+len(d.Gone)+len(d.Changed) == 0 {
		fmt.Fprintln(t, "nothing is new, gone or changed")
	}
	return t.Flush()
}
