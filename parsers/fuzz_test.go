package parsers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// sentinel is a record of a format with a statement that no input holds by chance.
const sentinelSQL = "select sentinel_4711"

var sentinels = map[string]string{
	"postgresql/stderr":               `2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[99877]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,` + sentinelSQL + `,<none>`,
	"postgresql/csvlog":               `2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,1,"SELECT",2024-05-02 10:00:00 UTC,3/10,0,LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,,,` + sentinelSQL + `,<none>",,,,,,,,,"psql","client backend",,0`,
	"postgresql/jsonlog":              `{"timestamp":"2024-05-02 10:11:12.345 UTC","pid":877,"error_severity":"LOG","message":"AUDIT: SESSION,1,1,READ,SELECT,,,` + sentinelSQL + `,<none>"}`,
	"mariadb/server_audit":            `20240502 10:11:12,db1,app,10.0.3.9,77,1201,QUERY,shop,'` + sentinelSQL + `',0`,
	"percona/audit_log_xml":           `<AUDIT_RECORD NAME="Query" TIMESTAMP="2024-05-02T10:11:13 UTC" COMMAND_CLASS="select" STATUS="0" SQLTEXT="` + sentinelSQL + `"/>`,
	"percona/audit_log_csv":           `"Query","49_2024-05-02T10:11:12","2024-05-02T10:11:12 UTC","select","12",0,"` + sentinelSQL + `","app","web","","10.0.0.5","shop"`,
	"mysql/enterprise_json":           `{ "timestamp": "2024-05-02 10:11:15", "id": 0, "class": "general", "event": "status", "connection_id": 12, "general_data": { "command": "Query", "query": "` + sentinelSQL + `", "status": 0 } },`,
	"postgresql/pgauditlogtofile_csv": `"2024-05-02 10:11:12.345678901 UTC","app","shop","877","10.0.3.9:40112","663365a0.36d","SELECT","3/10","0","00000","SESSION","1","1","READ","SELECT","TABLE","public.t","` + sentinelSQL + `,<none>",,,,,,,,,"psql"`,
	"auto":                            "",
}

// FuzzDecoder feeds arbitrary text to a decoder of every format and checks what must hold whatever comes: every line and
// byte is accounted for once, texts are valid UTF-8, identities are unique, nothing stays held, the same input gives the
// same events, and a whole record that follows is not swallowed.
func FuzzDecoder(f *testing.F) {
	inputs, _ := filepath.Glob("testdata/golden/*.in")
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 8<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for format, sentinel := range sentinels {
			text := bytes.Clone(data)
			if sentinel != "" {
				text = append(append(append(text, '\n'), sentinel...), '\n')
			}
			checkDecoder(t, parsers.Config{Format: format, MaxRecordBytes: 4096, MaxHeldBytes: 8192, MaxSessions: 4, MaxStreams: 4}, text, sentinel != "")
		}
	})
}

func checkDecoder(t *testing.T, cfg parsers.Config, text []byte, sentinel bool) {
	t.Helper()
	records := parsertest.Records(text)
	out := parsertest.Decode(t, cfg, records)
	again := parsertest.Decode(t, cfg, records)
	if a, b := render(out), render(again); !bytes.Equal(a, b) {
		t.Errorf("%s: the same records gave different results:\n%s\n%s", cfg.Format, a, b)
	}
	type identity struct {
		id    pipeline.RecordID
		index uint16
	}
	seen := map[identity]bool{}
	found := false
	for i := range out.Events {
		ev := &out.Events[i]
		key := identity{ev.RecordID, ev.Index}
		if seen[key] {
			t.Errorf("%s: two events with identity %v %d", cfg.Format, ev.RecordID, ev.Index)
		}
		seen[key] = true
		checkTexts(t, cfg.Format, ev)
		found = found || ev.Statement == sentinelSQL
		if ev.EventTime.Year() > 9999 || ev.EventTime.Location() != time.UTC {
			t.Errorf("%s: event time %v", cfg.Format, ev.EventTime)
		}
	}
	for _, u := range out.Unparsed {
		if u.Reason == "" || u.Error == "" {
			t.Errorf("%s: unparsed without a reason", cfg.Format)
		}
	}
	if sentinel && !found {
		t.Errorf("%s: the record after the input was swallowed", cfg.Format)
	}
}

