package detect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*detect.Config)
		want   string
	}{
		{"default", func(*detect.Config) {}, ""},
		{"gap", func(c *detect.Config) { c.Gap = time.Second }, "gap: is 1s: must be between 1m and 12h"},
		{"learning", func(c *detect.Config) { c.Learning.StaleDays = 1 }, "learning.stale_days: is 1: must be between 7 and 3650 days"},
		{"role kind", func(c *detect.Config) { c.RoleKinds = map[string]detect.RoleKind{"web": "robot"} }, `role_kinds.web: is "robot": must be one of [superuser application service admin person]`},
		{"glob", func(c *detect.Config) { c.SensitiveTables = []string{"a", "[b"} }, `sensitive_tables[1]: "[b" is no glob: syntax error in pattern`},
		{"unknown rule", func(c *detect.Config) { c.Disabled = []string{"AW-NO-1"} }, `disabled[0]: no rule has the id "AW-NO-1": list them with auditwarden rules`},
		{"exception without a reason", func(c *detect.Config) { c.Exceptions = []detect.Exception{{Role: "etl"}} }, "exceptions[0].reason: must say why this is no alert, for those who come later"},
		{"exception for everything", func(c *detect.Config) { c.Exceptions = []detect.Exception{{Reason: "noise"}} }, "exceptions[0]: would silence everything: name at least one of rule, cluster, database, role, client, application, fingerprint"},
		{"rules folder", func(c *detect.Config) { c.RulesDir = "/nowhere" }, "rules_dir: /nowhere is no folder that can be read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := detect.Default()
			test.change(&c)
			got := ""
			if err := c.Validate().Err(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestOwnRules(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "own.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("- id: ACME-SQL-001\n  title: Ours\n  family: ours\n  kind: signal\n  severity: info\n  match: \"role = 'x'\"\n  does: ours\n- id: AW-INJ-001\n  title: Replaced\n  family: injection\n  kind: signal\n  severity: info\n  match: suspicious\n  does: replaced\n")
	rules, err := detect.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for _, r := range rules {
		titles[r.ID] = r.Title
	}
	if len(rules) != len(detect.Rules())+1 || titles["ACME-SQL-001"] != "Ours" || titles["AW-INJ-001"] != "Replaced" {
		t.Errorf("own rules were not added or did not replace: %d rules, %q, %q", len(rules), titles["ACME-SQL-001"], titles["AW-INJ-001"])
	}
	for name, bad := range map[string]string{
		"unknown key":      "- id: ACME-SQL-001\n  titel: Ours\n",
		"no match":         "- id: ACME-SQL-001\n  title: Ours\n  family: ours\n  kind: signal\n  severity: info\n  does: ours\n",
		"unknown severity": "- id: ACME-SQL-001\n  title: Ours\n  family: ours\n  kind: signal\n  severity: bad\n  match: 1\n  does: ours\n",
	} {
		write(bad)
		if _, err := detect.Load(dir); err == nil || !strings.Contains(err.Error(), "own.yaml") {
			t.Errorf("%s: error %v, want one that names own.yaml", name, err)
		}
	}
}
