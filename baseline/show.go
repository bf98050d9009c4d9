package baseline

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// State says how far a profile can be relied on.
type State string

// The states of a profile.
const (
	Learning State = "learning" // known for less than learning_days, or on fewer than active_days days: nothing is new to it
	Mature   State = "mature"
	Stale    State = "stale" // not seen for stale_days: its return is worth an alert, and it is still compared with
)

// Profile is what is known of one role.
type Profile struct {
	Cluster  string             `json:"cluster"`
	Database string             `json:"database"`
	Role     string             `json:"role"`
	State    State              `json:"state"`
	Because  string             `json:"because"` // why it is in that state, with the numbers
	First    time.Time          `json:"first_seen"`
	Last     time.Time          `json:"last_seen"`
	Days     uint64             `json:"active_days"`
	Events   uint64             `json:"events"` // about
	Items    map[string][]Known `json:"items"`  // by kind, the most frequent first
	Volume   []Level            `json:"volume"`
}

// Known is one item of a profile.
type Known struct {
	Item       string    `json:"item"`
	Normalized string    `json:"normalized,omitempty"` // of a shape
	First      time.Time `json:"first_seen"`
	Last       time.Time `json:"last_seen"`
	Days       uint64    `json:"days"`
	Events     uint64    `json:"events"` // about
}

// Level is what an hour amounts to, over the history kept.
type Level struct {
	Metric string  `json:"metric"`
	Median float64 `json:"median"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
	Hours  uint64  `json:"active_hours"`
}

// Show reads the profiles of the roles that the names given select; empty ones select all. now decides what is stale.
func (p *Profiles) Show(ctx context.Context, cluster, database, role string, now time.Time) ([]Profile, error) {
	where := "role != '' AND database != '' AND kind != '" + KindDatabase + "'"
	for _, f := range [...]struct{ column, value string }{{"cluster", cluster}, {"database", database}, {"role", role}} {
		if f.value != "" {
			where += " AND " + f.column + " = " + Quote(f.value)
		}
	}
	list, err := p.readItems(ctx, where)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].judge(&p.cfg, now)
		if list[i].Volume, err = p.levels(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p *Profiles) readItems(ctx context.Context, where string) ([]Profile, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT i.cluster, i.database, i.role, i.kind, i.item, i.since, i.until, i.days, i.events, st.normalized
FROM
(
    SELECT cluster, database, role, kind, item, min(role_profile.first).1 AS since, max(last) AS until, toUInt64(groupBitmapMerge(role_profile.days)) AS days, uniqCombined64Merge(role_profile.events) AS events
    FROM role_profile WHERE %[1]s GROUP BY cluster, database, role, kind, item
) AS i
LEFT JOIN (SELECT fingerprint, min(statements.normalized) AS normalized FROM statements WHERE fingerprint IN (SELECT item FROM role_profile WHERE kind = 'shape' AND %[1]s) GROUP BY fingerprint) AS st ON st.fingerprint = i.item
ORDER BY i.cluster, i.database, i.role, i.kind, i.events DESC, i.item`, where))
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	defer rows.Close()
	var list []Profile
	for rows.Next() {
		var c, d, r, kind string
		var k Known
		if err := rows.Scan(&c, &d, &r, &kind, &k.Item, &k.First, &k.Last, &k.Days, &k.Events, &k.Normalized); err != nil {
			return nil, fmt.Errorf("read profiles: %w", err)
		}
		if n := len(list); n == 0 || list[n-1].Cluster != c || list[n-1].Database != d || list[n-1].Role != r {
			list = append(list, Profile{Cluster: c, Database: d, Role: r, Items: map[string][]Known{}})
		}
		at := &list[len(list)-1]
		if kind == KindSeen {
			at.First, at.Last, at.Days, at.Events = k.First, k.Last, k.Days, k.Events
			continue
		}
		at.Items[kind] = append(at.Items[kind], k)
	}
	return list, rows.Err()
}

