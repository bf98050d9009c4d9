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

// SeriesSQL is a query for the series that may hold a spike at or after the scope's beginning: one row per watch and role,
// hour by hour, from HistoryDays before the beginning to the end of what is known. Left out is where no hour can be one:
// below MinValue, or not above Factor times the hours before the beginning that are not odd. odd is a sub-query that lists
// the hours known as odd, as (name, cluster, database, role, hour). Columns: name, cluster, database, role, born (of the
// role's profile), settled (birth of the cluster's; both zero if unknown), hours, values, begun, ended (first and last
// bucket of each hour that is not zero) and odd.
func (c *Config) SeriesSQL(s Scope, watches []Watch, odd string) string {
	metrics := make([]string, len(watches))
	for i, w := range watches {
		metrics[i] = fmt.Sprintf("(%s, %s, toFloat64(%f), toFloat64(%f), minIf(v.bucket, v.%[5]s > 0), maxIf(v.bucket, v.%[5]s > 0))",
			Quote(w.Name), w.aggregate(), w.MinValue, w.Factor, w.Metric)
	}
	return fmt.Sprintf(`WITH toStartOfHour(toDateTime(%[1]s, 'UTC')) AS beginning
SELECT q.name AS name, q.cluster AS cluster, q.database AS database, q.role AS role, b.born AS born, b.settled AS settled,
    arrayMap(x -> x.1, q.series) AS hours, arrayMap(x -> x.2, q.series) AS values, arrayMap(x -> x.3, q.series) AS begun,
    arrayMap(x -> x.4, q.series) AS ended, arrayMap(x -> x.5, q.series) AS odd
FROM
(
    SELECT name, cluster, database, role, arraySort(groupArray((hour, value, begun, ended,
            toUInt8((name, cluster, database, role, hour) IN (%[4]s))))) AS series
    FROM
    (
        SELECT cluster, database, role, hour, m.1 AS name, m.2 AS value, m.3 AS least_value, m.4 AS factor, m.5 AS begun, m.6 AS ended
        FROM
        (
            SELECT CAST(v.cluster, 'String') AS cluster, CAST(v.database, 'String') AS database, CAST(v.role, 'String') AS role, toStartOfHour(v.bucket) AS hour,
                arrayJoin([%[2]s]) AS m
            FROM role_volume AS v FINAL
            WHERE %[5]s AND v.bucket >= beginning - INTERVAL %[3]d DAY
            GROUP BY cluster, database, role, hour
        )
        WHERE value > 0
    )
    GROUP BY name, cluster, database, role
    HAVING arrayExists(x -> x.1 >= beginning AND x.2 >= any(least_value)
        AND x.2 > any(factor) * arrayMax(y -> if(y.1 < beginning AND y.1 >= x.1 - INTERVAL %[3]d DAY AND y.5 = 0, y.2, 0), series), series)
) AS q
LEFT JOIN
(
    SELECT *, minIf(born, role = '') OVER (PARTITION BY cluster) AS settled
    FROM
    (
        SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, min(role_profile.first).1 AS born
        FROM role_profile WHERE %[6]s AND kind IN ('seen', 'role')
        GROUP BY cluster, database, role
    )
) AS b ON b.cluster = q.cluster AND b.database = q.database AND b.role = q.role`,
		s.begin(), strings.Join(metrics, ", "), c.HistoryDays, odd, s.ofRoles(false), s.ofRoles(true))
}
