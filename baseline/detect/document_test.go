package detect_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/baseline/detect"
)

var update = flag.Bool("update", false, "write docs/detections.md")

// TestDocument keeps docs/detections.md what the rules say.
func TestDocument(t *testing.T) {
	const path = "../../docs/detections.md"
	want := detect.Document(detect.Rules())
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the rules say: run go test ./baseline/detect -run TestDocument -update", path)
	}
}

// TestCatalogue holds the rules to the catalogue of detections: every row of it has a rule, but for those that need what we
// do not have.
func TestCatalogue(t *testing.T) {
	have := map[string][]string{}
	for _, r := range detect.Rules() {
		for _, d := range r.Catalogue {
			have[d] = append(have[d], r.ID)
		}
	}
	rows := detect.Catalogue()
	if len(rows) != 70 {
		t.Fatalf("%d rows, want 70", len(rows))
	}
	for i, row := range rows {
		if row.ID != fmt.Sprintf("D%d", i+1) || (len(have[row.ID]) > 0) == (row.Without != "") {
			t.Errorf("row %d: %s has rules %v, and is declared to be without: %q", i+1, row.ID, have[row.ID], row.Without)
		}
		delete(have, row.ID)
	}
	for d, ids := range have {
		t.Errorf("%v name a row %s that is not there", ids, d)
	}
}

// TestRulesAreComplete wants every rule to say all that a person needs.
func TestRulesAreComplete(t *testing.T) {
	for _, r := range detect.Rules() {
		for what, text := range map[string]string{"what": r.What, "why": r.Why, "false_positives": r.False, "because": r.Because, "does": r.Does} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", r.ID, what)
			}
		}
		if len(r.Response) == 0 || len(r.Attack) == 0 || len(r.Controls) == 0 || len(r.Catalogue) == 0 {
			t.Errorf("%s: response, attack, controls and catalogue must be given", r.ID)
		}
		fires, quiet := 0, 0
		for _, c := range r.Tests {
			if c.Fires {
				fires++
			} else {
				quiet++
			}
		}
		if r.Kind != detect.OnSilence && (fires == 0 || quiet == 0) {
			t.Errorf("%s: %d cases that fire, %d that do not: both are needed", r.ID, fires, quiet)
		}
	}
}
