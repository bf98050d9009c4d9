package detect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// TestUnasked: what is put off is asked as one, from its earliest to its latest, for all the roles in it.
func TestUnasked(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a, b := baseline.Entity{Cluster: "c", Database: "d", Role: "a"}, baseline.Entity{Cluster: "c", Database: "d", Role: "b"}
	var u unasked
	if u.due() {
		t.Error("nothing to ask, and due")
	}
	u.add(baseline.Scope{From: at, To: at.Add(time.Minute), Batches: []string{"1"}, Roles: []baseline.Entity{a}}, at.AddDate(0, 0, 1))
	if !u.due() {
		t.Error("never asked, and not due")
	}
	u.done()
	u.add(baseline.Scope{From: at, To: at.Add(time.Minute), Batches: []string{"2"}, Roles: []baseline.Entity{a}}, at.AddDate(0, 0, 1))
	u.add(baseline.Scope{From: at.Add(-time.Hour), To: at, Batches: []string{"3"}, Roles: []baseline.Entity{b, a}}, at.AddDate(0, 0, 1))
	if u.due() {
		t.Error("asked just now, and due")
	}
	u.last = time.Now().Add(-askEvery)
	if !u.due() {
		t.Error("asked long ago, and not due")
	}
	s := u.scope
	u.done()
	if !s.From.Equal(at.Add(-time.Hour)) || !s.To.Equal(at.Add(time.Minute)) || len(s.Batches) != 0 || !slices.Equal(s.Roles, []baseline.Entity{a, b}) {
		t.Errorf("asks %+v", s)
	}
	if u.some || u.due() {
		t.Error("taken, and still there")
	}
	u.add(baseline.Scope{From: at, To: at, Roles: []baseline.Entity{a}}, at.AddDate(0, 0, 1))
	u.add(baseline.Scope{From: at, To: at}, at.AddDate(0, 0, 1)) // too many roles to list
	if s := u.scope; s.Roles != nil {
		t.Errorf("asks %v only, where all were meant", s.Roles)
	}
	u.done()
	u.add(baseline.Scope{From: at.AddDate(-30, 0, 0), To: at.AddDate(50, 0, 0)}, at)
	if s := u.scope; s.To.Sub(s.From) > longestUnasked || !s.To.Equal(at.Add(24*time.Hour)) {
		t.Errorf("asks about %v to %v, for lines with odd dates", s.From, s.To)
	}
}

// TestPlaceholdersInNames: a role may be called as the placeholders are.
func TestPlaceholdersInNames(t *testing.T) {
	d := &Detector{hits: "detect_hits", cfg: Default()}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var roles []baseline.Entity
	for _, name := range []string{"{scope}", "{from}", "{hits}", "{masquerade}", "{batches}", "{novelty:shape}"} {
		roles = append(roles, baseline.Entity{Cluster: "c", Database: "d", Role: name})
	}
	s := baseline.Scope{From: at, To: at, Batches: []string{"b"}, Roles: roles}
	got := d.fillQuery("SELECT {masquerade}, ({novelty:shape}), {hits} WHERE {scope}", s)
	for _, r := range roles {
		if !strings.Contains(got, baseline.Quote(r.Role)) {
			t.Errorf("role %s is not asked about as it is called:\n%s", r.Role, got)
		}
	}
	if !strings.HasSuffix(got, ", detect_hits WHERE "+s.Where()) {
		t.Errorf("got %s", got)
	}
}
