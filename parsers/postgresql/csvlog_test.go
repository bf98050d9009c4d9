package postgresql_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// FuzzParseCSV compares with encoding/csv: what is accepted has the texts that it reads, and what it reads as one record
// with a time, quoted texts and columns enough is accepted.
func FuzzParseCSV(f *testing.F) {
	row := `2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,1,"SELECT",2024-05-02 10:00:00 UTC,3/10,0,LOG,00000,"AUDIT: ""x"",` + "\n\r" + `,<none>","d","h","q",1,"c","s",5,"l","a","client backend",,0`
	f.Add(row)
	f.Add(strings.Replace(row, `,"client backend",,0`, "", 1))
	f.Add(strings.Replace(row, `"d"`, `"d`, 1))
	f.Add(strings.Replace(row, `"d"`, `"d"x`, 1))
	f.Add(`"2024-05-02 10:11:12 UTC"` + strings.Repeat(`,""`, 30))
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.HasSuffix(s, "\r") || strings.Contains(s, "\x00") {
			return
		}
		var a field.Arena
		var e postgresql.Entry
		if postgresql.ParseCSV([]byte(s), stamp.NewClock(nil), &a, &e) != nil {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.ReplaceAll(s, "\r\n", "\x00"))) // it takes a carriage return off
		r.FieldsPerRecord, r.ReuseRecord, r.LazyQuotes = -1, true, true
		want, err := r.Read()
		if err != nil || len(want) < 23 || strings.ContainsAny(strings.Join(unquoted(s), ""), "\n\"") {
			return // a bare column with a quote or a line end in it
		}
		for i, got := range map[int]string{13: string(e.Message), 14: e.Detail, 15: e.Hint, 18: e.Context, 19: e.Statement, 21: e.Location, 5: e.SessionID} {
			if w := strings.ReplaceAll(want[i], "\x00", "\r\n"); got != w {
				t.Errorf("%q: column %d is %q, want %q", s, i, got, w)
			}
		}
	})
}

// unquoted gives the parts of s outside quotes.
func unquoted(s string) []string {
	var parts []string
	for i, part := range strings.Split(s, `"`) {
		if i%2 == 0 {
			parts = append(parts, part)
		}
	}
	return parts
}
