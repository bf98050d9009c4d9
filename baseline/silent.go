package baseline

import (
	"context"
	"fmt"
	"time"
)

// When a role that does nothing is silent.
const (
	silentLeast   = time.Hour     // no shorter rest is a silence
	silentBuckets = 12            // buckets in which it was active in the same time of each week before
	silentWeeks   = 4             // weeks that are looked at, as far as the role was known
	silentKnown   = 2             // of which there must be so many
	silentAlive   = 2 * time.Hour // a cluster of which nothing came for so long is not asked about its roles
	silentRest    = 29 * 24 * time.Hour
)

// Silence is a role that does nothing at a time at which it always did something.
type Silence struct {
	Entity
	Last  time.Time // end of its last bucket with activity
	Until time.Time // end of its cluster's last
	Least int       // of the weeks before, the fewest buckets of five minutes in which it was active in the same time
	Weeks int       // so many weeks were looked at
}

// Silent lists the roles that are silent while their clusters are not: for at least an hour, in which, in each of the last four weeks (as
// far as they are known, but two), they were active in an hour's worth of buckets. It goes by event time. Where more roles of a cluster are
// silent than active, it is a holiday or the source, and none is listed.
func (p *Profiles) Silent(ctx context.Context, now time.Time) ([]Silence, error) {
	resting, active, err := p.resting(ctx, now)
	if err != nil || len(resting) == 0 {
		return nil, err
	}
	roles := make([]Entity, len(resting))
	for i := range resting {
		roles[i] = resting[i].Entity
	}
	births, err := p.Births(ctx, roles)
	if err != nil {
		return nil, err
	}
	past, err := p.History(ctx, roles, FiveMinutes, now.Add(-silentRest-silentAlive))
	if err != nil {
		return nil, err
	}
	var found []Silence
	silent := map[string]int{}
	for _, s := range resting {
		if h := past[s.Entity]; h != nil && s.usuallyActive(h, births[s.Entity]) {
			found = append(found, s)
			silent[s.Cluster]++
		}
	}
	var out []Silence
	for _, s := range found {
		if silent[s.Cluster] <= active[s.Cluster] {
			out = append(out, s)
		}
	}
	return out, nil
}

// resting lists the roles that have done nothing for a while, and how many of each cluster have.
func (p *Profiles) resting(ctx context.Context, now time.Time) (list []Silence, active map[string]int, err error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT cluster, database, role, max(bucket) + INTERVAL 5 MINUTE AS ended, max(ended) OVER (PARTITION BY cluster) AS newest
FROM role_volume WHERE bucket >= toDateTime(%[1]s) AND bucket <= toDateTime(%[2]s) AND role_volume.events > 0
GROUP BY cluster, database, role
QUALIFY newest >= toDateTime(%[3]s)`, Time(now.Add(-silentRest)), Time(now.Add(silentAlive)), Time(now.Add(-silentAlive))))
	if err != nil {
		return nil, nil, fmt.Errorf("read when roles were active: %w", err)
	}
	defer rows.Close()
	active = map[string]int{}
	for rows.Next() {
		var s Silence
		if err := rows.Scan(&s.Cluster, &s.Database, &s.Role, &s.Last, &s.Until); err != nil {
			return nil, nil, fmt.Errorf("read when roles were active: %w", err)
		}
		switch rest := s.Until.Sub(s.Last); {
		case rest >= silentLeast:
			list = append(list, s)
		case rest < silentLeast/2:
			active[s.Cluster]++
		}
	}
	return list, active, rows.Err()
}

// usuallyActive says whether in the same time of each known week before the role was active, and notes how much.
func (s *Silence) usuallyActive(h *History, born time.Time) bool {
	for week := 1; week <= silentWeeks; week++ {
		from, until := s.Last.AddDate(0, 0, -7*week), s.Until.AddDate(0, 0, -7*week)
		if born.IsZero() || from.Before(born) {
			break
		}
		n := h.from(bucket(until, FiveMinutes)) - h.from(bucket(from, FiveMinutes))
		if week == 1 || n < s.Least {
			s.Least = n
		}
		s.Weeks = week
	}
	return s.Weeks >= silentKnown && s.Least >= silentBuckets
}
