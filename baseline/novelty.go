package baseline

import (
	"fmt"
	"strings"
)

// NoveltySQL is a query for the things that settled roles did for the first time: items whose first sight, by event time,
// lies at or after the earliest event of their role in the scope, and at which the role's profile was mature. Its columns
// are cluster, database, role, kind, item, first (as in role_profile), known (items of that kind before) and fresh (those of
// the last days, the last hour left out: how unsettled the role is in this) and newcomer (the role is not settled, but was
// first seen when its cluster was; rows that are neither are left out).
//
// The answer depends on what the profile holds, not on when it was asked or in which order the profile was filled.
func (c *Config) NoveltySQL(s Scope, kinds []string) string {
	return fmt.Sprintf(`WITH
    scope AS (%s),
    ents AS
    (
        SELECT cluster, database, role, min(since) AS since
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, since FROM scope
            UNION ALL SELECT cluster, '', role, since FROM scope
            UNION ALL SELECT cluster, '', '', since FROM scope
        )
        GROUP BY cluster, database, role
    ),
    items AS
    (
        SELECT cluster, database, role, kind, item, min(role_profile.first) AS f, f.1 AS t0
        FROM role_profile
        WHERE (cluster, database, role) IN (SELECT cluster, database, role FROM ents) AND kind IN (%s)
        GROUP BY cluster, database, role, kind, item
    ),
    seen AS
    (
        SELECT cluster, database, role, min(role_profile.first).1 AS born, bitmapToArray(groupBitmapMergeState(days)) AS active
        FROM role_profile
        WHERE (cluster, database, role) IN (SELECT cluster, database, role FROM ents) AND kind IN ('seen', 'role', 'database')
        GROUP BY cluster, database, role
    ),
    past AS (SELECT cluster, database, role, kind, groupArray(t0) AS times FROM items GROUP BY cluster, database, role, kind)
SELECT i.cluster AS cluster, i.database AS database, i.role AS role, i.kind AS kind, i.item AS item, i.f AS first,
    arrayCount(t -> t < i.t0, p.times) AS known,
    arrayCount(t -> t < i.t0 - INTERVAL 1 HOUR AND t >= i.t0 - INTERVAL %d DAY, p.times) AS fresh,
    NOT (%s) AS newcomer
FROM items AS i
INNER JOIN ents AS e ON i.cluster = e.cluster AND i.database = e.database AND i.role = e.role
INNER JOIN seen AS s ON i.cluster = s.cluster AND i.database = s.database AND i.role = s.role
INNER JOIN past AS p ON i.cluster = p.cluster AND i.database = p.database AND i.role = p.role AND i.kind = p.kind
LEFT JOIN (SELECT cluster, born, active FROM seen WHERE role = '' AND database = '') AS c ON i.cluster = c.cluster
WHERE i.t0 >= e.since AND (%s OR (i.role != '' AND i.database != '' AND c.born > toDateTime64(0, 6, 'UTC') AND %s))`,
		s.Entities(), Quoted(kinds), c.RecentDays, c.mature("i.t0", "s.born", "s.active"), c.mature("i.t0", "s.born", "s.active"), c.mature("s.born", "c.born", "c.active"))
}

// mature is the predicate that a profile born at born, active on the given days, is settled at the time at.
func (c *Config) mature(at, born, active string) string {
	return fmt.Sprintf("%s >= %s + INTERVAL %d DAY AND arrayCount(d -> d < toRelativeDayNum(%s), %s) >= %d",
		at, born, c.LearningDays, at, active, c.ActiveDays)
}

// BirthsSQL is a query for when each cluster was first seen, as (cluster, born).
func BirthsSQL(clusters []string) string {
	where := ""
	if len(clusters) > 0 {
		where = " AND cluster IN (" + strings.TrimSpace(Quoted(clusters)) + ")"
	}
	return "SELECT cluster, min(role_profile.first).1 AS born FROM role_profile WHERE role = '' AND kind = '" + KindRole + "'" + where + " GROUP BY cluster"
}
