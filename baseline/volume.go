package baseline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Metrics are what is measured of a role. tables are distinct; rows_max is the largest result of one statement.
var metrics = [...]string{"events", "rows_read", "rows_written", "rows_max", "errors", "tables"}

// Metrics lists what is measured of a role, in the order of [History.Values].
func Metrics() []string { return metrics[:] }

// Measure computes the volume buckets that the scope's events fall into, anew from all their events: those of five minutes
// and those of one. It may be repeated.
func (p *Profiles) Measure(ctx context.Context, s Scope) error {
	if err := p.measureFives(ctx, s); err != nil {
		return err
	}
	if err := p.conn.Exec(ctx, measureMinutesSQL(s, "role_minute")); err != nil {
		return fmt.Errorf("measure minutes: %w", err)
	}
	return nil
}

func (p *Profiles) measureFives(ctx context.Context, s Scope) error {
	if err := p.conn.Exec(ctx, measureSQL(s, "role_volume")); err != nil {
		return fmt.Errorf("measure volume: %w", err)
	}
	return nil
}

// measures are the columns that both tables of volume have.
const measures = `countIf(kind = 'statement') AS events,
    sumIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND empty(tables_written)) AS rows_read,
    sumIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND notEmpty(tables_written)) AS rows_written,
    maxIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND empty(tables_written)) AS rows_max,
    countIf(kind = 'error' OR (kind = 'statement' AND outcome = 'failure')) AS errors,
    uniqArrayState(arrayMap(t -> CAST(t, 'String'), tables)) AS tables_state`

const measured = "kind IN ('statement', 'error')"

func measureSQL(s Scope, into string) string {
	return fmt.Sprintf(`INSERT INTO %s (cluster, database, role, bucket, events, rows_read, rows_written, rows_max, errors, tables, shapes, clients, updated_at)
SELECT cluster, database, role, toStartOfFiveMinutes(toDateTime(event_time, 'UTC')) AS bucket,
    %s,
    uniqStateIf(fingerprint, fingerprint != ''),
    uniqState(CAST(client, 'String')),
    now64(6)
FROM events FINAL
WHERE %s
GROUP BY cluster, database, role, bucket`, into, measures, touched(s, "toStartOfFiveMinutes", "5 MINUTE"))
}

func measureMinutesSQL(s Scope, into string) string {
	return fmt.Sprintf(`INSERT INTO %s (cluster, database, role, minute, events, rows_read, rows_written, rows_max, errors, tables, updated_at)
SELECT cluster, database, role, toStartOfMinute(toDateTime(event_time, 'UTC')) AS minute,
    %s,
    now64(6)
FROM events FINAL
WHERE %s
GROUP BY cluster, database, role, minute`, into, measures, touched(s, "toStartOfMinute", "1 MINUTE"))
}

// touched selects all events of the buckets into which events of the scope fall.
func touched(s Scope, start, length string) string {
	bounds := "1"
	if !s.From.IsZero() {
		bounds = "event_time >= " + start + "(" + Time(s.From) + ")"
	}
	if !s.To.IsZero() {
		bounds += " AND event_time < " + start + "(" + Time(s.To) + ") + INTERVAL " + length
	}
	return fmt.Sprintf(`%[1]s AND NOT repeat AND %[2]s
    AND (cluster, database, role, %[3]s(toDateTime(event_time, 'UTC'))) IN
        (SELECT cluster, database, role, %[3]s(toDateTime(event_time, 'UTC')) FROM events WHERE %[4]s)`, bounds, measured, start, s.Where())
}

// Extent is from the earliest to the latest event.
type Extent struct{ Begin, End time.Time }

// Extents gives, for each role of the scope, between which times its events in it lie that are measured.
func (p *Profiles) Extents(ctx context.Context, s Scope) (map[Entity]Extent, error) {
	rows, err := p.conn.Query(ctx, "SELECT cluster, database, role, min(event_time), max(event_time) FROM events WHERE "+s.Where()+" AND "+measured+" GROUP BY cluster, database, role")
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	defer rows.Close()
	out := map[Entity]Extent{}
	for rows.Next() {
		var e Entity
		var x Extent
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role, &x.Begin, &x.End); err != nil {
			return nil, fmt.Errorf("read roles: %w", err)
		}
		out[e] = x
	}
	return out, rows.Err()
}

// columns are arrays of one role's buckets: their numbers and the metrics.
func columns(bucket, tables string) string {
	return "groupArray(" + bucket + "), groupArray(toFloat32(events)), groupArray(toFloat32(rows_read)), groupArray(toFloat32(rows_written)), " +
		"groupArray(toFloat32(rows_max)), groupArray(toFloat32(errors)), groupArray(toFloat32(" + tables + "))"
}

// longer adds up buckets of five minutes.
const longer = `toInt32(intDiv(toUnixTimestamp(%s), %d)) AS number, sum(t.events) AS events, sum(t.rows_read) AS rows_read, sum(t.rows_written) AS rows_written,
        max(t.rows_max) AS rows_max, sum(t.errors) AS errors, uniqMerge(t.tables) AS tables_count`

