package parsers_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// TestShippersOfLines: one record over two lines, as several programs write those.
func TestShippersOfLines(t *testing.T) {
	first := `2026-03-01 09:00:00.001 UTC [7] app@shop LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select 1,`
	second := "\t2\",<none>"
	line := func(s string) string { return `{"log":` + quoteJSON(s) + `,"stream":"stderr"}` }
	const aligned = "May 02 10:11:12 db1 postgres[877]: "
	for name, c := range map[string]struct{ text, host string }{
		"docker compose":               {"db-1   | " + first + "\nweb-1  | GET /\ndb-1   | " + second + "\n", "db-1"},
		"docker compose, times":        {"db_1  | 2026-03-01T09:00:00.1Z " + first + "\ndb_1  | 2026-03-01T09:00:00.2Z " + second + "\n", "db_1"},
		"kubectl --prefix":             {"[pod/db-0/postgres] " + first + "\n[pod/db-1/postgres] " + first[:60] + "\n[pod/db-0/postgres] " + second + "\n", "db-0"},
		"kubectl --prefix, times":      {"[pod/db-0/postgres] 2026-03-01T09:00:00.1Z " + first + "\n[pod/db-0/postgres] 2026-03-01T09:00:00.2Z " + second + "\n", "db-0"},
		"fluentd file":                 {"2026-03-01T09:00:00+00:00\tdocker.db\t" + line(first) + "\n2026-03-01T09:00:00+00:00\tdocker.db\t" + line(second) + "\n", ""},
		"fluentd standard output":      {"2026-03-01 09:00:00.000000001 +0000 docker.db: " + line(first) + "\n2026-03-01 09:00:00.000000002 +0000 docker.db: " + line(second) + "\n", ""},
		"Fluent Bit":                   {"[1772355600.1," + line(first) + "]\n[1772355600.2," + line(second) + "]\n", ""},
		"Fluent Bit with metadata":     {"[[1772355600.1,{}]," + line(first) + "]\n[[1772355600.2,{\"a\":1}]," + line(second) + "]\n", ""},
		"fluentd forward":              {`["docker.db",1772355600,` + line(first) + "]\n" + `["docker.db",1772355600,` + line(second) + "]\n", ""},
		"fluentd forward, several":     {`["docker.db",[[1772355600,` + line(first) + `],[1772355601,` + line(second) + "]]]\n", ""},
		"aws logs tail":                {"2026-03-01T09:00:00.100000+00:00 orders-1.0 " + first + "\n2026-03-01T09:00:00.200000+00:00 orders-1.0 " + second + "\n", "orders-1.0"},
		"aws logs tail, one event":     {"2026-03-01T09:00:00.100000+00:00 orders-1.0 " + first + "\n" + second + "\n2026-03-01T09:00:00.200000+00:00 orders-2.0 " + first[:40] + "\n", "orders-1.0"},
		"the same, after another":      {"2026-03-01T09:00:00.100000+00:00 orders-2.0 " + first + "\n2026-03-01T09:00:00.100000+00:00 orders-1.0 " + first + "\n" + second + "\n", "orders-1.0"},
		"export, one event":            {"2026-03-01T09:00:00.100Z " + first + "\n" + second + "\n", ""},
		"the same in objects":          {line("2026-03-01T09:00:00.100Z "+first) + "\n" + line(second) + "\n", ""},
		"aws logs tail --format short": {"2026-03-01T09:00:00 " + first + "\n2026-03-01T09:00:00 " + second + "\n", ""},
		"heroku logs":                  {"2026-03-01T09:00:00.100000+00:00 app[postgres.877]: [BLUE] [7-1] " + first + "\n2026-03-01T09:00:00.100000+00:00 app[postgres.877]: [BLUE] [7-2] " + second + "\n", ""},
		"journalctl":                   {aligned + first + "\n" + strings.Repeat(" ", len(aligned)) + second + "\n", "db1"},
		"journalctl, numbered":         {aligned + "[7] " + first + "\n" + strings.Repeat(" ", len(aligned)) + second + "\n", "db1"},
		"syslog_split_messages = off":  {"<134>May  2 10:11:12 db1 postgres[877]: [7] " + first + "#012#011" + second[1:] + "\n", "db1"},
		"the same, without its number": {"<134>May  2 10:11:12 db1 postgres[877]: " + first + "#012#011" + second[1:] + "\n", "db1"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []pipeline.Event
			for _, ev := range decode(t, c.text).Events {
				if ev.Kind == pipeline.KindStatement && !ev.Truncated {
					list = append(list, ev)
				}
			}
			if len(list) != 1 {
				t.Fatalf("%d statements from\n%s", len(list), c.text)
			}
			equal(t, "statement", list[0].Statement, "select 1,\n2")
			equal(t, "host", list[0].Host, c.host)
			equal(t, "role", list[0].Role, "app")
			equal(t, "time", list[0].EventTime, time.Date(2026, 3, 1, 9, 0, 0, 1e6, time.UTC))
		})
	}
}

