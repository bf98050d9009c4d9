package statement

import (
	"fmt"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// known learns the limbs of statements.
func known(a *Analyser, engine pipeline.Engine, texts ...string) func(uint64) bool {
	set := map[uint64]bool{}
	for _, sql := range texts {
		for _, l := range a.Statement(engine, sql).Limbs {
			set[l] = true
		}
	}
	return func(l uint64) bool { return set[l] }
}

func TestLimbs(t *testing.T) {
	form := []string{
		"SELECT id, name FROM people WHERE city = 'Rom' AND age > 5 ORDER BY name LIMIT 10",
		"SELECT id, name FROM people WHERE (name LIKE '%a%' OR mail LIKE '%a%') ORDER BY name LIMIT 10",
		"SELECT id, name FROM people WHERE id IN (1, 2) ORDER BY age LIMIT 10",
	}
	tests := []struct {
		name    string
		sql     string
		foreign bool
	}{
		{"the same", "select id, name from people where city='Oslo' and age>7 order by name limit 20", false},
		{"other conditions of the form", "SELECT id, name FROM people WHERE age > 1 ORDER BY age LIMIT 10", false},
		{"all conditions", "SELECT id, name FROM people WHERE id IN (4,5,6,7) AND (mail LIKE '%b%' OR name LIKE '%b%') AND city = 'Ulm' ORDER BY name LIMIT 5", false},
		{"no condition", "SELECT id, name FROM people LIMIT 5", false},
		{"OR added", "SELECT id, name FROM people WHERE city = 'Rom' OR age > 5 ORDER BY name LIMIT 10", true},
		{"OR id > 0", "SELECT id, name FROM people WHERE id IN (1) OR id > 0", true},
		{"tautology", "SELECT id, name FROM people WHERE city = 'Rom' OR 1=1", true},
		{"column added", "SELECT id, password FROM people WHERE age > 5", true},
		{"table added", "SELECT id, name FROM people, accounts WHERE age > 5", true},
		{"arm added", "SELECT id, name FROM people WHERE age > 5 UNION SELECT id, name FROM people", true},
		{"query in place of a value", "SELECT id, name FROM people WHERE age > (SELECT 1)", true},
		{"function on a column", "SELECT id, name FROM people WHERE lower(city) = 'rom'", true},
		{"sort key", "SELECT id, name FROM people ORDER BY city", true},
		{"other verb", "DELETE FROM people WHERE age > 5", true},
	}
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		is := known(a, engine, form...)
		for _, tt := range tests {
			if n := a.Statement(engine, tt.sql).Foreign(is); (n > 0) != tt.foreign {
				t.Errorf("%s: %s: %d foreign limbs", engine, tt.name, n)
			}
		}
	}
}

// A prepared statement has the limbs of the one with its values.
func TestLimbsOfParameters(t *testing.T) {
	a := New(Config{}, Options{})
	is := known(a, pipeline.PostgreSQL, "SELECT a FROM t WHERE b = 5 AND c IN ('x', 'y') LIMIT 3")
	if n := a.Statement(pipeline.PostgreSQL, "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3, $4) LIMIT $5").Foreign(is); n != 0 {
		t.Errorf("%d foreign limbs", n)
	}
}

// However long a text is, its limbs are bounded, and what is beyond the bound still counts.
func TestLimbsAreBounded(t *testing.T) {
	var terms []string
	for i := range 500 {
		terms = append(terms, fmt.Sprintf("c%d = 1", i))
	}
	long := "SELECT a FROM t WHERE " + strings.Join(terms, " AND ")
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		st := a.Statement(engine, long)
		if len(st.Limbs) != pipeline.MaxLimbs {
			t.Errorf("%s: %d limbs", engine, len(st.Limbs))
		}
		is := known(a, engine, long)
		if n := a.Statement(engine, long+" AND z = 2").Foreign(is); n != 1 {
			t.Errorf("%s: %d foreign limbs of a text with one more term", engine, n)
		}
		deep := "SELECT a FROM t WHERE b = " + strings.Repeat("(SELECT a FROM t WHERE b = ", 150) + "1" + strings.Repeat(")", 150)
		if n := len(a.Statement(engine, deep).Limbs); n == 0 || n > pipeline.MaxLimbs {
			t.Errorf("%s: %d limbs of a deep text", engine, n)
		}
	}
}

// Stored limbs must stay comparable: this changes only together with a migration that empties them.
func TestLimbsStayTheSame(t *testing.T) {
	a := New(Config{}, Options{})
	got := fmt.Sprintf("%x", a.Statement(pipeline.PostgreSQL, "SELECT a, count(*) FROM s.t x JOIN u ON u.id = x.id WHERE b = 1 AND (c > 2 OR d IS NULL)").Limbs)
	const want = "[8e697baafd3df04a 5b72ccbe0d315d5d 597d829d71b29e2a 9ec25e1f3252ca76 22414183ba5ab58d 788182a2f6bbf14c " +
		"36f36cd4eec6b5a8 b79d72720d791057 266544c75d4a737c]"
	if got != want {
		t.Errorf("limbs are %s, want %s", got, want)
	}
}

// Every hand-made attack on a statement of an application has a limb that the application's own statements do not have.
func TestAttacksHaveForeignLimbs(t *testing.T) {
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		var own []string
		for name, texts := range placesOf(t, engine) {
			for _, text := range texts {
				if name != "whole" {
					own = append(own, strings.Replace(text, "{}", pick(strings.Contains(text, "ORDER BY {}"), "id", "7"), 1))
				}
			}
		}
		is := known(a, engine, own...)
		n, without := 0, 0
		for _, sql := range attacks(t, engine) {
			st := a.Statement(engine, sql)
			if st.HasSignal("comment_truncation") || st.HasSignal("literal_payload") {
				continue // something is missing, or stayed where it was put
			}
			n++
			if st.Foreign(is) == 0 {
				without++
				t.Logf("no foreign limb: %s", sql)
			}
		}
		if n < 400 || without > n/200 {
			t.Errorf("%s: %d of %d attacks have no foreign limb", engine, without, n)
		}
	}
}
