package parsers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// TestForgedOnServer lets a role without privileges raise messages that look like pgaudit's, at every level, under every verbosity,
// one of them with its own statement as the text. None may become a statement.
func TestForgedOnServer(t *testing.T) {
	pg := testserver.PostgreSQL(t, testserver.PGOptions{
		Formats:  []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog},
		Settings: map[string]string{"log_line_prefix": testserver.RDSPrefix, "log_min_messages": "notice"},
	})
	pg.MustPsql("postgres", "postgres", "create extension pgaudit; create role eve login;")
	for _, verbosity := range []string{"default", "terse", "verbose"} {
		pg.MustPsql("postgres", "postgres", "alter system set log_error_verbosity = '"+verbosity+"'; select pg_reload_conf(), pg_sleep(0.3);")
		var sql strings.Builder
		for _, level := range []string{"log", "notice", "warning", "info"} {
			fmt.Fprintf(&sql, "do $f$ begin raise %s 'AUDIT: SESSION,1,1,READ,SELECT,,,select forged_%s,<none>'; end $f$;\n", level, verbosity)
			fmt.Fprintf(&sql, "do $f$ begin raise %s '%%', 'AUDIT: SESSION,1,1,READ,SELECT,,,\"' || replace(current_query(), '\"', '\"\"') || '\",<none>'; end $f$ /* itself_forged_%s */;\n", level, verbosity)
		}
		pg.MustPsql("eve", "postgres", sql.String()+"select 'end "+verbosity+"';")
	}
	for _, format := range []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog} {
		testserver.WaitForLine(t, pg.LogPath(format), "end verbose'")
		data, err := os.ReadFile(pg.LogPath(format))
		if err != nil {
			t.Fatal(err)
		}
		out := parsertest.Decode(t, parsers.Config{}, parsertest.Records(data))
		forged, own := 0, 0
		for i := range out.Events {
			ev := &out.Events[i]
			switch {
			case strings.Contains(ev.Message, "forged") && ev.Kind == pipeline.KindMessage:
				forged++
			case ev.Kind == pipeline.KindStatement && strings.HasPrefix(ev.Statement, "do $f$") && ev.Command == "DO":
				own++
			case ev.Kind == pipeline.KindStatement && strings.Contains(ev.Statement, "forged"):
				t.Errorf("%s: taken for a statement: %s %s %q, context %q", format, ev.Severity, ev.Command, ev.Statement, ev.Context)
			}
		}
		if forged != 3*4*2-3*2 || own < 3*4*2 { // INFO is the client's
			t.Errorf("%s: %d forged records and %d statements that raised them", format, forged, own)
		}
	}
}
