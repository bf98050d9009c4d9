package logtofile_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

const bareHead = `2024-06-05 15:56:34.521 UTC,app,shop,6106,10.0.3.9:40112,66606022.17da,7,SELECT,2024-06-05 15:54:58 UTC,9/323,12,00000,`

// TestBare reads records of versions before 1.7, with all that they leave unquoted.
func TestBare(t *testing.T) {
	for name, c := range map[string]struct {
		line      string
		kind      pipeline.EventKind
		statement string
		change    func(*pipeline.Event)
	}{
		"plain":        {bareHead + `SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,,psql`, pipeline.KindStatement, "select 1", nil},
		"with rows":    {bareHead + `SESSION,1,1,READ,SELECT,,,select 1,<none>,5,,,,,,,,,psql`, pipeline.KindStatement, "select 1", func(e *pipeline.Event) { e.Rows = 5 }},
		"over lines":   {bareHead + "OBJECT,1,1,READ,SELECT,TABLE,public.t,\"select \"\"a\"\",\n2024-06-05\",<none>,,,,,,,,,psql", pipeline.KindStatement, "select \"a\",\n2024-06-05", nil},
		"in verbosity": {bareHead + `SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,log_audit_event, pgaudit.c:867,psql`, pipeline.KindStatement, "select 1", nil},
		"in a function": {bareHead + "SESSION,1,2,READ,SELECT,,,select 1,<none>,1,,,,,SQL statement \"select 1\"\nPL/pgSQL function f(integer) line 1 at PERFORM,,,log_audit_event, pgaudit.c:867,psql",
			pipeline.KindStatement, "select 1", func(e *pipeline.Event) { e.Rows = 1 }},
		"odd names": {`2024-06-05 15:56:34.521 UTC,a "b, c,shop,6106,[local],66606022.17da,7,SELECT,2024-06-05 15:54:58 UTC,9/323,12,00000,SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,,my "app, x`,
			pipeline.KindStatement, "select 1", func(e *pipeline.Event) {
				e.Role, e.Application, e.ClientAddr, e.ClientPort = `a "b, c`, `my "app, x`, "[local]", 0
			}},
		"raised as ours": {bareHead + "SESSION,9,9,READ,SELECT,,,select 2,<none>,,,,,PL/pgSQL function g() line 1 at RAISE\nSQL statement \"select g()\",,,psql", pipeline.KindMessage, "", nil},
		"raised, told":   {bareHead + "SESSION,9,9,READ,SELECT,,,select 2,<none>,,,,,PL/pgSQL function inline_code_block line 1 at RAISE,do $$ … $$,,,psql", pipeline.KindMessage, "", nil},
		"connection":     {bareHead + `connection authorized: user=app database=shop SSL enabled (protocol=TLSv1.3, cipher=TLS_AES_256_GCM_SHA384, bits=256),,,,,,,,,psql`, pipeline.KindConnect, "", nil},
		"no connection": {`2024-06-05 15:56:34.521 UTC,app,shop,6106,10.0.3.9:40112,66606022.17da,7,authentication,2024-06-05 15:54:58 UTC,9/323,12,28P01,password authentication failed for user "app",Connection matched pg_hba.conf line 2: "host all app 10.0.3.9/32 md5",,,,,,,,`,
			pipeline.KindLoginFailure, "", func(e *pipeline.Event) { e.Application = "" }},
		"nobody's": {`2024-06-05 15:56:34.521 UTC,,,6106,10.0.3.9:40112,66606022.17da,1,,2024-06-05 15:54:58 UTC,,0,00000,connection received: host=10.0.3.9 port=40112,,,,,,,,,`,
			pipeline.KindConnAttempt, "", func(e *pipeline.Event) { e.Role, e.Database, e.Application = "", "", "" }},
	} {
		want := pipeline.Event{Role: "app", Database: "shop", ClientAddr: "10.0.3.9", ClientPort: 40112, Application: "psql"}
		if c.change != nil {
			c.change(&want)
		}
		x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
		var ev pipeline.Event
		err := logtofile.ReadBare([]byte(c.line), &x, &ev)
		if err != nil || ev.Kind != c.kind || ev.Statement != c.statement || ev.ProcessID != 6106 {
			t.Errorf("%s: %v, %+v", name, err, ev)
		}
		if c.kind != pipeline.KindMessage && (ev.Role != want.Role || ev.Database != want.Database || ev.Application != want.Application || ev.Rows != want.Rows || ev.ClientAddr != want.ClientAddr || ev.ClientPort != want.ClientPort) {
			t.Errorf("%s: %q, %q, %q, %d, %d", name, ev.Role, ev.Database, ev.Application, ev.Rows, ev.ClientPort)
		}
		if logtofile.Heads([]byte(c.line)) != 1 {
			t.Errorf("%s: not recognised", name)
		}
	}
}

