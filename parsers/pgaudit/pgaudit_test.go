package pgaudit_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
)

// FuzzParse compares with encoding/csv wherever that accepts the record, and checks that nothing is made up elsewhere.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`SESSION,1,1,READ,SELECT,,,select 1,<none>`, `SESSION,4,1,WRITE,INSERT,TABLE,"public.""My,Tbl""","insert into ""x"" values ($1)","1,""a,b"""`,
		`OBJECT,1,1,READ,SELECT,TABLE,public.t,<previously logged>,<previously logged>`, `SESSION,1,1,READ,SELECT,,,"open`, `SESSION,1,1,READ,SELECT,,,"x"y,z`,
		`SESSION,1,1,READ,SELECT,,,x,<none>,5`, `SESSION,1,1,READ,SELECT,,,x,<none>,`, `SESSION,-1,1,MISC_SET,SET,,,"a` + "\n" + `b",""`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a field.Arena
		var p pgaudit.Payload
		if err := pgaudit.Parse([]byte(s), &a, &p); err != nil || p.Truncated || strings.ContainsAny(s, "\r") {
			return
		}
		r := csv.NewReader(strings.NewReader(s))
		r.LazyQuotes, r.FieldsPerRecord = true, -1
		want, err := r.Read()
		if err != nil || strings.ContainsAny(s, "\n") && !strings.Contains(s, `"`) {
			return
		}
		if len(want) < 9 || len(want) > 10 {
			return // bare fields with newlines: encoding/csv ends there
		}
		got := []string{p.Command, p.ObjectType, p.ObjectName}
		if !slices.Equal(got, want[4:7]) {
			t.Errorf("%q: got %q, want %q", s, got, want[4:7])
		}
		if p.HasStatement && p.Statement != want[7] {
			t.Errorf("%q: statement %q, want %q", s, p.Statement, want[7])
		}
	})
}