// TestNamesInTexts: a container's name is none where lines were records as they are, even if a transport lost a tab; and a stream
// of them takes no further line of one for a record of another.
func TestNamesInTexts(t *testing.T) {
	prefix := "2026-03-01 09:00:00.001 UTC [7] app@shop "
	forged := prefix + "LOG:  statement: select 'forged'"
	for _, name := range []string{"db-1  | ", "[pod/db-0/postgres] "} {
		out := decode(t, prefix+"LOG:  statement: select '\n"+name+forged+"\n")
		equal(t, "statements", fmt.Sprint(statements(out.Events)), "[select ']")
		equal(t, "unparsed", len(out.Unparsed), 1)

		ev := whole(t, decode(t, name+prefix+"LOG:  statement: select '\n"+name+"\t"+name+forged+"\n"), 1)[0]
		equal(t, "statement", ev.Statement, "select '\n"+name+forged)
	}
}

// TestAlignedRecords: a further line of journalctl's that is a record of its own comes from where and when the first one does.
func TestAlignedRecords(t *testing.T) {
	const head = "2026-03-01T09:00:00.100000+00:00 db1 db[12]: "
	second := strings.Repeat(" ", len(head))
	list := whole(t, parsertest.Text(t, parsers.Config{Prefix: "pid=%p "}, head+"pid=7 LOG:  statement: select 1\n"+second+"pid=7 LOG:  statement: select 2\n"), 2)
	for _, ev := range list {
		equal(t, ev.Statement+": host", ev.Host, "db1")
		equal(t, ev.Statement+": time", ev.EventTime, time.Date(2026, 3, 1, 9, 0, 0, 1e8, time.UTC))
	}
}

// TestEventOverLines: the statement of an event with one time before its several lines is whole, an empty line in it too.
func TestEventOverLines(t *testing.T) {
	for name, before := range map[string]string{"tail": "2026-03-01T09:00:00.100000+00:00 orders-1.0 ", "export": "2026-03-01T09:00:00.100Z "} {
		record := before + rds + "LOG:  statement: "
		audit := before + rds + `LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select 'c` + "\n\n\td'\",<none>\n"
		list := whole(t, decode(t, record+"select 1,\n\t2 from a\n"+record+"select 'a\n\t\n\tb'\n"+audit), 3)
		equal(t, name, fmt.Sprintf("%q", statements(list)), `["select 1,\n2 from a" "select 'a\n\nb'" "select 'c\n\nd'"]`)
	}
	records := parsertest.Records([]byte("2026-03-01T09:00:00.100000+00:00 orders-1.0 " + rds + "LOG:  statement: select 1,|\t2 from a"))
	records[0].Raw = bytes.ReplaceAll(records[0].Raw, []byte("|"), []byte("\n"))
	equal(t, "in one record", whole(t, parsertest.Decode(t, parsers.Config{}, records), 1)[0].Statement, "select 1,\n2 from a")
}

// TestLineEndsInText: a text that spells how senders write a line end is none where the server splits its messages.
func TestLineEndsInText(t *testing.T) {
	sql := "select 1 -- #012#011; drop table x"
	for number, want := range map[string]string{"[7-1] ": "select 1 -- #012\t; drop table x", "[BLUE] [7-1] ": "select 1 -- #012\t; drop table x", "[7] ": "select 1 -- \n; drop table x"} {
		ev := whole(t, decode(t, "<134>May  2 10:11:12 db1 postgres[877]: "+number+rds+"LOG:  statement: "+sql+"\n"), 1)[0]
		equal(t, number, ev.Statement, want)
	}
}
