package logtofile_test

import (
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FuzzRead checks that a record that is accepted, in either flavour, has a time and a kind.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`"2024-05-02 10:11:12.345678901 UTC","app","shop","877","10.0.3.9:40112","663365a0.36d","SELECT","3/10","0","00000","SESSION","1","1","READ","SELECT","TABLE","public.t","\"select \"\"a\"\",\n1\",<none>",,,,,,,,,"psql"`))
	f.Add([]byte(`{"log.source":"pgauditlogtofile","timestamp":"2024-05-02 10:11:12.345 UTC","custom.audit_type":"SESSION","custom.statement_id":"4","custom.substatement_id":"1","custom.class":"READ","custom.command":"SELECT","content":"x,<none>"}`))
	f.Add([]byte(bareHead + "OBJECT,1,1,READ,SELECT,TABLE,public.t,\"select \"\"a\"\",\n1\",<none>,3,,,,,SQL statement \"x\"\nPL/pgSQL function f() line 1 at PERFORM,,,log_audit_event, pgaudit.c:867,psql"))
	f.Add([]byte(bareHead + "password authentication failed for user \"app\",Connection matched pg_hba.conf line 2: \"host all\",,,,,,,,psql"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = field.Valid(b)
		x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
		for _, read := range []func([]byte, *postgresql.Scratch, *pipeline.Event) error{logtofile.ReadCSV, logtofile.ReadJSON, logtofile.ReadBare} {
			var ev pipeline.Event
			if read(b, &x, &ev) == nil && (ev.EventTime.IsZero() || ev.Kind == "") {
				t.Errorf("%q gave %+v", b, ev)
			}
		}
	})
}

// TestShiftedColumns: an object name with a comma shifts the columns after it; the record must not be read as something else.
func TestShiftedColumns(t *testing.T) {
	line := `"2024-05-02 10:11:12.3 UTC","app","shop","877","h:1","a.b","SELECT","3/10","0","00000","SESSION","1","1","READ","SELECT","TABLE","\"public.\"\"My","Tbl\"\"\",select 1,<none>",,,,,,,,,"psql"`
	x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
	var ev pipeline.Event
	if err := logtofile.ReadCSV([]byte(line), &x, &ev); err == nil && ev.Statement != "select 1" {
		t.Errorf("read as %+v", ev)
	}
}

// TestConnectionRows: a message that is not pgaudit's takes one column, so that all after it stand seven to the left; and the
// execution time, where it is logged. A time with more digits than nanoseconds have is what servers before 16 write.
func TestConnectionRows(t *testing.T) {
	head := `"2026-03-01 09:00:00.123456789012000 UTC","app","shop","4711","10.0.0.9:51234","69a3fc3f.1267","x","3/14","0","00000",`
	x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
	for _, c := range []struct {
		line string
		kind pipeline.EventKind
		app  string
		took time.Duration
	}{
		{head + `"connection authorized: user=app database=shop application_name=psql",,,,,,,,,"psql",,,,,,,`, pipeline.KindConnect, "psql", 0},
		{head + `"disconnection: session time: 0:00:09.000 user=app database=shop host=10.0.0.9 port=51234",,,,,,,,,"psql"`, pipeline.KindDisconnect, "psql", 9 * time.Second},
		{head + `"SESSION","1","1","READ","SELECT","TABLE","public.t","select 1,<none>",,,,,,,,,"psql","2026-03-01 09:00:00.1 UTC","2026-03-01 09:00:00.2 UTC","0.001500000",,,,`, pipeline.KindStatement, "psql", 1500 * time.Microsecond},
	} {
		var ev pipeline.Event
		if !logtofile.LooksCSV([]byte(c.line)) {
			t.Errorf("not recognised: %s", c.line)
		}
		if err := logtofile.ReadCSV([]byte(c.line), &x, &ev); err != nil || ev.Kind != c.kind || ev.Application != c.app || ev.Duration != c.took || ev.Role != "app" {
			t.Errorf("%s: %v, %+v", c.line, err, ev)
		}
	}
}