// History reads what the roles did in buckets of that length, from a time on.
func (p *Profiles) History(ctx context.Context, roles []Entity, step time.Duration, from time.Time) (map[Entity]*History, error) {
	out := map[Entity]*History{}
	for part := range slices.Chunk(roles, maxRoles) {
		if err := p.history(ctx, part, step, from, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *Profiles) history(ctx context.Context, roles []Entity, step time.Duration, from time.Time, out map[Entity]*History) error {
	where := fmt.Sprintf("%s AND %%s >= toDateTime(%s)", entities(roles), Time(from.Truncate(step)))
	var sql string
	switch step {
	case Minute:
		sql = "SELECT cluster, database, role, " + columns("toInt32(intDiv(toUnixTimestamp(minute), 60))", "finalizeAggregation(tables)") + " FROM role_minute FINAL WHERE " + fmt.Sprintf(where, "minute")
	case FiveMinutes:
		sql = "SELECT cluster, database, role, " + columns("toInt32(intDiv(toUnixTimestamp(bucket), 300))", "finalizeAggregation(tables)") + " FROM role_volume FINAL WHERE " + fmt.Sprintf(where, "bucket")
	default:
		sql = "SELECT cluster, database, role, " + columns("number", "tables_count") + " FROM (SELECT cluster, database, role, " + fmt.Sprintf(longer, "bucket", int(step/time.Second)) +
			" FROM role_volume AS t FINAL WHERE " + fmt.Sprintf(where, "bucket") + " GROUP BY cluster, database, role, number)"
	}
	rows, err := p.conn.Query(ctx, sql+" GROUP BY cluster, database, role")
	if err != nil {
		return fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entity
		h := &History{Step: step}
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role, &h.At, &h.Values[0], &h.Values[1], &h.Values[2], &h.Values[3], &h.Values[4], &h.Values[5]); err != nil {
			return fmt.Errorf("read volume: %w", err)
		}
		h.sort()
		out[e] = h
	}
	return rows.Err()
}

// Recent reads the buckets of all lengths that end after a time, of the roles given: one History for each length. It reads
// the minutes from the beginning of that hour on only.
func (p *Profiles) Recent(ctx context.Context, roles []Entity, after time.Time) (map[Entity]map[time.Duration]*History, error) {
	out := map[Entity]map[time.Duration]*History{}
	for part := range slices.Chunk(roles, maxRoles) {
		if err := p.recent(ctx, part, after, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (p *Profiles) recent(ctx context.Context, roles []Entity, after time.Time, out map[Entity]map[time.Duration]*History) error {
	lengths := make([]string, len(Steps))
	for i, step := range Steps {
		n := int(step / time.Second)
		lengths[i] = fmt.Sprintf("(%d, toInt32(intDiv(toUnixTimestamp(t.minute), %d)))", n, n)
	}
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT cluster, database, role, seconds, %s
FROM
(
    SELECT cluster, database, role, arrayJoin([%s]) AS g, toInt32(g.1) AS seconds, g.2 AS number, sum(t.events) AS events, sum(t.rows_read) AS rows_read,
        sum(t.rows_written) AS rows_written, max(t.rows_max) AS rows_max, sum(t.errors) AS errors, uniqMerge(t.tables) AS tables_count
    FROM role_minute AS t FINAL WHERE %s AND t.minute >= toDateTime(%s)
    GROUP BY cluster, database, role, g
    HAVING (toInt64(number) + 1) * seconds > %d
)
GROUP BY cluster, database, role, seconds`, columns("number", "tables_count"), strings.Join(lengths, ", "), entities(roles), Time(after.Truncate(time.Hour)), after.Unix()))
	if err != nil {
		return fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e Entity
		var seconds int32
		var h History
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role, &seconds, &h.At, &h.Values[0], &h.Values[1], &h.Values[2], &h.Values[3], &h.Values[4], &h.Values[5]); err != nil {
			return fmt.Errorf("read volume: %w", err)
		}
		h.Step = time.Duration(seconds) * time.Second
		h.sort()
		if out[e] == nil {
			out[e] = map[time.Duration]*History{}
		}
		out[e][h.Step] = &h
	}
	return rows.Err()
}

// Measured says, of the roles of which buckets of five minutes at or after from were measured since, from which bucket on. Measuring
// goes by the store's clock.
func (p *Profiles) Measured(ctx context.Context, roles []Entity, since, from time.Time) (map[Entity]time.Time, error) {
	out := map[Entity]time.Time{}
	for part := range slices.Chunk(roles, maxRoles) {
		err := p.times(ctx, out, fmt.Sprintf("SELECT cluster, database, role, min(bucket) FROM role_volume WHERE %s AND bucket >= toDateTime(%s) AND updated_at >= %s GROUP BY cluster, database, role",
			entities(part), Time(from), Time(since)))
		if err != nil {
			return nil, fmt.Errorf("read what was measured: %w", err)
		}
	}
	return out, nil
}

// times reads a time for each role.
func (p *Profiles) times(ctx context.Context, into map[Entity]time.Time, sql string) error {
	rows, err := p.conn.Query(ctx, sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entity
		var at time.Time
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role, &at); err != nil {
			return err
		}
		into[e] = at
	}
	return rows.Err()
}

// Births says since when each of the roles, and each of their clusters, has a profile.
func (p *Profiles) Births(ctx context.Context, roles []Entity) (map[Entity]time.Time, error) {
	out := map[Entity]time.Time{}
	for part := range slices.Chunk(roles, maxRoles) {
		s := Scope{Roles: part}
		err := p.times(ctx, out, "SELECT cluster, database, role, min(role_profile.first).1 FROM role_profile WHERE "+s.ofRoles(true)+
			" AND kind IN ('"+KindSeen+"', '"+KindRole+"') GROUP BY cluster, database, role")
		if err != nil {
			return nil, fmt.Errorf("read profiles: %w", err)
		}
	}
	return out, nil
}

// entities is a predicate over cluster, role and database, in the order of the tables' keys.
func entities(roles []Entity) string {
	list := make([]string, len(roles))
	for i, e := range roles {
		list[i] = "(" + Quoted([]string{e.Cluster, e.Role, e.Database}) + ")"
	}
	slices.Sort(list)
	return "(cluster, role, database) IN (" + strings.Join(list, ", ") + ")"
}
