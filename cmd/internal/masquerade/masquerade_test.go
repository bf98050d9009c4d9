package main

import (
	"slices"
	"testing"

	"github.com/auditwarden/auditwarden/baseline"
)

// TestGoal holds the detector to at most 1 % false alarms and 10 % misses on windows of a simulated shop that nothing was
// chosen on, and the others to being measured at all.
func TestGoal(t *testing.T) {
	s := simulated(11)
	units := s.units(window)
	if len(units) < 1000 {
		t.Fatalf("%d windows: the workload is too small to say anything", len(units))
	}
	r := s.measure(ours{baseline.NewWork(baseline.DefaultWork())}, units, true)
	if 100*r.flagged > r.own {
		t.Errorf("%d of %d windows called odd are not, more than 1 %%", r.flagged, r.own)
	}
	if 10*r.missed > r.renamed {
		t.Errorf("%d of %d renamed windows missed, more than 10 %%", r.missed, r.renamed)
	}
	templates := s.measure(newKnown(func(d *deed) []string { return []string{d.work.Shape} }), units, false)
	if templates.flagged == 0 || templates.missed == 0 {
		t.Errorf("templates make no mistake (%+v): the workload is too easy to compare by", templates)
	}
}

func TestSimulateRepeats(t *testing.T) {
	a, b := simulated(3), simulated(3)
	if len(a.test) != len(b.test) {
		t.Fatalf("%d and %d statements from one seed", len(a.test), len(b.test))
	}
	for i := range a.test {
		if a.test[i].line != b.test[i].line {
			t.Fatalf("statement %d differs: %+v and %+v", i, a.test[i].line, b.test[i].line)
		}
	}
}

func TestQuiplet(t *testing.T) {
	q := parse("SELECT e.name, d.city FROM employees e JOIN departments d ON e.dep = d.id WHERE e.salary > 5 AND d.city = 'x'")
	for fine, want := range map[byte][]string{
		'c': {"cmd=select", "proj=2", "rel=2", "sel=4"},
		'm': {"cmd=select", "proj departments=1", "proj employees=1", "rel=departments", "rel=employees", "sel departments=2", "sel employees=2"},
		'f': {
			"cmd=select", "proj=departments.city", "proj=employees.name", "rel=departments", "rel=employees", "sel=departments.city", "sel=departments.id",
			"sel=employees.dep", "sel=employees.salary",
		},
	} {
		if got := q.features(fine); !slices.Equal(got, want) {
			t.Errorf("%c-quiplet has features %q, want %q", fine, got, want)
		}
	}
	if q := parse("gibberish ("); q.command != "gibberish" || len(q.relations) > 0 {
		t.Errorf("a text that does not parse gives %+v", q)
	}
}
