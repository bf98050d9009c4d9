package parsers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

func TestNasty19UnescapedCommas(t *testing.T) {
	for _, c := range []struct {
		line                   string
		kind                   pipeline.EventKind
		role, database, object string
	}{
		{`a,b,10.0.0.1,77,0,FAILED_CONNECT,,,1045`, pipeline.KindLoginFailure, "a,b", "", ""},
		{`u,h,77,5,READ,shop,we,ird,`, pipeline.KindObject, "u", "shop", "shop.we,ird"},
		{`u,h,77,5,QUERY,sh,op,'select \',\'',0`, pipeline.KindStatement, "u", "sh,op", ""},
		{`u,h,77,5,RENAME,shop,old|other.new,`, pipeline.KindObject, "u", "shop", "shop.old"},
		{`u,h,-77,0,CONNECT,shop,TLSv1.3,0`, pipeline.KindConnect, "u", "shop", ""},
		{"u,h,77,0,PROXY_CONNECT,shop,`boss`@`%`,0", pipeline.KindConnect, "u", "shop", ""},
		// Names that pose as another record: anybody can send them at login.
		{`root,10.0.0.1,5,6,QUERY,mysql,x,77,0,FAILED_CONNECT,,,1045`, pipeline.KindLoginFailure, "root,10.0.0.1,5,6,QUERY,mysql", "", ""},
		{`root,10.0.0.1,5,6,QUERY,mysql,'drop',0,x,77,0,FAILED_CONNECT,,,1045`, pipeline.KindLoginFailure, "root,10.0.0.1,5,6,QUERY,mysql,'drop',0", "", ""},
		{`u,h,77,5,QUERY,d,'select 1,2,3,CONNECT,x,,0',0`, pipeline.KindStatement, "u", "d", ""},
	} {
		ev := whole(t, decode(t, "20240502 10:11:12,db,"+c.line+"\n"), 1)[0]
		equal(t, c.line, ev.Kind, c.kind)
		equal(t, c.line+" role", ev.Role, c.role)
		equal(t, c.line+" database", ev.Database, c.database)
		equal(t, c.line+" object", ev.ObjectName, c.object)
	}
	out := decode(t, "20240502 10:11:12,db,root,h,1,0,CONNECT,mysql,,0,h,77,0,FAILED_CONNECT,x,,1045\n")
	if len(out.Unparsed) != 1 || out.Unparsed[0].Reason != "ambiguous" {
		t.Errorf("a name that poses as a connection: %s", render(out))
	}
}

func TestNasty20AuroraOutOfOrder(t *testing.T) {
	text := "1714644672123456,a,u,h,1,2,QUERY,d,'select 2',0\n1714644671000000,a,u,h,1,1,QUERY,d,'select 1',0\n" +
		"20240502 10:11:12,a,u,h,1,3,QUERY,d,'select 3',0,,\n20240502 10:11:12,a,u,h,1,4,QUERY,d,'select 4',0\n"
	events := whole(t, decode(t, text), 4)
	equal(t, "first", events[0].EventTime, time.UnixMicro(1714644672123456).UTC())
	equal(t, "second is earlier", events[1].EventTime.Before(events[0].EventTime), true)
	var formats []string
	for _, ev := range events {
		formats = append(formats, ev.Format)
	}
	if want := []string{"mysql/aurora", "mysql/aurora", "mysql/server_audit", "mariadb/server_audit"}; !slices.Equal(formats, want) {
		t.Errorf("formats %q, want %q", formats, want)
	}
}

