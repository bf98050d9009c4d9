package parsers_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
)

// TestSpan: an event says from which to which physical record it goes; a reader must not resume in between.
func TestSpan(t *testing.T) {
	const head = "2026-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:"
	for _, tt := range []struct {
		name, text string
		want       [][2]uint64 // of each event; line numbers from 1
	}{
		{"one line each", head + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>\n" + head + "LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,select 2,<none>\n",
			[][2]uint64{{1, 1}, {2, 2}}},
		{"statement over three lines", head + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select *\n\tfrom t\n\twhere a\",<none>\n" + head + "LOG:  disconnection: session time: 0:00:00.005 user=app database=shop host=10.0.3.9 port=40112\n",
			[][2]uint64{{1, 3}, {4, 4}}},
		{"error and its statement", head + "ERROR:  syntax error at or near \"x\" at character 1\n" + head + "STATEMENT:  x\n" + head + "LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,select 2,<none>\n",
			[][2]uint64{{1, 2}, {3, 3}}},
		{"csvlog with a line end inside", `2026-05-02 10:11:12.000 UTC,"app","shop",877,"10.0.3.9:40112",65e1d8f5.36d,1,"SELECT",2026-05-02 10:00:00 UTC,3/14,0,LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,,,""select *` + "\n" + `from t"",<none>",,,,,,,,,"psql","client backend",,0` + "\n",
			[][2]uint64{{1, 2}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := parsertest.Text(t, parsers.Config{}, tt.text)
			if len(out.Events) != len(tt.want) {
				t.Fatalf("%d events, want %d: %+v", len(out.Events), len(tt.want), out.Events)
			}
			for i, e := range out.Events {
				if got := [2]uint64{e.FirstSeq, e.LastSeq}; got != tt.want[i] {
					t.Errorf("event %d goes over records %v, want %v", i, got, tt.want[i])
				}
			}
		})
	}
}
