package baseline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Scope is the part of events that one pass works on: some batches of the ledger, or a range of event time.
type Scope struct {
	Batches  []string  // batch ids; empty for all events of the range
	From, To time.Time // event time, both inclusive
	Cluster  string    // empty for all
	Role     string    // empty for all
	Shape    string    // fingerprint; empty for all
	// Roles are the scope's roles, where they are known: it spares queries the question.
	Roles []Entity
}

// Entity is a role of a database.
type Entity struct{ Cluster, Database, Role string }

// maxRoles is up to how many roles are listed in queries: somebody may make up a name for each failed login.
const (
	maxRoles     = 2000
	maxRoleBytes = 64 << 10 // of all names together
)

// Resolve fills in Roles, unless there are too many of them.
func (s *Scope) Resolve(ctx context.Context, conn driver.Conn) error {
	s.Roles = nil
	rows, err := conn.Query(ctx, fmt.Sprintf("SELECT cluster, database, role FROM events WHERE %s GROUP BY cluster, database, role LIMIT %d", s.Where(), maxRoles+1))
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	defer rows.Close()
	var list []Entity
	for rows.Next() {
		var e Entity
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role); err != nil {
			return fmt.Errorf("read roles: %w", err)
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	s.Roles = listable(list)
	return nil
}

// listable gives the roles if a query may list them, and none otherwise.
func listable(roles []Entity) []Entity {
	size := 0
	for _, e := range roles {
		size += len(e.Cluster) + len(e.Database) + len(e.Role)
	}
	if len(roles) > maxRoles || size > maxRoleBytes {
		return nil
	}
	return roles
}

// Widen gives a scope that holds the time and the roles of both, of all batches.
func (s Scope) Widen(by Scope) Scope {
	both := Scope{From: s.From, To: s.To}
	if by.From.Before(s.From) {
		both.From = by.From
	}
	if by.To.After(s.To) {
		both.To = by.To
	}
	if len(s.Roles) == 0 || len(by.Roles) == 0 { // too many to list
		return both
	}
	seen := map[Entity]bool{}
	var roles []Entity
	for _, e := range slices.Concat(s.Roles, by.Roles) {
		if !seen[e] {
			seen[e] = true
			roles = append(roles, e)
		}
	}
	both.Roles = listable(roles)
	return both
}

// Where is the scope as a predicate over events.
func (s Scope) Where() string {
	var parts []string
	if !s.From.IsZero() {
		parts = append(parts, "event_time >= "+Time(s.From))
	}
	if !s.To.IsZero() {
		parts = append(parts, "event_time <= "+Time(s.To))
	}
	if len(s.Batches) > 0 {
		parts = append(parts, "batch_id IN ("+Quoted(s.Batches)+")")
	}
	if s.Cluster != "" {
		parts = append(parts, "cluster = "+Quote(s.Cluster))
	}
	if s.Role != "" {
		parts = append(parts, "role = "+Quote(s.Role))
	}
	if s.Shape != "" {
		parts = append(parts, "fingerprint = "+Quote(s.Shape))
	}
	if len(parts) == 0 {
		return "1"
	}
	return strings.Join(parts, " AND ")
}

// Ranges cuts the scope into consecutive ranges of event time with at most so many events each, where an hour has no more. What
// lies between two of them holds no events.
func (s Scope) Ranges(ctx context.Context, conn driver.Conn, most int) ([]Scope, error) {
	rows, err := conn.Query(ctx, "SELECT toStartOfHour(event_time) AS hour, min(event_time), max(event_time), count() FROM events WHERE "+s.Where()+" GROUP BY hour ORDER BY hour")
	if err != nil {
		return nil, fmt.Errorf("read the extent of events: %w", err)
	}
	defer rows.Close()
	var out []Scope
	var total uint64
	for rows.Next() {
		var hour, first, last time.Time
		var n uint64
		if err := rows.Scan(&hour, &first, &last, &n); err != nil {
			return nil, fmt.Errorf("read the extent of events: %w", err)
		}
		if len(out) == 0 || total+n > uint64(most) {
			part := s
			part.From = first
			out, total = append(out, part), 0
		}
		out[len(out)-1].To = last
		total += n
	}
	return out, rows.Err()
}

// ofRoles is a predicate over (cluster, role) columns for the scope's roles and, if wanted, for the rows
// that describe their clusters as a whole (role is empty).
func (s Scope) ofRoles(clusters bool) string {
	if len(s.Roles) == 0 {
		of := "SELECT CAST(cluster, 'String'), CAST(role, 'String') FROM events WHERE " + s.Where()
		if clusters {
			of += " UNION ALL SELECT CAST(cluster, 'String'), '' FROM events WHERE " + s.Where()
		}
		return "(cluster, role) IN (" + of + ")"
	}
	seen := map[[2]string]bool{}
	var pairs []string
	add := func(cluster, role string) {
		if k := [2]string{cluster, role}; !seen[k] {
			seen[k] = true
			pairs = append(pairs, "("+Quoted(k[:])+")")
		}
	}
	for _, e := range s.Roles {
		add(e.Cluster, e.Role)
		if clusters {
			add(e.Cluster, "")
		}
	}
	return "(cluster, role) IN (" + strings.Join(pairs, ", ") + ")"
}

// OfRoles is a predicate over columns cluster and role: those of the scope's roles.
func (s Scope) OfRoles() string { return s.ofRoles(false) }

// begin is the scope's earliest event time, as an expression.
func (s Scope) begin() string {
	if s.From.IsZero() {
		return "toDateTime64(0, 6, 'UTC')"
	}
	return Time(s.From)
}

// Quote writes text as a ClickHouse string literal.
func Quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(text) + "'"
}

// Quoted writes texts as a list of literals.
func Quoted(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = Quote(t)
	}
	return strings.Join(out, ", ")
}

// Time writes t as a literal of DateTime64(6).
func Time(t time.Time) string {
	return fmt.Sprintf("toDateTime64('%s', 6, 'UTC')", t.UTC().Format("2006-01-02 15:04:05.000000"))
}
