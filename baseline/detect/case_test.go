package detect_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// TestRuleCases runs every rule's own cases through the real evaluation on the engine.
func TestRuleCases(t *testing.T) {
	db, conn := store(t)
	rules := detect.Rules()
	results, err := detect.RunCases(t.Context(), detect.CaseRun{Config: detect.Default(), Rules: rules, Store: db, Conn: conn, Logger: testLog(t),
		Analyser: statement.New(statement.Default(), statement.Options{})})
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

var namedSignals = regexp.MustCompile(`has(?:Any|All)?\(signals, (\[[^\]]*\]|'[a-z_]+')`)

// TestSignals: rules ask only for signals that statements carry, and every signal is asked for.
func TestSignals(t *testing.T) {
	known := map[string]bool{}
	for _, s := range statement.SignalNames() {
		// What no grammar accepts is a column of its own, lexical; a query in place of a value counts by the score.
		known[s] = s == "unparsable" || s == "inline_query"
	}
	for _, r := range detect.Rules() {
		text := r.Match + r.Query
		for _, s := range r.Steps {
			text += s.Match
		}
		for _, m := range namedSignals.FindAllStringSubmatch(text, -1) {
			for _, name := range strings.FieldsFunc(m[1], func(c rune) bool { return strings.ContainsRune("[]', ", c) }) {
				if _, ok := known[name]; !ok {
					t.Errorf("%s asks for %q, which no statement carries", r.ID, name)
				}
				known[name] = true
			}
		}
	}
	for name, asked := range known {
		if !asked {
			t.Errorf("no rule asks for %s", name)
		}
	}
}
