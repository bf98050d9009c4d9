package baseline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what a decision does.
type Verb string

// The decisions.
const (
	// Approve makes an item known: its sights are no news, and a shape teaches though it is suspicious.
	Approve Verb = "approve"
	// Forget makes an item unknown: what was seen before does not count, so that it is news when it comes again.
	Forget Verb = "forget"
)

// Decision is what a person decided about one item of a profile.
type Decision struct {
	At       time.Time `json:"at"`
	Cluster  string    `json:"cluster"`
	Database string    `json:"database"`
	Role     string    `json:"role"`
	Kind     string    `json:"kind"`
	Item     string    `json:"item"`
	Verb     Verb      `json:"decision"`
	Until    time.Time `json:"until"` // of Forget: the full hour before which sights do not count
	Author   string    `json:"author"`
	Reason   string    `json:"reason"`
}

// Kinds lists the kinds of item that every profile holds.
func Kinds() []string {
	return []string{KindRole, KindDatabase, KindClient, KindNetwork, KindApplication, KindShape, KindAccess, KindFunction, KindHour}
}

// place gives database and role as profiles hold them: some kinds are of the cluster, or of a role in all databases.
func (d *Decision) place() (database, role string) {
	switch d.Kind {
	case KindRole:
		return "", ""
	case KindDatabase:
		return "", d.Role
	}
	return d.Database, d.Role
}

// ErrNoItem says that a profile does not hold what is to be forgotten.
var ErrNoItem = errors.New("the profile does not hold this item")

// Decide stores a decision. One that forgets also takes the item out of the profile; what teaches it since Until is to be
// taught again by the caller. It may be repeated, also where a former call ended half-way: the same decision is stored once.
func (p *Profiles) Decide(ctx context.Context, d Decision) error {
	switch {
	case d.Verb != Approve && d.Verb != Forget:
		return fmt.Errorf("decision %q: must be approve or forget", d.Verb)
	case d.Author == "" || d.Reason == "":
		return errors.New("a decision needs an author and a reason")
	case d.Cluster == "" || d.Kind == "" || d.Item == "":
		return errors.New("a decision needs a cluster, a kind and an item")
	}
	if d.Verb == Forget {
		if err := p.forgettable(ctx, d.where()); err != nil {
			return err
		}
	}
	if err := p.storeDecision(ctx, d); err != nil {
		return err
	}
	if d.Verb != Forget {
		return nil
	}
	if err := p.conn.Exec(ctx, "DELETE FROM role_profile WHERE "+d.where()); err != nil {
		return fmt.Errorf("take the item out of the profile: %w", err)
	}
	return nil
}

// where is a predicate over role_profile and baseline_decisions: the item that d is about.
func (d *Decision) where() string {
	database, role := d.place()
	return fmt.Sprintf("cluster = %s AND database = %s AND role = %s AND kind = %s AND item = %s",
		Quote(d.Cluster), Quote(database), Quote(role), Quote(d.Kind), Quote(d.Item))
}

func (p *Profiles) storeDecision(ctx context.Context, d Decision) error {
	database, role := d.place()
	if d.Until.IsZero() {
		d.Until = d.At
	}
	err := p.conn.Exec(ctx, fmt.Sprintf(`INSERT INTO baseline_decisions (at, cluster, database, role, kind, item, decision, until, author, reason)
SELECT %[1]s, %[2]s, toDateTime(%[3]d, 'UTC'), %[4]s
WHERE (SELECT count() FROM baseline_decisions WHERE %[5]s AND at = %[1]s AND decision = %[6]s) = 0`,
		Time(d.At), Quoted([]string{d.Cluster, database, role, d.Kind, d.Item, string(d.Verb)}), d.Until.Truncate(time.Hour).Unix(), Quoted([]string{d.Author, d.Reason}),
		d.where(), Quote(string(d.Verb))))
	if err != nil {
		return fmt.Errorf("store decision: %w", err)
	}
	return nil
}

