package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// The hand-made attacks are found and the hand-made benign statements are left alone.
func TestHandMade(t *testing.T) {
	sets, err := handMade("testdata")
	if err != nil {
		t.Fatal(err)
	}
	a := statement.New(statement.Config{}, statement.Options{})
	for _, s := range sets {
		var recall rate
		for _, r := range s.rows {
			st := a.Statement(r.engine(), r.SQL)
			flagged := st != nil && st.Suspicious
			switch {
			case r.attack():
				recall.add(flagged)
				if !flagged {
					t.Logf("%s: missed %s", s.name, r.SQL)
				}
			case flagged:
				t.Errorf("%s: %s is benign, but %v", s.name, r.SQL, st.Signals)
			}
		}
		if recall.percent() < 95 || recall.n < 400 {
			t.Errorf("%s: %.1f %% of %d attacks found", s.name, recall.percent(), recall.n)
		}
	}
}

func TestRanking(t *testing.T) {
	rows := []row{{Label: "attack"}, {Label: "attack"}, {Label: "benign"}, {Label: "attack"}, {Label: "benign"}}
	area, recall := newRanking(rows, []float64{0.9, 0.8, 0.7, 0.6, 0.1}).measure(nil, 0)
	if want := 1.0/3 + 1.0/3 + 1.0/3*0.75; area < want-1e-9 || area > want+1e-9 {
		t.Errorf("area %v, want %v", area, want)
	}
	if recall < 66.6 || recall > 66.7 {
		t.Errorf("recall %v", recall)
	}
}

func TestInterval(t *testing.T) {
	var rows []row
	var flagged []bool
	for i := range 200 {
		rows = append(rows, row{Label: "attack", Campaign: string(rune('a' + i%20))})
		flagged = append(flagged, i%20 < 10)
	}
	low, high := interval(rows, flagged)
	if low < 20 || low > 40 || high < 60 || high > 80 {
		t.Errorf("interval %.1f–%.1f of half of 20 campaigns", low, high)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	data := `{"dialect":"mysql","label":"benign","sql":"SELECT 1 FROM t WHERE a = 1"}
{"dialect":"mysql","label":"attack","sql":"SELECT 1 FROM t WHERE a = 1","campaign":"c"}
{"dialect":"mysql","label":"attack","sql":"SELECT 1 FROM t WHERE a = 1 OR 5=5","campaign":"c","technique":"boolean"}
{"dialect":"mysql","label":"benign","sql":"SELECT 2 FROM t WHERE a = 1"}
`
	doc := filepath.Join(dir, "doc.md")
	for path, text := range map[string]string{filepath.Join(dir, "x.jsonl"): data, doc: "before\n" + beginMark + "old\n" + endMark + "after\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run("testdata", dir, doc); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if !strings.HasPrefix(text, "before\n"+beginMark) || !strings.HasSuffix(text, endMark+"after\n") || strings.Contains(text, "old") {
		t.Errorf("marks are lost:\n%s", text)
	}
	for _, want := range []string{"### x\n", "### hand-made, mysql", "1 attacks", "boolean 100.0 % of 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the report", want)
		}
	}
	if err := run("testdata", t.TempDir(), ""); err == nil || !strings.Contains(err.Error(), "no *.jsonl") {
		t.Errorf("%v", err)
	}
}

func TestOneClass(t *testing.T) {
	var learned []row
	for i := range 400 {
		learned = append(learned, row{SQL: fmt.Sprintf("SELECT name, price FROM products WHERE id = %d AND shop = %d", i*37%1000, i%9)})
	}
	m := newOneClass(learned)
	sum := 0.0
	for _, a := range m.alpha {
		sum += a
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("weights sum to %v", sum)
	}
	if s := m.score(learned[7]); s >= m.threshold {
		t.Errorf("a learned statement has %v, the threshold is %v", s, m.threshold)
	}
	strange := row{SQL: "SELECT name FROM products WHERE id = 1 UNION SELECT CONCAT(CHAR(58),(SELECT pw FROM users)),NULL,NULL-- x"}
	if s := m.score(strange); s < m.threshold {
		t.Errorf("a strange statement has %v, the threshold is %v", s, m.threshold)
	}
}

func TestProfile(t *testing.T) {
	rows := []row{
		{SQL: "SELECT a FROM t WHERE b = 1 AND c = 2"}, {SQL: "SELECT a FROM t WHERE c = 2"}, {SQL: "SELECT a FROM t WHERE b = 1 OR 7=7", Label: "attack"},
	}
	understand(rows)
	p := learn(rows[:1])
	if !p.known(rows[0]) || p.known(rows[1]) || p.foreign(rows[1]) != 0 || p.foreign(rows[2]) == 0 {
		t.Errorf("known %v %v, foreign %d %d", p.known(rows[0]), p.known(rows[1]), p.foreign(rows[1]), p.foreign(rows[2]))
	}
	if a, b := p.score(rows[1]), p.score(rows[2]); a >= 0.1 || b <= own(rows[2]) {
		t.Errorf("scores %v and %v", a, b)
	}
}

func TestFirstAlerts(t *testing.T) {
	rows := []row{
		{Label: "attack", Campaign: "a"}, {Label: "benign"}, {Label: "attack", Campaign: "a", SQLState: "42601"}, {Label: "attack", Campaign: "a", SQLState: "42601"},
		{Label: "attack", Campaign: "b"}, {Label: "attack", Campaign: "c", SQLState: "22P02"},
	}
	firsts, total := firstAlerts(rows, func(r row) bool { return probing[r.SQLState] })
	if total != 3 || !slices.Equal(firsts, []int{1, 2}) {
		t.Errorf("%v of %d", firsts, total)
	}
}

// No tested shape is among the learned ones, and no benign row is lost.
func TestUnseen(t *testing.T) {
	var rows []row
	for i := range 100 {
		rows = append(rows, row{SQL: fmt.Sprintf("SELECT c%d FROM t", i%20), Label: "benign"})
	}
	understand(rows)
	learned, test := unseen(rows)
	p := learn(learned)
	for _, r := range test {
		if p.known(r) {
			t.Errorf("%s was learned", r.SQL)
		}
	}
	if len(learned) == 0 || len(test) == 0 || len(learned)+len(test) != 100 {
		t.Errorf("%d and %d rows", len(learned), len(test))
	}
}
