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
	Rhythm   []Rhythm           `json:"rhythm"`
	Sessions Sessions           `json:"sessions"`

	Pools     []Pool     `json:"pools"`
	Peers     []string   `json:"peers"`     // roles of the same database that do the same work
	Decisions []Decision `json:"decisions"` // of people, the oldest first
}

// Sessions is how long a role's sessions last and how much they do, over the history kept; zero where the log names none.
type Sessions struct {
	Count         uint64  `json:"count"`
	Median        float64 `json:"median_seconds"`
	P95           float64 `json:"p95_seconds"`
	Statements    float64 `json:"median_statements"`
	StatementsP95 float64 `json:"p95_statements"`
}

// Known is one item of a profile.
type Known struct {
	Item       string    `json:"item"`
	Normalized string    `json:"normalized,omitempty"` // of a shape
	First      time.Time `json:"first_seen"`
	Last       time.Time `json:"last_seen"`
	Days       uint64    `json:"days"`
	Events     uint64    `json:"events"` // about
	Decision   Verb      `json:"decision,omitempty"`
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
	list, err := p.readItems(ctx, chosen(cluster, database, role))
	if err != nil {
		return nil, err
	}
	decisions, err := p.Decisions(ctx, cluster, database, role)
	if err != nil {
		return nil, err
	}
	rhythms, err := p.rhythms(ctx, cluster, database, role)
	if err != nil {
		return nil, err
	}
	for i := range list {
		at := &list[i]
		at.judge(&p.cfg, now)
		at.decided(decisions)
		if at.Volume, err = p.levels(ctx, at); err != nil {
			return nil, err
		}
		at.Rhythm = rhythms[Entity{at.Cluster, at.Database, at.Role}]
		if at.Sessions, err = p.sessions(ctx, at); err != nil {
			return nil, err
		}
		if at.Pools, err = p.pools(ctx, at); err != nil {
			return nil, err
		}
		if at.Peers, err = p.peersOf(ctx, at); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// chosen is a predicate over role_profile: what describes a role of a database, of those that the names select.
func chosen(cluster, database, role string) string {
	return "role != '' AND database != '' AND kind != '" + KindDatabase + "'" + named(cluster, database, role)
}

// named goes on a predicate: what the names select, of columns of that name; empty ones select all.
func named(cluster, database, role string) (where string) {
	for _, f := range [...]struct{ column, value string }{{"cluster", cluster}, {"database", database}, {"role", role}} {
		if f.value != "" {
			where += " AND " + f.column + " = " + Quote(f.value)
		}
	}
	return where
}

// decided puts the decisions about p's items where they belong.
func (p *Profile) decided(all []Decision) {
	for _, d := range all {
		if d.of(p) {
			p.Decisions = append(p.Decisions, d)
		}
	}
	for kind, list := range p.Items {
		for i := range list {
			list[i].Decision = standing(p.Decisions, kind, list[i].Item)
		}
	}
}

func (p *Profiles) peersOf(ctx context.Context, of *Profile) ([]string, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf("SELECT arrayJoin(peers) FROM role_peers FINAL WHERE cluster = %s AND database = %s AND role = %s", Quote(of.Cluster), Quote(of.Database), Quote(of.Role)))
	if err != nil {
		return nil, fmt.Errorf("read peers: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read peers: %w", err)
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// sessions sums up the sessions of the history kept, as far as the log names them.
func (p *Profiles) sessions(ctx context.Context, of *Profile) (Sessions, error) {
	var s Sessions
	err := p.conn.QueryRow(ctx, fmt.Sprintf(`SELECT count(), ifNotFinite(quantileExact(0.5)(seconds), 0), ifNotFinite(quantileExact(0.95)(seconds), 0), ifNotFinite(quantileExact(0.5)(n), 0), ifNotFinite(quantileExact(0.95)(n), 0)
FROM
(
    SELECT toFloat64(dateDiff('second', min(event_time), max(event_time))) AS seconds, toFloat64(countIf(kind = 'statement')) AS n
    FROM events FINAL
    WHERE cluster = %s AND database = %s AND role = %s AND session_id != '' AND NOT repeat AND event_time >= %s - INTERVAL %d DAY
    GROUP BY client, session_id
)`, Quote(of.Cluster), Quote(of.Database), Quote(of.Role), Time(of.Last), p.cfg.HistoryDays)).Scan(&s.Count, &s.Median, &s.P95, &s.Statements, &s.StatementsP95)
	if err != nil {
		return s, fmt.Errorf("read sessions: %w", err)
	}
	return s, nil
}

func (p *Profiles) readItems(ctx context.Context, where string) ([]Profile, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT i.cluster, i.database, i.role, i.kind, i.item, i.since, i.until, i.days, i.events, st.normalized
FROM
(
    SELECT cluster, database, role, kind, item, min(role_profile.first).1 AS since, max(last) AS until, toUInt64(groupBitmapMerge(role_profile.days)) AS days, uniqCombined64Merge(14)(counted) AS events
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
	row(t, "%s on %s@%s: %s\t%s\n", p.Role, p.Database, p.Cluster, p.State, p.Because)
	row(t, "seen\t%s to %s, about %d events\n", p.First.UTC().Format(time.DateTime), p.Last.UTC().Format(time.DateTime), p.Events)
	for _, l := range p.Volume {
		tide := ""
		if r := p.rhythm(l.Metric); r != nil {
			tide = r.tide()
		}
		row(t, "%s an hour\tmedian %.0f, 95 %% %.0f, highest %.0f, in %d hours%s\n", l.Metric, l.Median, l.P95, l.Max, l.Hours, tide)
	}
	if r := p.rhythm("events"); r != nil {
		row(t, "week\t    00    06    12    18     (UTC; usual events of each hour, · for none)\n")
		for d, line := range r.days() {
			row(t, "\t%s %s\n", time.Weekday((d + 1) % 7).String()[:3], line)
		}
	}
	if s := p.Sessions; s.Count > 0 {
		row(t, "sessions\t%d, median %.0f s and %.0f statements, 95 %% within %.0f s and %.0f statements\n", s.Count, s.Median, s.Statements, s.P95, s.StatementsP95)
	}
	for _, pool := range p.Pools {
		row(t, "pool\t%s\n", pool.String())
	}
	if len(p.Peers) > 0 {
		row(t, "peers\t%s\n", strings.Join(p.Peers, ", "))
	}
	kinds := make([]string, 0, len(p.Items))
	for k := range p.Items {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		list := p.Items[kind]
		row(t, "%s\t%d known\n", kind, len(list))
		for i, k := range list {
			if i == most {
				row(t, "\tand %d more\n", len(list)-most)
				break
			}
			mark := ""
			if k.Decision == Approve {
				mark = "approved"
			}
			row(t, "\t%s\tsince %s\ton %d days\tabout %d times\t%s\n", called(k.Item, k.Normalized), k.First.UTC().Format(time.DateOnly), k.Days, k.Events, mark)
		}
	}
	if len(p.Decisions) > 0 {
		row(t, "decisions\t%d\n", len(p.Decisions))
	}
	for _, d := range p.Decisions {
		row(t, "\t%s %s %s\t%s by %s\t%s\n", d.Verb, d.Kind, d.Item, d.At.UTC().Format(time.DateTime), d.Author, d.Reason)
	}
	return t.Flush()
}

// rhythm gives that of a metric; nil if there was none of it.
func (p *Profile) rhythm(metric string) *Rhythm {
	for i := range p.Rhythm {
		if p.Rhythm[i].Metric == metric {
			return &p.Rhythm[i]
		}
	}
	return nil
}

// called names an item; a shape by its fingerprint and the beginning of its normal form.
func called(item, normalized string) string {
	if normalized == "" {
		return item
	}
	name := item + " " + strings.Join(strings.Fields(normalized), " ")
	if len(name) > 120 {
		name = strings.ToValidUTF8(name[:120], "") + "…"
	}
	return name
}

// Show is [Profiles.Show] for callers that have a connection only.
func Show(ctx context.Context, conn driver.Conn, cfg Config, cluster, database, role string, now time.Time) ([]Profile, error) {
	return New(conn, cfg).Show(ctx, cluster, database, role, now)
}
