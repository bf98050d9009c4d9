package parsers_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// row is one csvlog record as encoding/csv reads it, or one jsonlog record as encoding/json does: an independent view of
// what the server wrote.
type row struct {
	pid                                                    int64
	user, database, host, port, session                    string
	severity, state, message, detail, hint, context, query string
	internal, application, backend                         string
}

func csvRows(t *testing.T, data []byte) []row {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	list, err := r.ReadAll()
	if err != nil {
		t.Fatalf("read csvlog with encoding/csv: %v", err)
	}
	rows := make([]row, len(list))
	for i, c := range list {
		host, port := c[4], ""
		if h, p, err := net.SplitHostPort(c[4]); err == nil {
			host, port = h, p
		}
		pid, _ := strconv.ParseInt(c[3], 10, 64)
		rows[i] = row{
			pid: pid, user: c[1], database: c[2], host: host, port: port, session: c[5], severity: c[11], state: c[12],
			message: c[13], detail: c[14], hint: c[15], internal: c[16], context: c[18], query: c[19], application: c[22], backend: c[23],
		}
	}
	return rows
}

func jsonRows(t *testing.T, data []byte) []row {
	t.Helper()
	var rows []row
	dec := json.NewDecoder(bytes.NewReader(data))
	for dec.More() {
		var m struct {
			User, Dbname, Message, Detail, Hint, Context, Statement string
			PID                                                     int64
			RemoteHost                                              string `json:"remote_host"`
			RemotePort                                              int    `json:"remote_port"`
			SessionID                                               string `json:"session_id"`
			Severity                                                string `json:"error_severity"`
			State                                                   string `json:"state_code"`
			Internal                                                string `json:"internal_query"`
			Application                                             string `json:"application_name"`
			Backend                                                 string `json:"backend_type"`
		}
		if err := dec.Decode(&m); err != nil {
			t.Fatalf("read jsonlog with encoding/json: %v", err)
		}
		port := ""
		if m.RemotePort != 0 {
			port = fmt.Sprint(m.RemotePort)
		}
		rows = append(rows, row{
			pid: m.PID, user: m.User, database: m.Dbname, host: m.RemoteHost, port: port, session: m.SessionID, severity: m.Severity,
			state: m.State, message: m.Message, detail: m.Detail, hint: m.Hint, internal: m.Internal, context: m.Context,
			query: m.Statement, application: m.Application, backend: m.Backend,
		})
	}
	return rows
}

