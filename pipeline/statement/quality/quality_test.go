package main

import (
	"os"
	"path/filepath"
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
	area, recall := ranking(rows, []float64{0.9, 0.8, 0.7, 0.6, 0.1}, 0)
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
