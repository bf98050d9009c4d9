package detect

import (
	"slices"
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
	u.add(baseline.Scope{From: at, To: at.Add(time.Minute), Batches: []string{"1"}, Roles: []baseline.Entity{a}})
	if !u.due() {
		t.Error("never asked, and not due")
	}
	u.take()
	u.add(baseline.Scope{From: at, To: at.Add(time.Minute), Batches: []string{"2"}, Roles: []baseline.Entity{a}})
	u.add(baseline.Scope{From: at.Add(-time.Hour), To: at, Batches: []string{"3"}, Roles: []baseline.Entity{b, a}})
	if u.due() {
		t.Error("asked just now, and due")
	}
	u.last = time.Now().Add(-askEvery)
	if !u.due() {
		t.Error("asked long ago, and not due")
	}
	s := u.take()
	if !s.From.Equal(at.Add(-time.Hour)) || !s.To.Equal(at.Add(time.Minute)) || len(s.Batches) != 0 || !slices.Equal(s.Roles, []baseline.Entity{a, b}) {
		t.Errorf("asks %+v", s)
	}
	if u.some || u.due() {
		t.Error("taken, and still there")
	}
	u.add(baseline.Scope{From: at, To: at, Roles: []baseline.Entity{a}})
	u.add(baseline.Scope{From: at, To: at}) // too many roles to list
	if s := u.take(); s.Roles != nil {
		t.Errorf("asks %v only, where all were meant", s.Roles)
	}
}
