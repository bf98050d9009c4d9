package logtofile_test

import (
	"testing"

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
	f.Fuzz(func(t *testing.T, b []byte) {
		b = field.Valid(b)
		x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
		for _, read := range []func([]byte, *postgresql.Scratch, *pipeline.Event) error{logtofile.ReadCSV, logtofile.ReadJSON} {
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