// judge sets the state by the same rule that novelty goes by.
func (p *Profile) judge(cfg *Config, now time.Time) {
	known := now.Sub(p.First)
	switch {
	case now.Sub(p.Last) > time.Duration(cfg.StaleDays)*24*time.Hour:
		p.State = Stale
		p.Because = fmt.Sprintf("last seen %d days ago, more than stale_days (%d)", int(now.Sub(p.Last).Hours()/24), cfg.StaleDays)
	case known < cfg.Learning() || p.Days < uint64(cfg.ActiveDays):
		p.State = Learning
		p.Because = fmt.Sprintf("known for %d days (learning_days is %d), active on %d (active_days is %d)", int(known.Hours()/24), cfg.LearningDays, p.Days, cfg.ActiveDays)
	default:
		p.State = Mature
		p.Because = fmt.Sprintf("known for %d days and active on %d", int(known.Hours()/24), p.Days)
	}
}

func (p *Profiles) levels(ctx context.Context, of *Profile) ([]Level, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT m.1 AS metric, quantileExact(0.5)(m.2), quantileExact(0.95)(m.2), max(m.2), countIf(m.2 > 0)
FROM
(
    SELECT toStartOfHour(bucket) AS hour, arrayJoin([('events', toFloat64(sum(events))), ('rows_read', toFloat64(sum(rows_read))),
        ('rows_written', toFloat64(sum(rows_written))), ('errors', toFloat64(sum(errors))), ('rows_max', toFloat64(max(rows_max)))]) AS m
    FROM role_volume FINAL WHERE cluster = %s AND database = %s AND role = %s AND bucket >= toDateTime(%s) - INTERVAL %d DAY
    GROUP BY hour
)
GROUP BY metric ORDER BY metric`, Quote(of.Cluster), Quote(of.Database), Quote(of.Role), Time(of.Last), p.cfg.HistoryDays))
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	var out []Level
	for rows.Next() {
		var l Level
		if err := rows.Scan(&l.Metric, &l.Median, &l.P95, &l.Max, &l.Hours); err != nil {
			return nil, fmt.Errorf("read volume: %w", err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}

// WriteText writes the profile for a person, at most so many items of each kind.
func (p *Profile) WriteText(w io.Writer, most int) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "%s on %s@%s: %s\t%s\n", p.Role, p.Database, p.Cluster, p.State, p.Because)
	fmt.Fprintf(t, "seen\t%s to %s, about %d events\n", p.First.UTC().Format(time.DateTime), p.Last.UTC().Format(time.DateTime), p.Events)
	for _, l := range p.Volume {
		fmt.Fprintf(t, "%s an hour\tmedian %.0f, 95 %% %.0f, highest %.0f, in %d hours\n", l.Metric, l.Median, l.P95, l.Max, l.Hours)
	}
	kinds := make([]string, 0, len(p.Items))
	for k := range p.Items {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		list := p.Items[kind]
		fmt.Fprintf(t, "%s\t%d known\n", kind, len(list))
		for i, k := range list {
			if i == most {
				fmt.Fprintf(t, "\tand %d more\n", len(list)-most)
				break
			}
			name := k.Item
			if k.Normalized != "" {
				name += " " + strings.Join(strings.Fields(k.Normalized), " ")
				if len(name) > 120 {
					name = strings.ToValidUTF8(name[:120], "") + "…"
				}
			}
			fmt.Fprintf(t, "\t%s\tsince %s\ton %d days\tabout %d times\n", name, k.First.UTC().Format(time.DateOnly), k.Days, k.Events)
		}
	}
	return t.Flush()
}

// Show is [Profiles.Show] for callers that have a connection only.
func Show(ctx context.Context, conn driver.Conn, cfg Config, cluster, database, role string, now time.Time) ([]Profile, error) {
	return New(conn, cfg).Show(ctx, cluster, database, role, now)
}