func TestNasty21MaskedSecrets(t *testing.T) {
	maria := func(sql string) string { return "20240502 10:11:12,db,u,h,1,2,QUERY,d,'" + sql + "',0\n" }
	for _, text := range []string{
		rds + "LOG:  AUDIT: SESSION,1,1,ROLE,CREATE ROLE,,,create role x (password <REDACTED>,<none>\n",
		maria("create user x identified by *****"), maria("create user x identified by <secret>"),
		`{"msg-type":"activity","date":"1714644672123","thread-id":"5","user":"u","cmd":"set","query":"set password = ***"}` + "\n",
	} {
		ev := whole(t, decode(t, text), 1)[0]
		equal(t, text, ev.Redacted, true)
		equal(t, "the mask stays", strings.Contains(ev.Statement, "REDACTED") || strings.Contains(ev.Statement, "***") || strings.Contains(ev.Statement, "<secret>"), true)
	}
	secret := "alter user x password 'hunter2'"
	for _, text := range []string{
		rds + "LOG:  statement: " + secret + "\n", rds + "ERROR:  syntax error at or near \"x\"\n" + rds + "STATEMENT:  " + secret + "\n",
	} {
		ev := whole(t, decode(t, text), 1)[0]
		equal(t, "statement", ev.Statement, secret)
		equal(t, "not the server's mask", ev.Redacted, false)
		equal(t, "message", strings.Contains(ev.Message, "hunter2"), false)
	}
	for _, text := range []string{rds + "LOG:  AUDIT: SESSION,1,hunter2\n", "{\"timestamp\":\"hunter2\n", "20240502 10:11:12,hunter2\n"} {
		for _, u := range decode(t, text).Unparsed {
			equal(t, "error without the record", strings.Contains(u.Error, "hunter2"), false)
		}
	}
}

func TestNasty22PerconaLiveFiles(t *testing.T) {
	record := writers["percona/audit_log_xml"]
	text := "<?xml version=\"1.0\"?>\n<AUDIT>\n" + record("select\n1") + "\n<AUDIT_RECORD\n  NAME=\"Query\"\n  SQLTEXT=\"cut\n" + record("select '\x01'") +
		"\n<?xml version=\"1.0\"?>\n<AUDIT>\n<AUDIT_RECORD>\n<NAME>Query</NAME>\n<TIMESTAMP>2024-05-02T10:11:12 UTC</TIMESTAMP>\n<COMMAND_CLASS>select</COMMAND_CLASS>\n<IP/>\n<SQLTEXT>a &lt; b\nc</SQLTEXT>\n<STATUS>0</STATUS>\n</AUDIT_RECORD>\n"
	out := decode(t, text)
	if want := []string{"select\n1", "select '\x01'", "a < b\nc"}; !slices.Equal(statements(out.Events), want) || len(out.Unparsed) != 1 {
		t.Errorf("got %s", render(out))
	}
	literal := "<AUDIT_RECORD NAME=\"Query\" TIMESTAMP=\"2024-05-02T10:11:12Z\" STATUS=\"0\" COMMAND_CLASS=\"select\" SQLTEXT=\"select\n'/&gt;'\n\"/>\n"
	equal(t, "newlines in an attribute", whole(t, decode(t, literal), 1)[0].Statement, "select\n'/>'\n")
	csv := writers["percona/audit_log_csv"]
	equal(t, "CSV newline", whole(t, decode(t, csv("a\n\"Query\",b\n")+"\n"), 1)[0].Statement, "a\n\"Query\",b\n")
	kinds := []pipeline.EventKind{pipeline.KindConnect, pipeline.KindDisconnect, pipeline.KindStatement}
	rows := `"Connect","1_2024-05-02T10:11:12","2024-05-02T10:11:12 UTC","13",0,"app","app","","","web","10.0.0.5","shop"` + "\n" +
		`"Quit","2_2024-05-02T10:11:12","2024-05-02T10:11:12 UTC","13",0,"app","app","","","web","10.0.0.5","shop"` + "\n" + csv("x") + "\n"
	for i, ev := range whole(t, decode(t, rows), 3) {
		equal(t, "twelve columns", ev.Kind, kinds[i])
	}
}

func TestNasty23EnterpriseArrays(t *testing.T) {
	object := func(sql string) string {
		return `{ "timestamp": "2024-05-02 10:11:15", "id": 0, "class": "general", "event": "status", "connection_id": 12, "general_data": { "command": "Query", "query": ` + quoteJSON(sql) + `, "status": 0 } }`
	}
	pretty := strings.NewReplacer(", \"", ",\n  \"", "{ ", "{\n  ", " }", "\n}").Replace(object("select 2"))
	bare := `{ "timestamp": "2024-05-02 10:11:15", "id": 0, "class": "general", "event": "status", "connection_id": 12, "general_data": { "command": "Ping", "status": 0 } }`
	text := "[\n" + object("select '/'") + ",\n" + pretty + ",\n" + bare + "\n]\n[\n" + strings.ReplaceAll(object("a/b"), "a/b", `a\/b`) + ",\n"
	events := whole(t, decode(t, text), 4)
	if want := []string{"select '/'", "select 2", "", "a/b"}; !slices.Equal(statements(events), want) {
		t.Errorf("statements %q, want %q", statements(events), want)
	}
	out := decode(t, "[\n"+strings.Split(pretty, "\n")[0]+"\n  \"timestamp\": \"2024\",\n"+object("after a restart")+",\n")
	if len(out.Unparsed) != 1 || len(out.Events) != 1 || out.Events[0].Statement != "after a restart" {
		t.Errorf("cut record before a restart: %s", render(out))
	}
	equal(t, "one text", len(whole(t, parsertest.Decode(t, parsers.Config{}, []pipeline.Record{{Raw: []byte("[" + object("1") + "," + object("2") + "]"), Size: 9}}), 2)), 2)
}

