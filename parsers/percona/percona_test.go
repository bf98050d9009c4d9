package percona_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/percona"
)

// FuzzXML reads arbitrary markup, and a written record in both styles with an arbitrary text in it.
func FuzzXML(f *testing.F) {
	f.Add("<AUDIT_RECORD NAME=\"Query\" SQLTEXT=\"a&lt;b&#1;\"/>")
	f.Add("<AUDIT_RECORD>\n<NAME>Query</NAME><IP/><A><B>c</B></A></AUDIT_RECORD>")
	f.Add("&#xD800;&bogus;&#99999999;")
	escape := strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "\"", "&quot;", "\x01", "&#1;")
	f.Fuzz(func(t *testing.T, s string) {
		var a field.Arena
		var r percona.Record
		_ = percona.ReadXML([]byte(s), &a, &r)
		_ = percona.ReadCSV([]byte(s), &a, &r)
		_ = percona.ReadJSON([]byte(s), &a, &r)
		if utf8.ValidString(s) && !utf8.Valid(percona.Unescape([]byte(s), &a)) {
			t.Errorf("%q: not valid UTF-8 after unescaping", s)
		}
		for _, text := range []string{
			"<AUDIT_RECORD NAME=\"Query\" SQLTEXT=\"" + escape.Replace(s) + "\"/>",
			"<AUDIT_RECORD>\n <NAME>Query</NAME>\n <SQLTEXT>" + escape.Replace(s) + "</SQLTEXT>\n</AUDIT_RECORD>",
		} {
			r = percona.Record{}
			if err := percona.ReadXML([]byte(text), &a, &r); err != nil || r.SQLText != s || r.Name != "Query" {
				t.Errorf("%q: %v, text %q", text, err, r.SQLText)
			}
		}
	})
}
