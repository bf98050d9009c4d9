package baseline

import (
	"context"
	"fmt"
	"strings"
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
    maxIf(toUInt64(greatest(ifNull(rows, 0), 0)), kind = 'statement' AND empty(tables_written)),
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

// Watch is one kind of spike to look for.
type Watch struct {
	Name     string  // of the rule
	Metric   string  // events, rows_read, rows_written, rows_max or errors
	MinValue float64 // least value of an hour that is worth a look
	Factor   float64 // how many times the highest hour of the history it must exceed
}

func (w Watch) aggregate() string {
	if w.Metric == "rows_max" {
		return "toFloat64(max(v.rows_max))"
	}
	return "toFloat64(sum(v." + w.Metric + "))"
}

// SpikesSQL is a query for the hours, among those the scope's events fall into and later ones of the same roles, in which
// a role reached a watch's MinValue and more than Factor times what it did in any hour of its history; where the role has
// no mature history but its cluster has, MinValue alone counts. Hours that the sub-query flagged lists, as (name, cluster,
// database, role, hour), are no part of the history. Columns: name, cluster, database, role, hour, value, since and until
// (first and last bucket of the hour that is not zero), peak (of the history), mature (as Bool), age (of the role, in days),
// usual (values at the same hours of the day).
func (c *Config) SpikesSQL(s Scope, watches []Watch, flagged string) string {
	metrics := make([]string, len(watches))
	for i, w := range watches {
		metrics[i] = fmt.Sprintf("(%s, %s, toFloat64(%f), toFloat64(%f), minIf(v.bucket, v.%[5]s > 0), maxIf(v.bucket, v.%[5]s > 0))",
			Quote(w.Name), w.aggregate(), w.MinValue, w.Factor, w.Metric)
	}
	return fmt.Sprintf(`WITH flagged AS (%[4]s)
SELECT q.name AS name, q.cluster AS cluster, q.database AS database, q.role AS role, q.k.1 AS hour, q.k.2 AS value, q.k.3 AS begun, q.k.4 AS ended,
    arrayMax(arrayConcat([toFloat64(0)], arrayMap(x -> x.2, past))) AS peak,
    b.born > toDateTime64(0, 6, 'UTC') AND hour >= b.born + INTERVAL %[5]d DAY AS mature,
    toInt64(dateDiff('day', b.born, hour)) AS age,
    arrayMap(x -> x.2, arrayFilter(x -> (toHour(x.1) - toHour(hour) + 25) %% 24 <= 2, past)) AS usual
FROM
(
    SELECT name, cluster, database, role, any(factor) AS times,
        arrayJoin(groupArrayIf((hour, value, begun, ended), hour >= toStartOfHour(toDateTime(%[1]s, 'UTC')) AND value >= least_value)) AS k,
        groupArrayIf((hour, value), (name, cluster, database, role, hour) NOT IN (SELECT name, cluster, database, role, hour FROM flagged)) AS history,
        arrayFilter(x -> x.1 < k.1 AND x.1 >= k.1 - INTERVAL %[3]d DAY, history) AS past
    FROM
    (
        SELECT cluster, database, role, hour, m.1 AS name, m.2 AS value, m.3 AS least_value, m.4 AS factor, m.5 AS begun, m.6 AS ended
        FROM
        (
            SELECT CAST(v.cluster, 'String') AS cluster, CAST(v.database, 'String') AS database, CAST(v.role, 'String') AS role, toStartOfHour(v.bucket) AS hour,
                arrayJoin([%[2]s]) AS m
            FROM role_volume AS v FINAL
            WHERE %[6]s AND v.bucket >= toStartOfHour(toDateTime(%[1]s, 'UTC')) - INTERVAL %[3]d DAY
            GROUP BY cluster, database, role, hour
        )
        WHERE value > 0
    )
    GROUP BY name, cluster, database, role
) AS q
LEFT JOIN
(
    SELECT *, minIf(since, role = '') OVER (PARTITION BY cluster) AS old, since AS born
    FROM
    (
        SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, min(role_profile.first).1 AS since
        FROM role_profile WHERE %[7]s AND kind IN ('seen', 'role')
        GROUP BY cluster, database, role
    )
) AS b ON b.cluster = q.cluster AND b.database = q.database AND b.role = q.role
WHERE value > times * peak AND (mature OR (b.old > toDateTime64(0, 6, 'UTC') AND hour >= b.old + INTERVAL %[5]d DAY))`,
		s.begin(), strings.Join(metrics, ", "), c.HistoryDays, flagged, c.LearningDays, s.ofRoles(false), s.ofRoles(true))
}