func packed(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNasty24Envelopes(t *testing.T) {
	line := rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>"
	nested := line
	for depth := 1; depth <= 6; depth++ {
		nested = `{"message":` + quoteJSON(nested) + `}`
		out := decode(t, nested+"\n")
		if depth <= 5 {
			equal(t, fmt.Sprintf("%d deep", depth), whole(t, out, 1)[0].Statement, "select 1")
			continue
		}
		if len(out.Unparsed) != 1 || out.Unparsed[0].Reason != "too_deep" {
			t.Errorf("%d deep: %s", depth, render(out))
		}
	}
	control := `{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}`
	data := `{"messageType":"DATA_MESSAGE","logGroup":"/aws/rds/cluster/orders/audit","logStream":"s","logEvents":[{"id":"1","timestamp":1714644672123,"message":` + quoteJSON(line) + `}]}`
	blob := packed(t, control+data+data)
	for name, raw := range map[string][]byte{"gzip": blob, "base64": []byte(base64.StdEncoding.EncodeToString(blob))} {
		out := parsertest.Decode(t, parsers.Config{}, []pipeline.Record{{Raw: raw, Size: int64(len(raw)), Seq: 1}})
		events := whole(t, out, 2)
		equal(t, name, events[0].Cluster, "orders")
		equal(t, name, events[1].Index, 1)
		equal(t, name, out.Skipped == nil, true)
	}
	equal(t, "control message alone", decode(t, control+"\n").Skipped[0].Reason, "control")
	ev := whole(t, decode(t, `{"type":"DatabaseActivityMonitoringRecord","databaseActivityEventList":[{"type":"heartbeat"},{"class":"READ","command":"SELECT","commandText":"select 1","dbUserName":"u","logTime":"2019-10-30 00:39:49.990579+00","exitCode":"00000","rowCount":9007199254740993,"serverType":"PostgreSQL","type":"record"}]}`+"\n"), 1)[0]
	equal(t, "int64", ev.Rows, 9007199254740993)
	stream := func(class string) string {
		return `{"class":"` + class + `","command":"QUERY","commandText":"select 1","dbUserName":"u","logTime":"2019-10-30 00:39:49.990579+00","exitCode":"0","serverType":"MYSQL","sessionId":"5","type":"record"}`
	}
	for _, order := range [][2]string{{"MAIN", "AUX"}, {"AUX", "MAIN"}} {
		text := `{"type":"DatabaseActivityMonitoringRecord","databaseActivityEventList":[` + stream(order[0]) + "," + stream(order[1]) + "]}\n"
		for _, ev := range whole(t, decode(t, text), 2) {
			equal(t, "repeat of "+ev.Class, ev.Repeat, ev.Class == "AUX")
		}
	}
	azure := func(subclass string, code int) string {
		return fmt.Sprintf(`{"category":"MySqlAuditLogs","time":"2024-03-01T13:59:50Z","properties":{"event_class":"general_log","event_subclass":"%s","connection_id":7,"user":"app[app] @  [10.0.0.5]","sql_text":"selec 1","error_code":%d,"event_time":"2024-03-01T13:59:49Z"}}`, subclass, code) + "\n"
	}
	events := whole(t, decode(t, azure("LOG", 0)+azure("ERROR", 1064)+azure("STATUS", 1064)), 3)
	for i, want := range []struct {
		kind   pipeline.EventKind
		repeat bool
	}{{pipeline.KindStatement, false}, {pipeline.KindError, false}, {pipeline.KindError, true}} {
		equal(t, fmt.Sprint("Azure kind of ", i), events[i].Kind, want.kind)
		equal(t, fmt.Sprint("Azure repeat of ", i), events[i].Repeat, want.repeat)
	}
	ev = whole(t, decode(t, `{"timestamp":"2024-05-02 10:11:12.345 UTC","pid":9007199254740993,"error_severity":"LOG","message":"x"}`+"\n"), 1)[0]
	equal(t, "int64", ev.ProcessID, 9007199254740993)
}

// memory runs f and gives the bytes that are still in use after it, and what it allocated in all.
func memory(f func()) (kept, allocated uint64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	if after.HeapAlloc > before.HeapAlloc {
		kept = after.HeapAlloc - before.HeapAlloc
	}
	return kept, after.TotalAlloc - before.TotalAlloc
}

func TestNasty25Limits(t *testing.T) {
	const mb = 1 << 20
	cfg := parsers.Config{MaxRecordBytes: mb, MaxHeldBytes: 2 * mb, MaxSessions: 100, MaxStreams: 16}
	follow := map[string]string{"csv": writers["postgresql/csvlog"](sentinelSQL), "stderr": rds + "LOG:  statement: " + sentinelSQL, "xml": writers["percona/audit_log_xml"](sentinelSQL)}
	start := map[string]string{"csv": strings.TrimSuffix(writers["postgresql/csvlog"]("x"), `<none>",,,,,,,,,"psql","client backend",,0`), "stderr": rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"x", "xml": "<AUDIT_RECORD\n SQLTEXT=\"x"}
	for name := range start {
		t.Run("never closing "+name, func(t *testing.T) {
			d, err := parsers.New(cfg, parsers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			lines := map[string]int{"csv": 100_000}[name] // 100 MB
			if lines == 0 {
				lines = 10_000
			}
			filler := []byte("\t" + strings.Repeat("y", 1000))
			out := new(pipeline.Decoded)
			feed := func(seq int, raw []byte) {
				d.Decode(pipeline.Record{Source: "s", Stream: "t", Offset: int64(seq), Raw: raw, Size: int64(len(raw)), Seq: uint64(seq)}, out)
			}
			kept, _ := memory(func() {
				for i, l := range strings.Split(start[name], "\n") {
					feed(i, []byte(l))
				}
				for i := range lines {
					feed(10+i, slices.Clone(filler))
				}
			})
			if kept > 8*mb {
				t.Errorf("%d bytes are kept of an open record, want at most 8 MB", kept)
			}
			for i, l := range strings.Split(follow[name], "\n") {
				feed(200_000+i, []byte(l))
			}
			d.Flush(out)
			if got := statements(out.Events); !slices.Contains(got, sentinelSQL) {
				t.Errorf("the record after it is lost; %d events, %d unparsed", len(out.Events), len(out.Unparsed))
			}
			e, u, s := out.Lines()
			want := uint64(lines + strings.Count(start[name], "\n") + strings.Count(follow[name], "\n") + 2)
			equal(t, "lines accounted for", e+u+s, want)
		})
	}
	t.Run("one line of 100 MB", func(t *testing.T) {
		text := rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"" + strings.Repeat("x, ", 100*mb/3) + "\",<none>\n" + rds + "LOG:  statement: " + sentinelSQL + "\n"
		records := parsertest.Records([]byte(text))
		_, allocated := memory(func() {
			out := parsertest.Decode(t, cfg, records)
			equal(t, "statement after it", out.Events[len(out.Events)-1].Statement, sentinelSQL)
		})
		if allocated > 4*mb {
			t.Errorf("%d bytes allocated for a line that needs no copy", allocated)
		}
	})
	t.Run("decompression bomb", func(t *testing.T) {
		raw := packed(t, strings.Repeat("x", 32*mb))
		_, allocated := memory(func() {
			out := parsertest.Decode(t, cfg, []pipeline.Record{{Raw: raw, Size: int64(len(raw)), Seq: 1}})
			equal(t, "reason", out.Unparsed[0].Reason, "oversized")
		})
		if allocated > 16*mb {
			t.Errorf("%d bytes allocated for a bomb", allocated)
		}
	})
	t.Run("1,000,000 sessions in 1,000 streams", func(t *testing.T) {
		d, err := parsers.New(cfg, parsers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		out := new(pipeline.Decoded)
		var lines uint64
		kept, _ := memory(func() {
			for i := range 1_000_000 {
				line := fmt.Appendf(nil, "2024-05-02 10:11:12 UTC:[local]:u@d:[%d]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select %d", i, i)
				d.Decode(pipeline.Record{Source: "s", Stream: fmt.Sprint(i / 1000), Offset: int64(i), Raw: line, Size: int64(len(line)), Seq: uint64(i)}, out)
				if i%1000 == 0 {
					e, u, s := out.Lines()
					lines += e + u + s
					out.Reset()
				}
			}
			d.Flush(out)
			e, u, s := out.Lines()
			lines += e + u + s
			out = new(pipeline.Decoded)
		})
		equal(t, "lines accounted for", lines, uint64(1_000_000))
		if kept > 4*mb {
			t.Errorf("%d bytes kept for sessions and streams", kept)
		}
		runtime.KeepAlive(d)
	})
	t.Run("junk between records", func(t *testing.T) {
		text := strings.Repeat(rds+"LOG:  statement: select 1\npg_ctl: could not start server\n\x00\x01\x02\n", 1000)
		out := decode(t, text)
		equal(t, "events", len(out.Events), 1000)
		equal(t, "unparsed", len(out.Unparsed), 2000)
	})
}

// TestCutRecords gives records that their source cut: what there is of the statement is kept and marked.
func TestCutRecords(t *testing.T) {
	sql := "select 'a \"quoted\" " + strings.Repeat("x", 100)
	for format, write := range map[string]func(string) string{"postgresql/csvlog": writers["postgresql/csvlog"], "postgresql/stderr": writers["postgresql/stderr"]} {
		whole := write(sql + "', 2")
		at := strings.Index(whole, "xxxx") + 50
		records := parsertest.Records([]byte(whole[:at] + "\n" + write("select 2") + "\n"))
		records[0].Truncated = true
		out := parsertest.Decode(t, parsers.Config{Format: format}, records)
		if len(out.Events) != 2 || len(out.Unparsed) != 0 {
			t.Fatalf("%s: %s", format, render(out))
		}
		equal(t, format+" cut", out.Events[0].Truncated, true)
		equal(t, format+" text", out.Events[0].Statement, sql[:len("select 'a \"quoted\" ")+50])
		equal(t, format+" next", out.Events[1].Statement, "select 2")
		equal(t, format+" next is whole", out.Events[1].Truncated, false)
	}
}

// TestCutObjects cuts records in JSON at every byte: nothing is lost unmarked, and where the statement has begun it is kept.
func TestCutObjects(t *testing.T) {
	inner := writers["postgresql/jsonlog"]("select 'é' \"x\"\n, 2")
	for name, text := range map[string]string{"jsonlog": inner, "nested": `{"log":` + pgJSON(`{"message":`+pgJSON(writers["postgresql/stderr"]("select 'é'"))+`}`) + `}`, "wrapped": `{"host":"h","message":` + pgJSON(writers["postgresql/stderr"]("select 'é'")) + `}`} {
		for at := 1; at < len(text); at++ {
			records := parsertest.Records([]byte(text[:at] + "\n" + inner + "\n"))
			out := parsertest.Decode(t, parsers.Config{}, records)
			var whole []string
			for _, ev := range out.Events {
				if !ev.Truncated {
					whole = append(whole, ev.Statement)
				}
			}
			if !slices.Equal(whole, []string{"select 'é' \"x\"\n, 2"}) {
				t.Errorf("%s cut at %d: %s", name, at, render(out))
			}
			if n := strings.Index(text, "select"); at > n+10 && len(out.Events) != 2 {
				t.Errorf("%s cut at %d, inside the statement: %s", name, at, render(out))
			}
		}
	}
}

// TestTickAfterAStop: the runner stands still for an hour, for a store that is down, with half a record decoded and the
// other half queued. The tick that comes first afterwards must not tear them apart.
func TestTickAfterAStop(t *testing.T) {
	at := time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)
	d, err := parsers.New(parsers.Config{}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := new(pipeline.Decoded)
	records := parsertest.Records([]byte(writers["postgresql/csvlog"]("select\n1") + "\n"))
	d.Decode(records[0], out)
	d.Tick(at, out)
	d.Tick(at.Add(time.Hour), out)
	d.Decode(records[1], out)
	if len(out.Unparsed) != 0 || len(out.Events) != 1 || out.Events[0].Statement != "select\n1" {
		t.Errorf("got %s", render(out))
	}
}