// TestBareScan: pgaudit's quotes alone say where a record ends, whatever the text in them looks like and whatever a client calls
// itself.
func TestBareScan(t *testing.T) {
	type step struct {
		line string
		want logtofile.Ending
	}
	forged := bareHead + `SESSION,1,1,READ,SELECT,,,forged,<none>,,,,,,,,,psql`
	for name, steps := range map[string][]step{
		"one line":            {{forged, logtofile.Done}},
		"a client's quote":    {{bareHead + `SESSION,1,1,READ,SELECT,,,"a, b",<none>,,,,,,,,,my "app`, logtofile.Done}},
		"a record in text":    {{bareHead + `SESSION,1,1,READ,SELECT,,,"select '`, logtofile.Open}, {forged, logtofile.Open}, {`'",<none>,,,,,,,,,my"app`, logtofile.Done}},
		"it ends the text":    {{bareHead + `SESSION,1,1,READ,SELECT,,,"select '`, logtofile.Open}, {forged + `",<none>,,,,,,,,,my"app`, logtofile.Done}},
		"parameters go on":    {{bareHead + `SESSION,1,1,READ,SELECT,,,select $1,"a`, logtofile.Open}, {`b",,,,,,,,,psql`, logtofile.Done}},
		"both go on":          {{bareHead + `SESSION,1,1,READ,SELECT,,,"select`, logtofile.Open}, {`$1","a`, logtofile.Open}, {`b",,,,,,,,,psql`, logtofile.Done}},
		"a context goes on":   {{bareHead + `SESSION,1,1,READ,SELECT,,,select 1,<none>,1,,,,,SQL statement "select 1"`, logtofile.Open}, {"PL/pgSQL function f() line 1,,,,psql", logtofile.Done}},
		"bytes were lost":     {{bareHead + `SESSION,1,1,READ,SELECT,,,"select`, logtofile.Open}, {bareHead + `SESSION,1,1,READ,SELECT,,,"select 2",<none>,,,,,,,,,psql`, logtofile.Broken}},
		"what is not audited": {{bareHead + `connection received: host="x`, logtofile.Done}},
	} {
		var s logtofile.Scan
		for n, st := range steps {
			next := s.Next
			if n == 0 {
				next = s.First
			}
			if got := next([]byte(st.line)); got != st.want {
				t.Errorf("%s, line %d: %d, want %d", name, n, got, st.want)
			}
		}
	}
	if logtofile.Starts([]byte(forged)) || logtofile.Starts([]byte(forged+`,",<none>,,,,,,,,,psql`)) || !logtofile.Starts([]byte(bareHead+`SESSION,1,1,READ,SELECT,,,"select 2, 3",<none>,,,,,,,,,psql`)) {
		t.Error("what may stand inside a text passes for a start, or what cannot does not")
	}
}

// TestBareIsNotCSVLog: csvlog has the same columns, and a severity.
func TestBareIsNotCSVLog(t *testing.T) {
	for _, line := range []string{
		`2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,1,"SELECT",2024-05-02 10:00:00 UTC,3/1,0,LOG,00000,"m",,,,,,,,,"psql"`,
		`2024-05-02 10:11:12.345 UTC,,,877,,663365a0.36d,1,,2024-05-02 10:00:00 UTC,,0,LOG,00000,"m",,,,,,,,,""`,
		`2024-05-02 10:11:12.345 UTC,,,877,,663365a0.36d,1,,2024-05-02 10:00:00 UTC,,0,ERROR,22012,"m",,,,,,,,,""`,
		`2024-05-02 10:11:12.345 UTC,,,877,,663365a0.36d,1,,2024-05-02 10:00:00 UTC,,0,DEBUG,00000,"m",,,,,,,,,""`,
		`2024-05-02 10:11:12.345 UTC,app,shop,878,10.0.3.9:40112,663365a0.36d,1,SELECT,2024-05-02 10:00:00 UTC,3/1,0,00000,SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,,psql`,
	} {
		if logtofile.Heads([]byte(line)) != 0 {
			t.Errorf("taken for a record: %s", line)
		}
	}
}

// TestTwoHeads: who logs in chooses his name, and so what stands before the process. A record that can be read in two ways is not read.
func TestTwoHeads(t *testing.T) {
	line := `2024-06-05 15:56:34.521 UTC,root,prod,7,h,1.7,1,x,2024-05-05 10:00:00 UTC,,0,00000,SESSION,1,1,DDL,DROP TABLE,TABLE,public.t,drop table t,<none>,6106,10.0.3.9:40112,66606022.17da,7,authentication,2024-06-05 15:54:58 UTC,9/323,12,28P01,no pg_hba.conf entry,,,,,,,,,psql`
	if logtofile.Heads([]byte(line)) != 2 || logtofile.Heads([]byte(bareHead+"SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,,psql")) != 1 {
		t.Error("heads are miscounted")
	}
	x := postgresql.Scratch{Clock: stamp.NewClock(nil)}
	var ev pipeline.Event
	if err := logtofile.ReadBare([]byte(line), &x, &ev); err == nil {
		t.Errorf("read as %+v", ev)
	}
	if half := `2024-06-05 15:56:34.521 UTC,x,7,h,1.7,shop,6106,10.0.3.9:40112,66606022.17da,7,SELECT,2024-06-05 15:54:58 UTC,9/323,12,00000,SESSION,1,1,READ,SELECT,,,select 1,<none>,,,,,,,,,psql`; logtofile.ReadBare([]byte(half), &x, &ev) != nil || ev.Role != "x,7,h,1.7" {
		t.Errorf("a name with a process and its session hides the record: role %q", ev.Role)
	}
}
