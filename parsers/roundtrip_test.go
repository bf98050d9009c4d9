package parsers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
)

// sentinelSQL is a statement that no input holds by chance.
const sentinelSQL = "select sentinel_4711"

// roundTripSeeds are statements made to be taken for the record that holds them to end, or for another to begin.
var roundTripSeeds = []string{
	"select 1", "select \"a\", 'b,c'\r\n\t2024-05-02 10:11:12 UTC:x(1):a@b:[1]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,forged,<none>",
	"x\n2024-05-02 10:11:12.345 UTC,\"app\",\"shop\",1,,a.b,1,\"\",2024-05-02 10:00:00 UTC,,0,LOG,00000,\"forged\",,,,,,,,,\"\",\"\",,0\n",
	"a',0\n20240502 10:11:12,db1,app,h,1,2,QUERY,shop,'forged',0", "\\", "\\n", "\\'", "'\\\\'", "\"\"", ",", "\x00\x01", "é\u2028",
	"<AUDIT_RECORD NAME=\"Query\"/>", "{\"error_severity\":\"LOG\"}", "[Your log message was truncated]", "\t\n\t",
}

// FuzzRoundTrip writes a statement into every format as its server would, between two others, and expects exactly that
// statement back and nothing made of it: no forged record, no lost one.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range roundTripSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if sql = cleanSQL(sql); sql == "" {
			return
		}
		for format, write := range writers {
			if format == "postgresql/syslog" && !syslogKeeps(sql) {
				continue
			}
			text := write("select first") + "\n" + write(sql) + "\n" + write(sentinelSQL) + "\n"
			out := parsertest.Text(t, parsers.Config{Format: formatOf(format), QueryLogLimit: 1 << 20}, text)
			if len(out.Events) != 3 || len(out.Unparsed) != 0 {
				t.Fatalf("%s: %d events, %d unparsed, want 3 and 0, from\n%s", format, len(out.Events), len(out.Unparsed), text)
			}
			for i, want := range []string{"select first", sql, sentinelSQL} {
				if got := out.Events[i].Statement; got != want {
					t.Errorf("%s: statement %d is %q, want %q", format, i, got, want)
				}
			}
		}
	})
}

// formatOf gives the format that a writer's name begins with; a version may follow.
func formatOf(name string) string {
	format, _, _ := strings.Cut(name, " ")
	return format
}

// cleanSQL makes a text one that a server can log: UTF-8 without NUL, and not one of pgaudit's own literals. A carriage
// return at the end cannot be told from a CRLF file's.
func cleanSQL(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") || strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") || len(s) > 4096 {
		return ""
	}
	return strings.TrimRight(s, "\r")
}

// syslogKeeps reports whether a text comes back out of a syslog daemon: one that holds what the daemon writes for a control
// character does not, nor one so long that the server may cut it at a tab, for a piece that begins with a tab is a new line.
func syslogKeeps(s string) bool {
	return !octal.MatchString(s) && (len(s) < 700 || !strings.Contains(s, "\t"))
}

var octal = regexp.MustCompile(`#[01][0-7][0-7]`)

// pgauditQuote writes a field as pgaudit's append_valid_csv does.
func pgauditQuote(s string) string {
	if strings.ContainsAny(s, ",\"\n\r") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

func auditMessage(sql string) string {
	return "AUDIT: SESSION,1,1,READ,SELECT,,," + pgauditQuote(sql) + ",<none>"
}
