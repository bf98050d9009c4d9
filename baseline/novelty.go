package baseline

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// NoveltySQL is a query for the things that settled roles did for the first time: items whose first sight, by event time,
// lies at or after the earliest event of their role in the scope, and at which the role's profile was mature. Its columns
// are cluster, database, role, kind, item, first (as in role_profile), known (items of that kind before) and fresh (those of
// the role's last RecentDays days with activity, the last hour left out: how unsettled the role is in this) and newcomer (the role is not settled, but was
// first seen when its cluster was; rows that are neither are left out), peers (how many roles do the same work), peers_know (how
// many of them did this before) and weight (0…1: how rare it is among peers, times how settled the profile is: after d days
// with activity d / (d + 1)). What was approved is left out.
//
// The answer depends on what the profile holds, not on when it was asked or in which order the profile was filled.
func (c *Config) NoveltySQL(s Scope, kinds []string) string {
	return fmt.Sprintf(`SELECT q.cluster AS cluster, q.database AS database, q.role AS role, q.kind AS kind, q.item AS item, q.first AS first, q.known AS known, q.unsettled_since AS unsettled_since, q.fresh AS fresh, q.newcomer AS newcomer,
    length(pe.peers) AS peers, arrayCount(x -> x.2 < q.first.1 AND has(pe.peers, x.1), w.who) AS peers_know,
    if(peers = 0, 1, 1 - peers_know / peers) * q.settled AS weight
FROM
(
SELECT cluster, database, role, kind, c.1 AS item, c.2 AS first,
    arrayCount(t -> t < c.2.1, times) AS known,
    arrayReverseSort(arrayFilter(d -> d < toRelativeDayNum(c.2.1), active))[%[3]d] AS unsettled_since,
    arrayCount(t -> t < c.2.1 - INTERVAL 1 HOUR AND toRelativeDayNum(t) >= unsettled_since, times) AS fresh,
    NOT (%[4]s) AS newcomer,
    (arrayCount(d -> d < toRelativeDayNum(c.2.1), active) AS before) / (before + 1) AS settled
FROM
(
    SELECT p.cluster AS cluster, p.database AS database, p.role AS role, p.kind AS kind, s.born AS born, s.active AS active, s.old AS old, s.worked AS worked,
        p.times AS times, arrayJoin(arrayFilter(x -> x.2.1 >= %[1]s AND x.2.1 >= least(s.born, s.old) + INTERVAL %[5]d DAY, p.items)) AS c
    FROM
    (
        SELECT cluster, database, role, kind, groupArray((item, f)) AS items, groupArray(f.1) AS times
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, CAST(kind, 'String') AS kind, item, min(role_profile.first) AS f
            FROM role_profile
            WHERE %[7]s AND kind IN (%[2]s)
            GROUP BY cluster, database, role, kind, item
        )
        GROUP BY cluster, database, role, kind
    ) AS p
    INNER JOIN
    (
        SELECT *, minIf(born, role = '' AND database = '') OVER (PARTITION BY cluster) AS old, maxIf(active, role = '' AND database = '') OVER (PARTITION BY cluster) AS worked
        FROM
        (
            SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role,
                min(role_profile.first).1 AS born, bitmapToArray(groupBitmapMergeState(days)) AS active
            FROM role_profile
            WHERE %[7]s AND kind IN ('seen', 'role', 'database')
            GROUP BY cluster, database, role
        )
    ) AS s ON p.cluster = s.cluster AND p.database = s.database AND p.role = s.role
)
WHERE (%[4]s OR (role != '' AND database != '' AND %[6]s)) AND (cluster, database, role, kind, c.1) NOT IN (%[8]s)
) AS q
LEFT JOIN (%[9]s) AS pe ON pe.cluster = q.cluster AND pe.database = q.database AND pe.role = q.role
LEFT JOIN
(
    SELECT cluster, database, kind, item, groupArray((role, f)) AS who
    FROM
    (
        SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(kind, 'String') AS kind, CAST(role, 'String') AS role, item, min(role_profile.first).1 AS f
        FROM role_profile WHERE (cluster, database, role) IN (SELECT cluster, database, arrayJoin(peers) FROM (%[9]s)) AND kind IN (%[2]s)
        GROUP BY cluster, database, kind, role, item
    )
    GROUP BY cluster, database, kind, item
) AS w ON w.cluster = q.cluster AND w.database = q.database AND w.kind = q.kind AND w.item = q.item`,
		s.begin(), Quoted(kinds), c.RecentDays, c.mature("c.2.1", "born", "active"), c.LearningDays, c.mature("born", "old", "worked"), s.ofRoles(true),
		approvedSQL(), "SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, peers FROM role_peers FINAL WHERE "+s.ofRoles(false))
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

// SightsSQL is a cheap query for the kinds of which roles of the scope have items first seen at or after its beginning, when
// their cluster had been known for LearningDays: where there are none, [Config.NoveltySQL] has no answers. births says
// when each cluster was first seen.
func (c *Config) SightsSQL(s Scope, kinds []string, births map[string]time.Time) string {
	var old []string
	for cluster, born := range births {
		// Not cut off at the scope's end: late events of the learning days may be what makes later sights new.
		old = append(old, fmt.Sprintf("(cluster = %s AND t0 >= %s)", Quote(cluster), Time(born.Add(c.Learning()))))
	}
	if len(old) == 0 {
		return ""
	}
	slices.Sort(old)
	return fmt.Sprintf(`SELECT DISTINCT kind FROM
(
    SELECT cluster, CAST(kind, 'String') AS kind, min(role_profile.first.1) AS t0 FROM role_profile WHERE %s AND kind IN (%s)
    GROUP BY cluster, role, database, kind, item HAVING t0 >= %s
)
WHERE %s`, s.ofRoles(true), Quoted(kinds), s.begin(), strings.Join(old, " OR "))
}
