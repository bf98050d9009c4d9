package baseline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostRoles is up to how many roles of one database are compared with each other.
const mostRoles = 500

// RefreshPeers computes anew which roles of a database are peers: those that the configuration puts into one group, and of
// the others those of which each runs at least [WorkConfig.Alike] of what the other does. It may be repeated.
func (p *Profiles) RefreshPeers(ctx context.Context) error {
	if err := p.conn.Exec(ctx, p.cfg.peersSQL()); err != nil {
		return fmt.Errorf("find peers: %w", err)
	}
	return nil
}

// groupExpr gives the name of the configured group of the role in column; ” if none.
func (c *Config) groupExpr(column string) string {
	if len(c.PeerGroups) == 0 {
		return "''"
	}
	var b strings.Builder
	b.WriteString("multiIf(")
	for _, name := range slices.Sorted(maps.Keys(c.PeerGroups)) {
		fmt.Fprintf(&b, "%s, %s, ", AnyGlob(column, c.PeerGroups[name]), Quote(name))
	}
	b.WriteString("'')")
	return b.String()
}

func (c *Config) peersSQL() string {
	return fmt.Sprintf(`INSERT INTO role_peers (cluster, database, role, peers, configured, updated_at)
WITH of AS
(
    SELECT *, sum(n) OVER (PARTITION BY cluster, database, role) AS total, uniqExact(role) OVER (PARTITION BY cluster, database) AS roles
    FROM
    (
        SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, item, uniqCombined64Merge(14)(counted) AS n
        FROM role_profile WHERE kind = '%[1]s' GROUP BY cluster, database, role, item
    )
),
known AS
(
    SELECT DISTINCT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, %[3]s AS grp
    FROM role_profile WHERE kind = '%[2]s'
)
SELECT k.cluster, k.database, k.role, if(k.grp != '', g.members, arraySort(w.peers)), k.grp != '', now64(6)
FROM known AS k
LEFT JOIN
(
    SELECT cluster, database, role, groupArray(other) AS peers
    FROM
    (
        SELECT x.cluster AS cluster, x.database AS database, x.role AS role, y.role AS other,
            sum(x.n) / any(x.total) AS mine, sum(y.n) / any(y.total) AS theirs
        FROM (SELECT * FROM of WHERE roles <= %[4]d) AS x
        INNER JOIN (SELECT * FROM of WHERE roles <= %[4]d) AS y ON x.cluster = y.cluster AND x.database = y.database AND x.item = y.item
        WHERE x.role != y.role
        GROUP BY cluster, database, role, other
        HAVING least(mine, theirs) >= %[5]f
    )
    GROUP BY cluster, database, role
) AS w ON w.cluster = k.cluster AND w.database = k.database AND w.role = k.role
LEFT JOIN
(
    SELECT cluster, database, grp, role, arraySort(arrayFilter(m -> m != role, groupArray(role) OVER (PARTITION BY cluster, database, grp))) AS members FROM known WHERE grp != ''
) AS g ON g.cluster = k.cluster AND g.database = k.database AND g.role = k.role`, KindShape, KindSeen, c.groupExpr("role"), mostRoles, DefaultWork().Alike)
}
