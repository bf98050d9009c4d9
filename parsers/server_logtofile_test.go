package parsers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// TestLogToFileServer runs the corpus on two real servers, one of which has pgauditlogtofile write what pgaudit logs, and expects
// the same records in the same order as the other one has in csvlog, which is held against independent readers elsewhere. The client
// calls itself something with a quote, and a role has a comma in its name.
func TestLogToFileServer(t *testing.T) {
	const application = `my "app, x`
	run := func(settings map[string]string, formats ...string) *testserver.PG {
		settings["pgaudit.log_parameter"], settings["pgaudit.log_relation"] = "on", "on"
		pg := testserver.PostgreSQL(t, testserver.PGOptions{Formats: formats, Settings: settings,
			HBA: []string{"local all all trust", "host all bad 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 trust"}})
		pg.MustPsql("postgres", "postgres", `create extension pgaudit; create database shop; create role "a, b" superuser login; create role bad login password 'x'`)
		cmd := pg.PsqlCommand(strings.Replace(pg.DSN("'a, b'", "shop"), "user=", "application_name='"+application+"' user=", 1), "-v", "ON_ERROR_STOP=0", "-f", "-")
		cmd.Stdin = strings.NewReader("select " + ownPID + ";\n" + corpus(1))
		sent, _ := cmd.Output() // most of it fails, as it should
		waitForEnd(t, string(sent))
		if err := pg.PsqlCommand(strings.Replace(pg.DSN("bad", "shop"), "user=", "password=y user=", 1), "-c", "select 1").Run(); err == nil {
			t.Fatal("a wrong password is accepted")
		}
		return pg
	}
	read := func(path, format string) []pipeline.Event {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out := parsertest.Decode(t, parsers.Config{}, parsertest.Records(data))
		for _, u := range out.Unparsed {
			t.Errorf("%s: unparsed at %d: %s", format, u.Offset, u.Reason)
		}
		out.Events = slices.DeleteFunc(out.Events, func(e pipeline.Event) bool { return e.Format != format })
		return out.Events
	}
	file := run(map[string]string{"shared_preload_libraries": "pgaudit,pgauditlogtofile", "pgaudit.log_filename": "audit.log", "pgaudit.log_directory": "audit",
		"pgaudit.log_connections": "on", "log_connections": "on"})
	got := read(filepath.Join(file.DataDir, "audit", "audit.log"), "postgresql/pgauditlogtofile_csv")
	csv := run(map[string]string{}, testserver.CSVLog)
	want := read(csv.LogPath(testserver.CSVLog), "postgresql/csvlog")
	audited := func(events []pipeline.Event) (list []string) {
		for _, e := range events {
			if e.AuditType == "" || e.Application != application {
				continue
			}
			list = append(list, fmt.Sprintf("%s %s %d/%d %s %s %s %q %q rows %d repeat %v, %s on %s", e.AuditType, e.Class, e.StatementID, e.SubstatementID, e.Command, e.ObjectType, e.ObjectName,
				e.Statement, e.Parameters, e.Rows, e.Repeat, e.Role, e.Database))
		}
		return list
	}
	a, b := audited(got), audited(want)
	if len(a) < 25 || len(a) != len(b) {
		t.Errorf("%d records in the file, %d in csvlog", len(a), len(b))
	}
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Errorf("record %d:\n%s\nin csvlog:\n%s", i, a[i], b[i])
		}
	}
	refused := func(e pipeline.Event) bool {
		return e.Kind == pipeline.KindLoginFailure && e.Role == "bad" && e.SQLState == "28P01" && e.ClientAddr == "127.0.0.1" && strings.Contains(e.Detail, "pg_hba.conf line 2")
	}
	if !slices.ContainsFunc(got, refused) {
		t.Error("a refused login is not there, or not as one")
	}
}
