package baseline

import (
	"context"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// MasqueradeSQL is a query for the windows, among those with events of the scope, in which a role did what looks like
// another role's work: one row per statement that speaks for it, with cluster, database, role, client, application,
// event_time, record_id, event_index, kind, fingerprint, subject (the other role), observed (the window's evidence) and
// threshold. A window is what one role does from one client with one program within a clock hour, in one session and in all.
//
// It is [Work.Judge] as SQL, with this in addition: a window is judged by what was known before its day, taking of each item
// the share of its days that lie before; a role is compared, and compared with, once its profile was mature; and what was
// approved for a role, or looks like an injection, says nothing.
func (c *Config) MasqueradeSQL(s Scope) string {
	w := DefaultWork()
	statements := fmt.Sprintf(`SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role,
            CAST(client, 'String') AS client, CAST(application, 'String') AS application, session_id, fingerprint AS shape, toRelativeDayNum(event_time) AS day,
            event_time, CAST(record_id, 'String') AS record_id, event_index, tables, tables_read, tables_written,
            hasAny(signals, ['schema_create', 'schema_alter', 'schema_drop']) AS defines
        FROM events FINAL
        WHERE %s`, s.worked())
	days := fmt.Sprintf("(SELECT groupUniqArray(toRelativeDayNum(event_time)) FROM events WHERE %s)", s.Where())
	databases := fmt.Sprintf("(cluster, database) IN (SELECT cluster, database FROM events WHERE %s)", s.Where())
	known := fmt.Sprintf(`SELECT cluster, database, role, kind, item, day, n * arrayCount(d -> d < day, ds) / length(ds) AS before
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, CAST(kind, 'String') AS kind, item,
                uniqCombined64Merge(14)(counted) AS n, bitmapToArray(groupBitmapMergeState(role_profile.days)) AS ds
            FROM role_profile WHERE kind IN ('%s', '%s') AND %s GROUP BY cluster, database, role, kind, item
        )
        ARRAY JOIN %s AS day
        WHERE before > 0`, KindShape, KindAccess, databases, days)
	mature := fmt.Sprintf(`SELECT cluster, database, role, day
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role,
                min(role_profile.first).1 AS born, bitmapToArray(groupBitmapMergeState(role_profile.days)) AS active
            FROM role_profile WHERE kind = '%s' AND %s GROUP BY cluster, database, role
        )
        ARRAY JOIN %s AS day
        WHERE day >= toRelativeDayNum(born) + %d AND arrayCount(d -> d < day, active) >= %d`, KindSeen, databases, days, c.LearningDays, c.ActiveDays)
	return fmt.Sprintf(`WITH st AS (%[1]s),
known AS (%[2]s),
shapes AS (SELECT cluster, database, day, shape, max(%[4]s) AS access FROM st GROUP BY cluster, database, day, shape),
roles AS
(
    SELECT k.cluster AS cluster, k.database AS database, k.day AS day, k.role AS role, sumIf(k.before, k.kind = '%[5]s') AS total, countIf(k.kind = '%[5]s') AS kinds
    FROM known AS k INNER JOIN (%[3]s) AS m ON m.cluster = k.cluster AND m.database = k.database AND m.role = k.role AND m.day = k.day
    GROUP BY cluster, database, day, role HAVING total > 0
),
touched AS
(
    SELECT a.cluster AS cluster, a.database AS database, a.day AS day, a.shape AS shape, r.role AS role, min(greatest(k.before / r.total, %[7]g)) AS share
    FROM (SELECT cluster, database, day, shape, arrayJoin(access) AS touch FROM shapes) AS a
    INNER JOIN roles AS r ON r.cluster = a.cluster AND r.database = a.database AND r.day = a.day
    LEFT JOIN (SELECT * FROM known WHERE kind = '%[6]s') AS k ON k.cluster = a.cluster AND k.database = a.database AND k.day = a.day AND k.role = r.role AND k.item = a.touch
    GROUP BY cluster, database, day, shape, role
),
likely AS
(
    SELECT x.cluster AS cluster, x.database AS database, x.day AS day, x.shape AS shape,
        arraySort(groupArray((x.role, k.before / (x.total + x.kinds), if(t.share > 0, t.share, %[7]g), x.kinds / (x.total + x.kinds)))) AS by
    FROM (SELECT s.cluster AS cluster, s.database AS database, s.day AS day, s.shape AS shape, r.role AS role, r.total AS total, r.kinds AS kinds
        FROM shapes AS s INNER JOIN roles AS r ON r.cluster = s.cluster AND r.database = s.database AND r.day = s.day) AS x
    LEFT JOIN (SELECT * FROM known WHERE kind = '%[5]s') AS k ON k.cluster = x.cluster AND k.database = x.database AND k.day = x.day AND k.role = x.role AND k.item = x.shape
    LEFT JOIN touched AS t ON t.cluster = x.cluster AND t.database = x.database AND t.day = x.day AND t.role = x.role AND t.shape = x.shape
    GROUP BY cluster, database, day, shape
)
SELECT cluster, database, role, client, application, d.1 AS event_time, d.2 AS record_id, d.3 AS event_index, 'statement' AS kind, d.4 AS fingerprint,
    'success' AS outcome, other AS subject, evidence AS observed, toFloat64(%[8]g) AS threshold
FROM
(
    SELECT v.cluster AS cluster, v.database AS database, v.role AS role, v.client AS client, v.application AS application, any(l.names) AS names, any(p.peers) AS peers,
        arrayMap((n, e) -> if(n = role OR has(peers, n), -1e9, e), names, sumForEach(l.odds)) AS sums,
        arrayMax(sums) AS evidence, indexOf(sums, evidence) AS best, names[best] AS other,
        arrayFilter(x -> x.5[best] > 0, groupArray((v.first.1, v.first.2, v.first.3, v.shape, l.odds))) AS deeds
    FROM
    (
        SELECT cluster, database, role, client, application, session, toStartOfHour(event_time) AS slot, day, shape, min((event_time, record_id, event_index)) AS first
        FROM st ARRAY JOIN arrayDistinct([session_id, '']) AS session
        GROUP BY cluster, database, role, client, application, session, slot, day, shape
    ) AS v
    INNER JOIN
    (
        SELECT o.cluster AS cluster, o.database AS database, o.role AS role, o.day AS day, o.shape AS shape, arrayMap(x -> x.1, l.by) AS names, indexOf(names, o.role) AS own,
            l.by[own] AS mine,
            arrayMap(x -> multiIf((o.cluster, o.database, o.role, o.shape) IN (%[11]s), 0,
                x.2 = 0 AND mine.2 = 0, greatest(-%[10]g, least(%[10]g, log(x.3 / mine.3))),
                x.2 = 0, greatest(-%[9]g, least(0, log(x.4 * x.3 / mine.2))),
                mine.2 = 0, greatest(-%[9]g, least(%[9]g, log(x.2 / (mine.4 * mine.3)))),
                greatest(-%[9]g, least(%[10]g, log(x.2 / mine.2)))), l.by) AS odds
        FROM (SELECT DISTINCT cluster, database, role, day, shape FROM st) AS o
        INNER JOIN likely AS l ON l.cluster = o.cluster AND l.database = o.database AND l.day = o.day AND l.shape = o.shape
        WHERE own > 0
    ) AS l ON l.cluster = v.cluster AND l.database = v.database AND l.role = v.role AND l.day = v.day AND l.shape = v.shape
    LEFT JOIN (SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, peers FROM role_peers FINAL) AS p
        ON p.cluster = v.cluster AND p.database = v.database AND p.role = v.role
    GROUP BY cluster, database, role, client, application, v.session, v.slot
    HAVING evidence >= %[8]g
)
ARRAY JOIN deeds AS d
LIMIT 1 BY cluster, database, role, client, application, record_id, event_index, subject`,
		statements, known, mature, accessExpr, KindShape, KindAccess, w.Unseen, w.Threshold, w.Cap, w.CapKnown, approvedShapes())
}

// worked is a predicate over events: the statements of the clock hours and roles of the scope that may tell whose work they are.
func (s Scope) worked() string {
	around := "1"
	if !s.From.IsZero() && !s.To.IsZero() {
		around = fmt.Sprintf("event_time >= toStartOfHour(%s) AND event_time < toStartOfHour(%s) + INTERVAL 1 HOUR", Time(s.From), Time(s.To))
	}
	return around + " AND " + s.ofRoles(false) + " AND kind = 'statement' AND outcome != 'failure' AND fingerprint != '' AND NOT repeat AND NOT suspicious"
}

// Masked is the part of the scope that may have an answer to [Config.MasqueradeSQL]: the roles of which some window could reach the
// evidence asked for if each of its shapes spoke for another role as much as it can. It says false if there is none. It costs what
// the scope's shapes do, while that query compares them with all roles.
func (s Scope) Masked(ctx context.Context, conn driver.Conn) (Scope, bool, error) {
	w := DefaultWork()
	rows, err := conn.Query(ctx, fmt.Sprintf(`WITH ran AS
(
    SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, CAST(client, 'String') AS client, CAST(application, 'String') AS application,
        toStartOfHour(event_time) AS slot, fingerprint AS shape
    FROM events WHERE %[1]s GROUP BY cluster, database, role, client, application, slot, shape
)
SELECT DISTINCT cluster, database, role
FROM
(
    SELECT r.cluster AS cluster, r.database AS database, r.role AS role, r.client AS client, r.application AS application, r.slot AS slot,
        arrayMap(x -> x.1, arrayFilter(x -> x.2 < toRelativeDayNum(r.slot), k.since)) AS who
    FROM ran AS r
    LEFT JOIN
    (
        SELECT cluster, database, item, groupArray((role, day)) AS since
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, item,
                bitmapMin(groupBitmapMergeState(role_profile.days)) AS day
            FROM role_profile
            WHERE kind = '%[2]s' AND (cluster, database) IN (SELECT cluster, database FROM ran) AND item IN (SELECT shape FROM ran)
            GROUP BY cluster, database, role, item
        )
        GROUP BY cluster, database, item
    ) AS k ON k.cluster = r.cluster AND k.database = r.database AND k.item = r.shape
)
GROUP BY cluster, database, role, client, application, slot
HAVING sum(multiIf(empty(who), %[3]g, NOT has(who, role), %[4]g, length(who) > 1, %[3]g, 0)) >= %[5]g`, s.worked(), KindShape, w.CapKnown, w.Cap, w.Threshold))
	if err != nil {
		return s, false, fmt.Errorf("look for another role's work: %w", err)
	}
	defer rows.Close()
	var roles []Entity
	for rows.Next() {
		var e Entity
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role); err != nil {
			return s, false, fmt.Errorf("look for another role's work: %w", err)
		}
		roles = append(roles, e)
	}
	if some := listable(roles); some != nil {
		s.Roles = some
	}
	return s, len(roles) > 0, rows.Err()
}