// forgettable says whether the profile holds the item, or held it before it was forgotten: that may have ended half-way.
func (p *Profiles) forgettable(ctx context.Context, at string) error {
	var engine, last string
	var held uint64
	if err := p.conn.QueryRow(ctx, "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'role_profile'").Scan(&engine); err != nil {
		return fmt.Errorf("look up role_profile: %w", err)
	}
	if engine == "Distributed" {
		return ErrDistributed
	}
	if err := p.conn.QueryRow(ctx, "SELECT count() FROM role_profile WHERE "+at).Scan(&held); err != nil {
		return fmt.Errorf("look up the item: %w", err)
	}
	if err := p.conn.QueryRow(ctx, "SELECT argMax(CAST(decision, 'String'), baseline_decisions.at) FROM baseline_decisions WHERE "+at).Scan(&last); err != nil {
		return fmt.Errorf("look up decisions: %w", err)
	}
	if held == 0 && last != string(Forget) {
		return ErrNoItem
	}
	return nil
}

// Decisions lists what was decided about the roles that the names given select, the oldest first; empty ones select all.
func (p *Profiles) Decisions(ctx context.Context, cluster, database, role string) ([]Decision, error) {
	where := []string{"1"}
	if cluster != "" {
		where = append(where, "cluster = "+Quote(cluster))
	}
	if database != "" {
		where = append(where, fmt.Sprintf("(database = %s OR database = '')", Quote(database)))
	}
	if role != "" {
		where = append(where, fmt.Sprintf("(role = %[1]s OR (kind = '%[2]s' AND item = %[1]s))", Quote(role), KindRole))
	}
	rows, err := p.conn.Query(ctx, "SELECT at, cluster, database, role, kind, item, decision, until, author, reason FROM baseline_decisions WHERE "+strings.Join(where, " AND ")+" ORDER BY at, kind, item")
	if err != nil {
		return nil, fmt.Errorf("read decisions: %w", err)
	}
	defer rows.Close()
	var out []Decision
	for rows.Next() {
		var d Decision
		var verb string
		if err := rows.Scan(&d.At, &d.Cluster, &d.Database, &d.Role, &d.Kind, &d.Item, &verb, &d.Until, &d.Author, &d.Reason); err != nil {
			return nil, fmt.Errorf("read decisions: %w", err)
		}
		d.Verb = Verb(verb)
		out = append(out, d)
	}
	return out, rows.Err()
}

// of says whether d is about an item of that profile.
func (d *Decision) of(p *Profile) bool {
	if d.Cluster != p.Cluster {
		return false
	}
	if d.Kind == KindRole {
		return d.Item == p.Role
	}
	return d.Role == p.Role && (d.Database == p.Database || d.Kind == KindDatabase)
}

// standing gives the latest decision about an item.
func standing(list []Decision, kind, item string) Verb {
	for _, d := range slices.Backward(list) {
		if d.Kind == kind && d.Item == item {
			return d.Verb
		}
	}
	return ""
}

// approvedSQL lists what stands approved, as (cluster, database, role, kind, item).
func approvedSQL() string {
	return "SELECT CAST(cluster, 'String'), CAST(database, 'String'), CAST(role, 'String'), CAST(kind, 'String'), item FROM baseline_decisions" +
		" GROUP BY cluster, database, role, kind, item HAVING argMax(decision, at) = 'approve'"
}

// approvedShapes lists the shapes that stand approved, as (cluster, database, role, item).
func approvedShapes() string {
	return "SELECT CAST(cluster, 'String'), CAST(database, 'String'), CAST(role, 'String'), item FROM baseline_decisions WHERE kind = '" + KindShape +
		"' GROUP BY cluster, database, role, item HAVING argMax(decision, at) = 'approve'"
}

// forgottenSQL lists what was forgotten and up to when, as cluster, database, role, kind, item, until.
func forgottenSQL() string {
	return "SELECT CAST(cluster, 'String') AS cluster, CAST(database, 'String') AS database, CAST(role, 'String') AS role, CAST(kind, 'String') AS kind, item, max(baseline_decisions.until) AS until" +
		" FROM baseline_decisions WHERE decision = 'forget' GROUP BY cluster, database, role, kind, item"
}

// Places lists where the roles that the names select have profiles; empty names select all.
func (p *Profiles) Places(ctx context.Context, cluster, database, role string) ([]Entity, error) {
	rows, err := p.conn.Query(ctx, "SELECT DISTINCT cluster, database, role FROM role_profile WHERE "+chosen(cluster, database, role)+" AND kind = '"+KindSeen+"' ORDER BY cluster, database, role")
	if err != nil {
		return nil, fmt.Errorf("read profiles: %w", err)
	}
	defer rows.Close()
	var out []Entity
	for rows.Next() {
		var e Entity
		if err := rows.Scan(&e.Cluster, &e.Database, &e.Role); err != nil {
			return nil, fmt.Errorf("read profiles: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}
