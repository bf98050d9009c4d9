package baseline

import (
	"context"
	"fmt"
	"strings"
)

// Pool is a client from which a role has many sessions at once: a connection pool, in a program or between programs and the
// database, where the address says nothing of who acts.
type Pool struct {
	Client       string   `json:"client"`
	Sessions     uint64   `json:"sessions"` // of the last day
	AtOnce       uint64   `json:"at_once"`  // most of them that were active together
	Applications []string `json:"applications"`
}

const (
	poolLeast = 5 // sessions at once
	mostPools = 5
	poolNames = 20 // applications listed
)

// pools finds the role's pools in its last day, the largest first. Process ids are used again, so that a session is what has
// one id within an hour.
func (p *Profiles) pools(ctx context.Context, of *Profile) ([]Pool, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT client, sessions, toUInt64(at_once), names
FROM
(
    SELECT client, uniqExact(session_id) AS sessions, arraySlice(arraySort(groupUniqArrayArray(applications)), 1, %[5]d) AS names,
        arrayMax(arrayCumSum(x -> x.2, arraySort(groupArrayArray([(begun, 1), (ended + INTERVAL 1 MICROSECOND, -1)])))) AS at_once
    FROM
    (
        SELECT client, session_id, groupUniqArrayIf(CAST(application, 'String'), application != '') AS applications, min(event_time) AS begun, max(event_time) AS ended
        FROM events FINAL
        WHERE cluster = %[1]s AND database = %[2]s AND role = %[3]s AND session_id != '' AND client != '' AND NOT repeat AND event_time >= %[4]s - INTERVAL 1 DAY AND event_time <= %[4]s
        GROUP BY client, session_id, toStartOfHour(event_time)
    )
    GROUP BY client
)
WHERE at_once >= %[6]d ORDER BY at_once DESC, client LIMIT %[7]d`,
		Quote(of.Cluster), Quote(of.Database), Quote(of.Role), Time(of.Last), poolNames, poolLeast, mostPools))
	if err != nil {
		return nil, fmt.Errorf("read pools: %w", err)
	}
	defer rows.Close()
	var out []Pool
	for rows.Next() {
		var pool Pool
		if err := rows.Scan(&pool.Client, &pool.Sessions, &pool.AtOnce, &pool.Applications); err != nil {
			return nil, fmt.Errorf("read pools: %w", err)
		}
		out = append(out, pool)
	}
	return out, rows.Err()
}

// String describes the pool for a person.
func (p Pool) String() string {
	s := fmt.Sprintf("%s: up to %d sessions at once", p.Client, p.AtOnce)
	switch n := len(p.Applications); {
	case n > 1:
		s += fmt.Sprintf(", of %d programs (%s): see shared_roles", n, strings.Join(p.Applications, ", "))
	case n == 1:
		s += ", of " + p.Applications[0]
	}
	return s
}
