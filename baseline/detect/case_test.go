package detect_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/baseline/detect"
)

// TestRuleCases runs every rule's own cases through the real evaluation on the engine.
func TestRuleCases(t *testing.T) {
	db, conn := store(t)
	rules := detect.Rules()
	results, err := detect.RunCases(t.Context(), detect.CaseRun{Config: detect.Default(), Rules: rules, Store: db, Conn: conn, Logger: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Run(r.Rule+"/"+r.Case, func(t *testing.T) {
			if r.Passed() {
				return
			}
			t.Errorf("fires: %v, want %v; severity %q, want %q", r.Got, r.Want, r.Severity, r.WantSeverity)
			for _, a := range r.Alerts {
				t.Logf("%s %s: %s\n%s", a.Rule, a.Severity, a.Summary, a.Reason)
			}
		})
	}
	if len(results) < 2*(len(rules)-1) {
		t.Errorf("%d cases for %d rules: each needs at least one that fires and one that does not", len(results), len(rules))
	}
}
