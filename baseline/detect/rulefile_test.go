package detect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/baseline/detect"
)

// TestRuleProblems wants what is wrong with a file of rules to name the file, the line and the key.
func TestRuleProblems(t *testing.T) {
	const good = "- id: ACME-SQL-001\n  title: Ours\n  family: ours\n  kind: signal\n  severity: info\n  match: suspicious\n  does: ours\n"
	tests := []struct{ name, text, want string }{
		{"good", good, ""},
		{"not YAML", good + "  raise: [\n", "own.yaml:8: "},
		{"no list", "id: ACME-SQL-001\n", `own.yaml: must hold one list of rules, each beginning with "- id:"`},
		{"unknown key", strings.Replace(good, "title", "titel", 1), `own.yaml:2: unknown field "titel"`},
		{"wrong kind of value", strings.Replace(good, "suspicious", "[a]", 1), "own.yaml:6: cannot unmarshal []interface {} as string"},
		{"wrong value", strings.Replace(good, "info", "bad", 1), `own.yaml:5: rule ACME-SQL-001: severity: "bad": must be one of critical, error, warning, info`},
		{"missing key", strings.Replace(good, "  match: suspicious\n", "", 1), "own.yaml:1: rule ACME-SQL-001: match: must be set"},
		{"inside a list", good + "  raise:\n    - {when: is_super, to: error}\n    - when: is_app\n      to: loud\n", `own.yaml:11: rule ACME-SQL-001: raise[1].to: "loud": must be one of critical, error, warning, info`},
		{"inside a mapping", strings.Replace(good, "kind: signal", "kind: threshold\n  threshold:\n    within: 90s\n    events: 3", 1), "own.yaml:6: rule ACME-SQL-001: threshold.within: is 1m30s: must be whole minutes, at most 24h"},
		{"twice", good + good, "own.yaml:8: rule ACME-SQL-001: id: is taken at own.yaml:1"},
		{"habit of nothing", good + "  habit_of: client\n", "own.yaml:8: rule ACME-SQL-001: habit_of: \"client\": must be fingerprint, or left out\nown.yaml:1: rule ACME-SQL-001: habit_days: must be set where habit_of, habit_to or while_learning is"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("own.yaml", []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, ids, err := detect.LoadFiles(detect.Rules(), "own.yaml")
			if test.want == "" {
				if err != nil || len(ids) != 1 {
					t.Fatalf("%v, ids %v", err, ids)
				}
				return
			}
			if err == nil || (err.Error() != test.want && !strings.HasPrefix(err.Error(), test.want+" ") && test.name != "not YAML") || !strings.HasPrefix(err.Error(), test.want[:8]) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
	if _, _, err := detect.LoadFiles(nil, filepath.Join(t.TempDir(), "none.yaml")); err == nil || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestCheckSQL: the engine understands every built-in rule, and what it does not understand is named.
func TestCheckSQL(t *testing.T) {
	_, conn := store(t)
	if err := detect.CheckSQL(t.Context(), conn, detect.Default(), detect.Rules()); err != nil {
		t.Error(err)
	}
	t.Chdir(t.TempDir())
	const text = `- id: ACME-SQL-001
  title: Ours
  family: ours
  kind: signal
  severity: info
  match: has(signal, 'grant')
  raise:
    - {when: role_kind ==== 'x', to: error}
  does: ours
- id: ACME-SQL-002
  title: Ours
  family: ours
  kind: query
  severity: info
  query: SELECT cluster FROM events
  does: ours
- id: ACME-SQL-003
  title: Ours
  family: ours
  kind: first_seen
  profile: access
  where: newest > 1
  severity: info
  does: ours
`
	if err := os.WriteFile("own.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	own, _, err := detect.LoadFiles(nil, "own.yaml")
	if err != nil {
		t.Fatal(err)
	}
	err = detect.CheckSQL(t.Context(), conn, detect.Default(), own)
	if err == nil {
		t.Fatal("nothing was found wrong")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, want := range [][]string{
		{"own.yaml:6: rule ACME-SQL-001: match: ", "signal"},
		{"own.yaml:8: rule ACME-SQL-001: raise[0].when: ", "yntax"},
		{"own.yaml:15: rule ACME-SQL-002: query: ", "event_time"},
		{"own.yaml:22: rule ACME-SQL-003: where: ", "newest"},
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want[0]) || !strings.Contains(lines[i], want[1]) {
			t.Errorf("line %d: want %q, got\n%s", i, want, err)
		}
	}
}