// compareRow says how an event differs from the independent view of its record; "" if it does not.
func compareRow(ev *pipeline.Event, r *row) string {
	port := ""
	if ev.ClientPort != 0 {
		port = fmt.Sprint(ev.ClientPort)
	}
	severity := r.severity
	if strings.HasPrefix(severity, "DEBUG") {
		severity = "DEBUG"
	}
	if english := map[string]string{"FEHLER": "ERROR", "WARNUNG": "WARNING", "HINWEIS": "NOTICE"}[severity]; english != "" {
		severity = english
	}
	checks := []struct{ name, got, want string }{
		{"pid", fmt.Sprint(ev.ProcessID), fmt.Sprint(r.pid)},
		{"host", ev.ClientAddr, r.host}, {"port", port, r.port}, {"session", ev.SessionID, r.session},
		{"severity", ev.Severity, severity}, {"state", ev.SQLState, r.state},
		{"hint", ev.Hint, r.hint}, {"context", ev.Context, r.context}, {"backend", ev.BackendType, r.backend},
	}
	if r.user != "" {
		checks = append(checks, struct{ name, got, want string }{"role", ev.Role, r.user}, struct{ name, got, want string }{"database", ev.Database, r.database})
	}
	if r.application != "" {
		checks = append(checks, struct{ name, got, want string }{"application", ev.Application, r.application})
	}
	switch {
	case ev.AuditType != "":
		want, got := auditFields(r.message), auditEvent(ev)
		checks = append(checks, struct{ name, got, want string }{"audit", got, want})
	case ev.Kind == pipeline.KindStatement:
		checks = append(checks, struct{ name, got, want string }{"statement", ev.Statement, loggedStatement.ReplaceAllString(r.message, "")})
	default:
		statement := r.query
		if statement == "" && ev.Kind == pipeline.KindError {
			statement = r.internal
		}
		checks = append(checks, struct{ name, got, want string }{"message", ev.Message, r.message},
			struct{ name, got, want string }{"statement", ev.Statement, statement}, struct{ name, got, want string }{"detail", ev.Detail, r.detail})
	}
	for _, c := range checks {
		if c.got != c.want {
			return fmt.Sprintf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
	return ""
}

// loggedStatement is what log_statement and log_min_duration_statement write before a statement.
var loggedStatement = regexp.MustCompile(`^(duration: [0-9.]+ ms  )?(statement|(parse|bind|execute) [^:]*): `)

// auditFields reads pgaudit's message with encoding/csv, twice for the parameters.
func auditFields(message string) string {
	r := csv.NewReader(strings.NewReader(normalizeCR(strings.TrimPrefix(message, "AUDIT: "))))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	f, err := r.Read()
	if err != nil || len(f) < 9 {
		return fmt.Sprintf("unreadable: %v %q", err, f)
	}
	var params []string
	if f[8] != "<none>" {
		p := csv.NewReader(strings.NewReader(f[8]))
		p.FieldsPerRecord, p.LazyQuotes = -1, true
		params, _ = p.Read()
		if f[8] == "" {
			params = []string{""}
		}
	}
	rows := ""
	if len(f) > 9 {
		rows = f[9]
	}
	return fmt.Sprintf("%q %q %q", f[:8], params, rows)
}

// normalizeCR does to a text what encoding/csv does to quoted fields, which cannot be switched off: CRLF becomes LF.
func normalizeCR(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

func auditEvent(ev *pipeline.Event) string {
	rows := ""
	if ev.Has&pipeline.HasRows != 0 {
		rows = fmt.Sprint(ev.Rows)
	}
	return fmt.Sprintf("%q %q %q", []string{
		ev.AuditType, fmt.Sprint(ev.StatementID), fmt.Sprint(ev.SubstatementID), ev.Class, ev.Command, ev.ObjectType, ev.ObjectName,
		normalizeCR(ev.Statement),
	}, ev.Parameters, rows)
}

// checkLossless compares what the decoder makes of the three layouts that one server wrote at once, with independent
// readers and with each other. It returns how many records there were.
// log_error_verbosity=terse keeps detail, hint and context out of stderr alone.
func checkLossless(t *testing.T, cfg parsers.Config, terse bool, stderr, csvlog, jsonlog []byte) int {
	t.Helper()
	fromCSV := parsertest.Decode(t, parsers.Config{}, parsertest.Records(csvlog))
	compareAll(t, "csvlog", fromCSV, csvRows(t, csvlog), csvlog)
	fromJSON := parsertest.Decode(t, parsers.Config{}, parsertest.Records(jsonlog))
	compareAll(t, "jsonlog", fromJSON, jsonRows(t, jsonlog), jsonlog)
	fromStderr := parsertest.Decode(t, cfg, parsertest.Records(stderr))
	for _, u := range fromStderr.Unparsed {
		t.Errorf("stderr: unparsed at %d: %s", u.Offset, u.Reason)
	}
	compareByProcess(t, "stderr", fromStderr.Events, fromCSV.Events, terse)
	compareByProcess(t, "jsonlog", fromJSON.Events, fromCSV.Events, false)
	return len(fromCSV.Events)
}

func compareAll(t *testing.T, name string, out *pipeline.Decoded, rows []row, data []byte) {
	t.Helper()
	for _, u := range out.Unparsed {
		t.Errorf("%s: unparsed at %d: %s", name, u.Offset, u.Reason)
	}
	if len(out.Events) != len(rows) {
		t.Fatalf("%s: %d events, independent reader sees %d records", name, len(out.Events), len(rows))
	}
	bad := 0
	for i := range rows {
		r := rows[i]
		if name == "csvlog" {
			out.Events[i].Statement = normalizeCR(out.Events[i].Statement)
			out.Events[i].Message = normalizeCR(out.Events[i].Message)
			out.Events[i].Context = normalizeCR(out.Events[i].Context)
		}
		if diff := compareRow(&out.Events[i], &r); diff != "" {
			if bad++; bad <= 5 {
				t.Errorf("%s record %d at %d: %s", name, i, out.Events[i].Offset, diff)
			}
		}
	}
	if bad > 5 {
		t.Errorf("%s: %d records differ", name, bad)
	}
}

// compareByProcess compares events of two layouts, in order within each process: the collector may order processes
// differently in each file.
func compareByProcess(t *testing.T, name string, got, want []pipeline.Event, terse bool) {
	t.Helper()
	byPID := map[int64][]*pipeline.Event{}
	for i := range want {
		byPID[want[i].ProcessID] = append(byPID[want[i].ProcessID], &want[i])
	}
	bad := 0
	for i := range got {
		g := &got[i]
		list := byPID[g.ProcessID]
		if len(list) == 0 {
			t.Errorf("%s: an event too many of process %d", name, g.ProcessID)
			return
		}
		w := list[0]
		byPID[g.ProcessID] = list[1:]
		if diff := compareEvents(g, w, terse); diff != "" {
			if bad++; bad <= 5 {
				t.Errorf("%s at %d differs from csvlog at %d: %s", name, g.Offset, w.Offset, diff)
			}
		}
	}
	if bad > 5 {
		t.Errorf("%s: %d events differ from csvlog", name, bad)
	}
}

func compareEvents(g, w *pipeline.Event, terse bool) string {
	if w.AuditType == "" {
		w.Command = g.Command // the ps display, which not every prefix holds
	}
	for _, c := range []struct{ name, got, want string }{
		{"kind", string(g.Kind), string(w.Kind)}, {"outcome", string(g.Outcome), string(w.Outcome)},
		{"severity", g.Severity, w.Severity},
		{"statement", normalizeCR(g.Statement), w.Statement}, {"message", normalizeCR(g.Message), w.Message},
		{"audit", auditEvent(g), auditEvent(w)}, {"repeat", fmt.Sprint(g.Repeat), fmt.Sprint(w.Repeat)},
		{"redacted", fmt.Sprint(g.Redacted), fmt.Sprint(w.Redacted)},
	} {
		if c.got != c.want {
			return fmt.Sprintf("%s: got %q, want %q", c.name, c.got, c.want)
		}
	}
	if g.ClientAddr != "" && g.ClientAddr != w.ClientAddr {
		return fmt.Sprintf("client: got %q, want %q", g.ClientAddr, w.ClientAddr)
	}
	if !terse && (g.Detail != w.Detail || g.Hint != w.Hint || normalizeCR(g.Context) != w.Context) {
		return fmt.Sprintf("detail, hint, context: got %q, %q, %q, want %q, %q, %q", g.Detail, g.Hint, g.Context, w.Detail, w.Hint, w.Context)
	}
	// %t reads the second by time(2), which lags the clock csvlog reads by a few milliseconds.
	if d := w.EventTime.Sub(g.EventTime); d < -time.Second || d > time.Second+10*time.Millisecond {
		return fmt.Sprintf("time: got %v, want %v", g.EventTime, w.EventTime)
	}
	if g.SQLState != "" && g.SQLState != w.SQLState {
		return fmt.Sprintf("inferred state: got %s, want %s for %q", g.SQLState, w.SQLState, w.Message)
	}
	return ""
}

// TestLosslessFiles checks logs written elsewhere: AUDITWARDEN_PGLOGS names a folder with pg.log, pg.csv and pg.json of
// one server. Without it the check has nothing to do; TestLosslessServer does the same on a server of its own.
func TestLosslessFiles(t *testing.T) {
	dir := os.Getenv("AUDITWARDEN_PGLOGS")
	if dir == "" {
		return
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(dir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	n := checkLossless(t, parsers.Config{Prefix: os.Getenv("AUDITWARDEN_PGPREFIX")}, false, read("pg.log"), read("pg.csv"), read("pg.json"))
	t.Logf("%d records", n)
}