func checkTexts(t *testing.T, format string, ev *pipeline.Event) {
	t.Helper()
	texts := append([]string{
		ev.Cluster, ev.Host, ev.Role, ev.Database, ev.ClientAddr, ev.Application, ev.OSUser, ev.SessionID, ev.BackendType, ev.TLS,
		ev.AuthMethod, ev.Class, ev.Command, ev.ObjectType, ev.ObjectName, ev.Statement, ev.Severity, ev.SQLState, ev.Message,
		ev.Detail, ev.Hint, ev.Context,
	}, ev.Parameters...)
	for _, s := range texts {
		if !utf8.ValidString(s) {
			t.Errorf("%s: invalid UTF-8 in %s event: %q", format, ev.Kind, s)
		}
	}
	if ev.Kind == "" || ev.Format == "" || ev.Engine == "" || ev.TimeCertainty == "" {
		t.Errorf("%s: event lacks kind, format, engine or time certainty: %+v", format, *ev)
	}
}

// FuzzRoundTrip writes a statement into every format as its server would, between two others, and expects exactly that
// statement back and nothing made of it: no forged record, no lost one.
func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{
		"select 1", "select \"a\", 'b,c'\r\n\t2024-05-02 10:11:12 UTC:x(1):a@b:[1]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,forged,<none>",
		"x\n2024-05-02 10:11:12.345 UTC,\"app\",\"shop\",1,,a.b,1,\"\",2024-05-02 10:00:00 UTC,,0,LOG,00000,\"forged\",,,,,,,,,\"\",\"\",,0\n",
		"a',0\n20240502 10:11:12,db1,app,h,1,2,QUERY,shop,'forged',0", "\\", "\\n", "\\'", "'\\\\'", "\"\"", ",", "\x00\x01", "é\u2028",
		"<AUDIT_RECORD NAME=\"Query\"/>", "{\"error_severity\":\"LOG\"}", "[Your log message was truncated]", "\t\n\t",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if sql = cleanSQL(sql); sql == "" {
			return
		}
		for format, write := range writers {
			text := write("select first") + "\n" + write(sql) + "\n" + write(sentinelSQL) + "\n"
			out := parsertest.Text(t, parsers.Config{Format: format, QueryLogLimit: 1 << 20}, text)
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

// cleanSQL makes a text one that a server can log: UTF-8 without NUL, and not one of pgaudit's own literals. A carriage
// return at the end cannot be told from a CRLF file's.
func cleanSQL(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") || len(s) > 4096 {
		return ""
	}
	return strings.TrimRight(s, "\r")
}

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

// writers write one record the way each server does, from its source.
var writers = map[string]func(sql string) string{
	"postgresql/stderr": func(sql string) string {
		return "2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[99877]:LOG:  " + strings.ReplaceAll(auditMessage(sql), "\n", "\n\t")
	},
	"postgresql/csvlog": func(sql string) string {
		return `2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,1,"SELECT",2024-05-02 10:00:00 UTC,3/10,0,LOG,00000,"` +
			strings.ReplaceAll(auditMessage(sql), `"`, `""`) + `",,,,,,,,,"psql","client backend",,0`
	},
	"postgresql/jsonlog": func(sql string) string {
		return `{"timestamp":"2024-05-02 10:11:12.345 UTC","pid":877,"error_severity":"LOG","message":` + pgJSON(auditMessage(sql)) + `}`
	},
	"mariadb/server_audit": func(sql string) string {
		return `20240502 10:11:12,db1,app,10.0.3.9,77,1201,QUERY,shop,'` + mariaEscape.Replace(sql) + `',0`
	},
	"percona/audit_log_xml": func(sql string) string {
		return "<AUDIT_RECORD\n  NAME=\"Query\"\n  TIMESTAMP=\"2024-05-02T10:11:13 UTC\"\n  COMMAND_CLASS=\"select\"\n  STATUS=\"0\"\n  SQLTEXT=\"" +
			xmlEscape.Replace(sql) + "\"\n/>"
	},
	"percona/audit_log_csv": func(sql string) string {
		return `"Query","49_2024-05-02T10:11:12","2024-05-02T10:11:12 UTC","select","12",0,"` + strings.ReplaceAll(sql, `"`, `""`) +
			`","app","web","","10.0.0.5","shop"`
	},
	"percona/audit_log_json": func(sql string) string {
		return `{"audit_record":{"name":"Query","timestamp":"2024-02-12T10:11:12 UTC","command_class":"select","status":0,"sqltext":` + pgJSON(sql) + `}}`
	},
}

var (
	mariaEscape = strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n", "\r", "\\r", "\t", "\\t", "\b", "\\b", "\f", "\\f")
	xmlEscape   = strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "\"", "&quot;", "\r", "&#13;", "\n", "&#10;", "\x01", "&#1;")
)

// pgJSON writes a string as the server's escape_json does.
func pgJSON(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < 0x20:
			const digits = "0123456789abcdef"
			b.WriteString(`\u00`)
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
