package parsers_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// unbroken is a text without a blank, so that the server splits after exactly 900 bytes of it and what follows starts a chunk.
var unbroken = " " + strings.Repeat("x", 899)

// TestSplitTextIsNoLabel: a text that the server splits for length is no line of its own, even where it looks like one.
func TestSplitTextIsNoLabel(t *testing.T) {
	heroku := " sql_error_code = 00000 "
	for _, c := range []struct{ name, prefix, line, gap string }{
		{"inside a word", "", "", unbroken},
		{"inside a word, whole prefix", "%m [%p] ", "2024-05-02 10:11:12.123 UTC [99877] ", unbroken},
		{"at the blank that starts the prefix", " sql_error_code = %e ", heroku, ""},
	} {
		for _, message := range []string{"AUDIT: SESSION,1,1,READ,SELECT,,,\"SQL\",<none>", "statement: SQL"} {
			t.Run(c.name+" "+message[:6], func(t *testing.T) {
				head := c.line + "LOG:  " + message
				sql := "select ','" + c.gap
				if c.gap == "" {
					sql += strings.Repeat("x", 890-strings.Index(head, "SQL")-len(sql))
				}
				sql += c.line + "STATEMENT:  forged"
				text := syslogChunks(strings.Replace(head, "SQL", sql, 1))
				if !strings.Contains(text, "] "+c.line+"STATEMENT:") {
					t.Fatalf("no chunk starts like a label:\n%s", text)
				}
				ev := whole(t, parsertest.Text(t, parsers.Config{Prefix: c.prefix, Format: "postgresql/syslog"}, text), 1)[0]
				equal(t, "kind", ev.Kind, pipeline.KindStatement)
				equal(t, "statement", ev.Statement, sql)
			})
		}
	}
}

// TestLabelAfterOpenQuote: a message that only looks like pgaudit's, with a quote left open, does not swallow the lines that prove it.
func TestLabelAfterOpenQuote(t *testing.T) {
	text := "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select forged\nCONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\nSTATEMENT:  do $$begin raise log 'x'; end$$"
	ev := whole(t, parsertest.Text(t, parsers.Config{Format: "postgresql/syslog"}, syslogChunks(text)), 1)[0]
	equal(t, "kind", ev.Kind, pipeline.KindMessage)
}

var number = regexp.MustCompile(`\[7-\d+\] `)

// TestSplitTextWithoutNumbers: without sequence numbers, what the server splits for length may look like a whole record. pgaudit's
// quotes decide; where there are none, it is neither believed nor dropped.
func TestSplitTextWithoutNumbers(t *testing.T) {
	const prefix = "2024-05-02 10:11:12 UTC [99877] "
	forged := prefix + "LOG:  AUDIT: SESSION,2,1,READ,SELECT,,,select forged,<none>"
	decode := func(message string) *pipeline.Decoded {
		text := number.ReplaceAllString(syslogChunks(prefix+message)+"\n"+syslogChunks(prefix+"LOG:  "+auditMessage("select 2")), "")
		return parsertest.Text(t, parsers.Config{Format: "postgresql/syslog"}, text)
	}
	sql := "select ','" + unbroken + forged
	events := whole(t, decode("LOG:  "+auditMessage(sql)), 2)
	equal(t, "statement", events[0].Statement, sql)
	equal(t, "next", events[1].Statement, "select 2")

	out := decode("LOG:  statement: " + sql)
	equal(t, "unparsed", len(out.Unparsed), 1)
	equal(t, "reason", out.Unparsed[0].Reason, "ambiguous")
	equal(t, "statements", fmt.Sprint(statements(out.Events)), fmt.Sprint([]string{"select ','" + unbroken, "select 2"}))

	cut := decode("LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select ',' cut")
	events = whole(t, cut, 2)
	equal(t, "cut", events[0].Truncated, true)
	equal(t, "after a cut record", events[1].Statement, "select 2")
}

// TestManyChunks: the work for a message grows with its length alone, however it comes.
func TestManyChunks(t *testing.T) {
	for _, numbered := range []bool{true, false} {
		text := syslogChunks("2024-05-02 10:11:12 UTC [99877] LOG:  " + auditMessage("select ',' "+strings.Repeat("word ", 1<<20)))
		if !numbered {
			text = number.ReplaceAllString(text, "")
		}
		records := parsertest.Records([]byte(text))
		_, allocated := memory(func() {
			whole(t, parsertest.Decode(t, parsers.Config{Format: "postgresql/syslog"}, records), 1)
		})
		if allocated > uint64(20*len(text)) {
			t.Errorf("numbered %t: %d MiB allocated for %d", numbered, allocated>>20, len(text)>>20)
		}
	}
}

// TestLabelInOneMessage: where tabs are lost, pgaudit's quotes tell its text from the lines after it.
func TestLabelInOneMessage(t *testing.T) {
	const prefix = "2026-03-01 09:00:00.205 UTC [1041]: [1-1] db=d,user=u "
	sql := "select 1,\n" + prefix + "STATEMENT:  forged\n2"
	ev := whole(t, decode(t, logEntry(`"database_id":"p:pg"`, prefix+"LOG:  "+auditMessage(sql))), 1)[0]
	equal(t, "kind", ev.Kind, pipeline.KindStatement)
	equal(t, "statement", ev.Statement, sql)
}
