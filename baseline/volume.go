package baseline

import (
	"context"
	"fmt"
)

// Measure computes the volume buckets that the scope's events fall into, anew from all their events. It may be repeated.
func (p *Profiles) Measure(ctx context.Context, s Scope) error {
	if err := p.conn.Exec(ctx, measureSQL(s, "role_volume")); err != nil {
		return fmt.Errorf("measure volume: %w", err)
	}
	return nil
}

func measureSQL(s Scope, into string) string {
	bounds := "1"
	if !s.From.IsZero() {
		bounds = "event_time >= toStartOfFiveMinutes(" + Time(s.From) + ")"
	}
	if !s.To.IsZero() {
		bounds += " AND event_time < toStartOfFiveMinutes(" + Time(s.To) + ") + INTERVAL 5 MINUTE"
	}
	return fmt.Sprintf(`INSERT INTO %s (cluster, database, role, bucket, events, rows_read, rows_written, rows_max, errors, tables, shapes, clients, updated_at)
SELECT cluster, database, role, toStartOfFiveMinutes(toDateTime(event_time, 'UTC')) AS bucket,
    countIf(kind = 'statement'),
    sumIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND empty(tables_written)),
    sumIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND notEmpty(tables_written)),
    maxIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement'),
    countIf(kind = 'error' OR (kind = 'statement' AND outcome = 'failure')),
    uniqArrayState(arrayMap(t -> CAST(t, 'String'), tables)),
    uniqStateIf(fingerprint, fingerprint != ''),
    uniqState(CAST(client, 'String')),
    now64(6)
FROM events FINAL
WHERE %s AND NOT repeat AND kind IN ('statement', 'error')
    AND (cluster, database, role, toStartOfFiveMinutes(toDateTime(event_time, 'UTC'))) IN
        (SELECT cluster, database, role, toStartOfFiveMinutes(toDateTime(event_time, 'UTC')) FROM events WHERE %s)
GROUP BY cluster, database, role, bucket`, into, bounds, s.Where())
}

// SpikesSQL is a query for the hours, among those the scope's events fall into and later ones of the same roles, in which
// a role did at least minValue of metric and more than factor times what it did in any hour of its history, or, where the
// role has no mature history but its cluster has, at least minValue of it. Hours that the sub-query flagged lists, as
// (cluster, database, role, hour), are no part of the history. Columns: cluster, database, role, hour, value, since, until,
// peak (of history), hours (known), mature, usual (values at the same hours of the day, ascending).
func (c *Config) SpikesSQL(s Scope, metric string, minValue, factor float64, flagged string) string {
	aggregate := "sum"
	if metric == "rows_max" {
		aggregate = "max"
	}
	return fmt.Sprintf(`WITH
    scope AS (%[1]s),
    hourly AS
    (
        SELECT v.cluster AS cluster, v.database AS database, v.role AS role, toStartOfHour(v.bucket) AS hour,
            toFloat64(%[2]s(v.%[3]s)) AS value, minIf(v.bucket, v.%[3]s > 0) AS since, maxIf(v.bucket, v.%[3]s > 0) AS until
        FROM role_volume AS v FINAL
        INNER JOIN scope AS sc ON v.cluster = sc.cluster AND v.database = sc.database AND v.role = sc.role
        WHERE v.bucket >= toStartOfHour(toDateTime(sc.since, 'UTC')) - INTERVAL %[4]d DAY
        GROUP BY cluster, database, role, hour
    ),
    born AS (SELECT cluster, database, role, min(role_profile.first).1 AS born FROM role_profile WHERE kind = 'seen' GROUP BY cluster, database, role),
    old AS (SELECT cluster, min(role_profile.first).1 AS born FROM role_profile WHERE kind = 'role' AND role = '' GROUP BY cluster),
    flagged AS (%[5]s),
    candidates AS
    (
        SELECT h.* FROM hourly AS h INNER JOIN scope AS sc ON h.cluster = sc.cluster AND h.database = sc.database AND h.role = sc.role
        WHERE h.hour >= toStartOfHour(toDateTime(sc.since, 'UTC')) AND h.value >= %[6]f
    ),
    history AS (SELECT * FROM hourly WHERE (cluster, database, role, hour) NOT IN (SELECT cluster, database, role, hour FROM flagged))
SELECT k.cluster AS cluster, k.database AS database, k.role AS role, k.hour AS hour, any(k.value) AS value, any(k.since) AS since, any(k.until) AS until,
    maxIf(h.value, h.hour < k.hour AND h.hour >= k.hour - INTERVAL %[4]d DAY) AS peak,
    countIf(h.hour < k.hour AND h.hour >= k.hour - INTERVAL %[4]d DAY) AS hours,
    k.hour >= any(b.born) + INTERVAL %[7]d DAY AND any(b.born) > toDateTime64(0, 6, 'UTC') AS mature,
    any(o.born) > toDateTime64(0, 6, 'UTC') AND k.hour >= any(o.born) + INTERVAL %[7]d DAY AS settled,
    toInt64(dateDiff('day', any(b.born), k.hour)) AS age,
    arraySort(groupArrayIf(h.value, h.hour < k.hour AND h.hour >= k.hour - INTERVAL %[4]d DAY
        AND (toHour(h.hour) - toHour(k.hour) + 25) %% 24 <= 2)) AS usual
FROM candidates AS k
LEFT JOIN history AS h ON h.cluster = k.cluster AND h.database = k.database AND h.role = k.role
LEFT JOIN born AS b ON b.cluster = k.cluster AND b.database = k.database AND b.role = k.role
LEFT JOIN old AS o ON o.cluster = k.cluster
GROUP BY k.cluster, k.database, k.role, k.hour
HAVING value > %[8]f * peak AND (mature OR settled)`,
		s.Entities(), aggregate, metric, c.HistoryDays, flagged, minValue, c.LearningDays, factor)
}
