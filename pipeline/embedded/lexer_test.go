package embedded

import (
	"strings"
	"testing"
)

func TestLook(t *testing.T) {
	for _, c := range []struct {
		name, text         string
		verb, format, head string
		insert             bool
		data               string
	}{
		{name: "select", text: "SELECT 1", verb: "SELECT"},
		{name: "lower case", text: "  select 1 format JSON", verb: "SELECT", format: "JSON"},
		{name: "settings after format", text: "SELECT 1 FORMAT CSV SETTINGS a=1", verb: "SELECT", format: "CSV"},
		{name: "semicolon", text: "SELECT 1 FORMAT CSV;", verb: "SELECT", format: "CSV"},
		{name: "format is a column", text: "SELECT format FROM t", verb: "SELECT"},
		{name: "format is a column, then FORMAT", text: "SELECT format FROM t FORMAT TSV", verb: "SELECT", format: "TSV"},
		{name: "in a string", text: "SELECT ' FORMAT CSV'", verb: "SELECT"},
		{name: "in a comment", text: "SELECT 1 -- FORMAT CSV", verb: "SELECT"},
		{name: "in brackets", text: "SELECT * FROM format(CSV, 'a')", verb: "SELECT"},
		{name: "brackets first", text: "((SELECT 1) FORMAT TSV", verb: "SELECT"},
		{name: "comment first", text: "/* a /* b */ */ -- c\n# d\nSELECT 1", verb: "SELECT"},
		{name: "values", text: "INSERT INTO t VALUES (1), (2)", verb: "INSERT", insert: true, format: "Values", head: "INSERT INTO t ", data: " (1), (2)"},
		{name: "columns and values", text: "insert into t (a, `values`) values (1)", verb: "INSERT", insert: true, format: "Values", head: "insert into t (a, `values`) ", data: " (1)"},
		{name: "format and data", text: "INSERT INTO t FORMAT TSV\nSELECT\n", verb: "INSERT", insert: true, format: "TSV", head: "INSERT INTO t ", data: "SELECT\n"},
		{name: "format and data on one line", text: "INSERT INTO t FORMAT JSONEachRow {\"a\":1}", verb: "INSERT", insert: true, format: "JSONEachRow", head: "INSERT INTO t ", data: "{\"a\":1}"},
		{name: "only one line end is skipped", text: "INSERT INTO t FORMAT TSV \n\n1", verb: "INSERT", insert: true, format: "TSV", head: "INSERT INTO t ", data: "\n1"},
		{name: "settings before format", text: "INSERT INTO t SETTINGS a = 'FORMAT x' FORMAT Native ", verb: "INSERT", insert: true, format: "Native", head: "INSERT INTO t SETTINGS a = 'FORMAT x' "},
		{name: "insert select", text: "INSERT INTO t SELECT 1 FORMAT Null", verb: "INSERT", format: "Null"},
		{name: "insert with", text: "INSERT INTO t WITH 1 AS x SELECT x", verb: "INSERT"},
		{name: "insert brackets select", text: "INSERT INTO t (a) (SELECT 1)", verb: "INSERT"},
		{name: "a table called select", text: "INSERT INTO `select` FORMAT CSV 1", verb: "INSERT", insert: true, format: "CSV", head: "INSERT INTO `select` ", data: "1"},
		{name: "a table called format", text: "INSERT INTO format FORMAT CSV 1", verb: "INSERT", insert: true, format: "CSV", head: "INSERT INTO format ", data: "1"},
		{name: "a table called values in a database", text: "INSERT INTO db.values VALUES (1)", verb: "INSERT", insert: true, format: "Values", head: "INSERT INTO db.values ", data: " (1)"},
		{name: "with comments", text: "INSERT /* VALUES */ INTO t -- FORMAT x\n VALUES (1)", verb: "INSERT", insert: true, format: "Values", head: "INSERT /* VALUES */ INTO t -- FORMAT x\n ", data: " (1)"},
		{name: "no data yet", text: "INSERT INTO t", verb: "INSERT", insert: true, head: "INSERT INTO t"},
		{name: "a table called select, bare", text: "INSERT INTO select (a) VALUES (1)", verb: "INSERT", insert: true, format: "Values", head: "INSERT INTO select (a) ", data: " (1)"},
		{name: "typographic quotes", text: "SELECT ‘ FORMAT CSV’, “ FORMAT CSV” FORMAT TSV", verb: "SELECT", format: "TSV"},
		{name: "show", text: "SHOW TABLES", verb: "SHOW"},
		{name: "nothing", text: " -- x"},
		{name: "string without end", text: "SELECT 'abc", verb: "SELECT"},
		{name: "heredoc", text: "SELECT $a$ FORMAT CSV $a$ FORMAT TSV", verb: "SELECT", format: "TSV"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := look(c.text)
			data := ""
			if s.insert {
				data = c.text[s.data:]
			} else {
				c.head = c.text
			}
			if s.verb != c.verb || s.format != c.format || s.insert != c.insert || s.head != c.head || data != c.data {
				t.Errorf("verb %q format %q insert %t head %q data %q", s.verb, s.format, s.insert, s.head, data)
			}
		})
	}
}

func FuzzLook(f *testing.F) {
	for _, s := range []string{"SELECT 1 FORMAT CSV", "INSERT INTO t VALUES (1)", "/* a", "'", "$a$ $a", "INSERT INTO t (a) FORMAT TSV\n1", "-- x", "\\", "`\\`", "#!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := look(text)
		if s.insert && (s.data < 0 || s.data > len(text) || !strings.HasPrefix(text, s.head)) {
			t.Errorf("data at %d of %d, head %q", s.data, len(text), s.head)
		}
	})
}
