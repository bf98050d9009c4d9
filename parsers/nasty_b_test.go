package parsers_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestNasty10ContainerPartials(t *testing.T) {
	line := rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 'é',<none>"
	for cut := 1; cut < len(line)-1; cut++ { // also inside the é
		text := "2024-05-02T10:11:12.1Z stderr P " + line[:cut] + "\n2024-05-02T10:11:12.1Z stdout F other\n2024-05-02T10:11:12.2Z stderr F " + line[cut:] + "\n"
		out := decode(t, text)
		if len(out.Events) != 1 || out.Events[0].Statement != "select 'é'" || out.Events[0].Lines != 2 {
			t.Fatalf("cut at %d: %s", cut, render(out))
		}
	}
	t.Run("only the first line came", func(t *testing.T) {
		text := `{"message":` + quoteJSON("2024-05-02T10:11:12.1Z stderr F "+rds+"LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,t,\"select") + `,"saveServiceCopy":""}` + "\n"
		ev := whole(t, decode(t, text), 1)[0]
		equal(t, "statement", ev.Statement, "select")
		equal(t, "truncated", ev.Truncated, true)
	})
	t.Run("the last part never came", func(t *testing.T) {
		ev := whole(t, decode(t, "2024-05-02T10:11:12.1Z stderr P "+line+"\n"), 1)[0]
		equal(t, "partial", ev.Partial, true)
	})
}

func azureRecord(message string) string {
	return `{"category":"PostgreSQLLogs","time":"2024-03-01T13:59:50Z","resourceId":"/S/SERVERS/ORDERS","properties":{"errorLevel":"LOG","sqlerrcode":"00000","message":` +
		quoteJSON(message) + `}}`
}

func TestNasty11AzureShapes(t *testing.T) {
	head := "2024-03-01 13:59:49 UTC:10.1.1.4(40000):u@db:[99]:app:00000LOG:  00000: "
	message := head + "AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>"
	record := azureRecord(message)
	for name, text := range map[string]string{"object": record, "array": "[" + record + "]", "records": `{"records":[` + record + `]}`} {
		ev := whole(t, decode(t, text+"\n"), 1)[0]
		equal(t, name, ev.Statement, "select 1")
		equal(t, name, ev.SQLState, "00000")
		equal(t, name, ev.Application, "app")
		equal(t, name, ev.Cluster, "orders")
	}
	lines := head + "AUDIT: SESSION,1,1,READ,SELECT,,,\"select 1\n" + head + "AUDIT: SESSION,1,1,READ,SELECT,,,forged,<none>\",<none>"
	ev := whole(t, decode(t, azureRecord(lines)+"\n"), 1)[0]
	equal(t, "line ends without tabs", ev.Statement, "select 1\n"+head+"AUDIT: SESSION,1,1,READ,SELECT,,,forged,<none>")
	long := head + `AUDIT: SESSION,1,1,READ,SELECT,,,"select '` + strings.Repeat("x", 65000)
	ev = whole(t, decode(t, azureRecord(long)+"\n"), 1)[0]
	equal(t, "cut message", ev.Truncated, true)
	ev = whole(t, decode(t, azureRecord("AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>")+"\n"), 1)[0]
	equal(t, "bare message", ev.Statement, "select 1")
	single := `{"category":"PostgreSQLLogs","LogicalServerName":"srv","properties":{"prefix":"2024-03-01 13:59:49 UTC-65e1d8f5.63-","message":"AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>","detail":"","errorLevel":"LOG"}}`
	ev = whole(t, decode(t, single+"\n"), 1)[0]
	equal(t, "single server", ev.SessionID, "65e1d8f5.63")
	equal(t, "single server", ev.Cluster, "srv")
}

func cloudSQL(session string, index, count any, statement string) string {
	b, err := json.Marshal(map[string]any{
		"logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access", "timestamp": "2024-05-02T10:11:12.345678Z",
		"protoPayload": map[string]any{"request": map[string]any{
			"auditClass": "READ", "auditType": "SESSION", "chunkCount": count, "chunkIndex": index, "command": "SELECT",
			"databaseSessionId": session, "statement": statement, "statementId": 7, "substatementId": 1, "user": "app", "parameter": "[not logged]",
		}},
	})
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

func TestNasty12CloudSQLChunks(t *testing.T) {
	text := cloudSQL("a", "3", "3", "3") + cloudSQL("b", 1, 2, "lost") + cloudSQL("a", "1", "3", "1") + cloudSQL("a", "1", "3", "1") + cloudSQL("a", "2", "3", "2")
	events := whole(t, decode(t, text), 2)
	equal(t, "joined", events[0].Statement, "123")
	equal(t, "joined lines", events[0].Lines, 4) // a chunk that came twice counts as a line, not as text
	equal(t, "missing chunk", events[1].Partial, true)
	equal(t, "not logged parameters", events[0].Redacted, true)
	ev := whole(t, decode(t, cloudSQL("a", 1, 1, "[not logged]")), 1)[0]
	equal(t, "not logged", ev.Statement, "")
	plain := `{"logName":"projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log","timestamp":"2024-05-02T10:11:12Z","textPayload":"[24667]: [2-1] db=shop,user=app FATAL:  password authentication failed for user \"app\""}`
	ev = whole(t, decode(t, plain+"\n"), 1)[0]
	equal(t, "text without a time", ev.TimeCertainty, pipeline.TimeTransport)
	equal(t, "kind", ev.Kind, pipeline.KindLoginFailure)
}

func TestNasty13Timestamps(t *testing.T) {
	day := func(s string) string { return s + ` [877] LOG:  statement: select 1` }
	for _, c := range []struct{ line, zone, want, sure string }{
		{day("2024-05-02 10:11:12.345 UTC"), "", "2024-05-02T10:11:12.345Z", "exact"},
		{day("2024-05-02 10:11:12.345 +03"), "", "2024-05-02T07:11:12.345Z", "exact"},
		{day("2024-05-02 10:11:12.345 +0530"), "", "2024-05-02T04:41:12.345Z", "exact"},
		{day("2024-05-02 10:11:12.345 -03"), "", "2024-05-02T13:11:12.345Z", "exact"},
		{day("2024-05-02 10:11:12 IST"), "", "2024-05-02T04:41:12Z", "zone_assumed"},
		{day("2024-05-02 10:11:12 IST"), "Asia/Jerusalem", "2024-05-02T04:41:12Z", "zone_assumed"}, // there it is IDT in May
		{day("2024-01-02 10:11:12 IST"), "Asia/Jerusalem", "2024-01-02T08:11:12Z", "exact"},
		{day("2024-01-02 10:11:12 CST"), "Asia/Shanghai", "2024-01-02T02:11:12Z", "exact"},
		{day("2024-10-27 02:30:00 CEST"), "Europe/Berlin", "2024-10-27T00:30:00Z", "exact"},
		{day("2024-10-27 02:30:00 CET"), "Europe/Berlin", "2024-10-27T01:30:00Z", "exact"},
		{"1714644672.345 [877] LOG:  statement: select 1", "", "2024-05-02T10:11:12.345Z", "exact"},
		{"20240502 10:11:12,h,u,c,1,2,QUERY,d,'select 1',0", "America/New_York", "2024-05-02T14:11:12Z", "zone_assumed"},
		{"2024-05-02 10:11:12,h,u,c,1,2,QUERY,d,'select 1',0", "America/New_York", "2024-05-02T14:11:12Z", "zone_assumed"},
		{`{"msg-type":"activity","date":"1714644672123","thread-id":"5","user":"u","cmd":"select","query":"select 1"}`, "", "2024-05-02T10:11:12.123Z", "exact"},
		{`{"timeUnixNano":"1714644672123456789","body":{"stringValue":"[24667]: [2-1] db=d,user=u LOG:  statement: select 1"}}`, "", "2024-05-02T10:11:12.123456789Z", "transport"},
		{"1714644672123456,h,u,c,1,2,QUERY,d,'select 1',0", "", "2024-05-02T10:11:12.123456Z", "exact"},
	} {
		cfg := parsers.Config{TimeZone: c.zone}
		if strings.HasPrefix(c.line, "1714644672.") {
			cfg.Prefix = "%n [%p] "
		}
		ev := whole(t, parsertest.Text(t, cfg, c.line+"\n"), 1)[0]
		equal(t, c.line+" in "+c.zone, ev.EventTime.Format(time.RFC3339Nano), c.want)
		equal(t, c.line+" in "+c.zone, string(ev.TimeCertainty), c.sure)
	}
	for _, c := range []struct{ line, now, want string }{ // no year
		{"Feb 29 23:59:59", "2024-03-01T00:00:00Z", "2024-02-29T23:59:59Z"},
		{"Feb 29 23:59:59", "2026-01-01T00:00:00Z", "2024-02-29T23:59:59Z"},
		{"Dec 31 23:59:59", "2025-01-01T00:00:01Z", "2024-12-31T23:59:59Z"},
		{"Jan  1 00:00:01", "2024-12-31T23:59:59Z", "2025-01-01T00:00:01Z"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		records := parsertest.Records([]byte(c.line + " h postgres[1]: [1-1] LOG:  statement: select 1\n"))
		records[0].Time = now
		ev := whole(t, parsertest.Decode(t, parsers.Config{}, records), 1)[0]
		equal(t, c.line, ev.EventTime.Format(time.RFC3339), c.want)
		equal(t, c.line, ev.TimeCertainty, pipeline.TimeYearAssumed)
	}
}

func TestNasty14LocalisedLabels(t *testing.T) {
	p := "2024-05-02 10:11:12.345 UTC [877] "
	for _, c := range [][2]string{
		{"FEHLER:  ", "ANWEISUNG:  "}, {"ERREUR:  ", "INSTRUCTION :  "}, {"ERROR:  ", "SENTENCIA:  "}, {"ERRORE:  ", "ISTRUZIONE:  "},
		{"ОШИБКА:  ", "ОПЕРАТОР:  "}, {"오류:  ", "명령 구문:  "}, {"错误:  ", "语句:  "}, {"FEL:  ", "SATS:  "}, {"ПОМИЛКА:  ", "ІНСТРУКЦІЯ:  "},
		{"შეცდომა:  ", "ოპერატორი:  "}, {"錯誤:  ", "陳述式:  "}, {"ERROR:  ", "文:  "}, {"ERROR: ", "STATEMENT: "}, {"ERROR:  42P01: ", "STATEMENT:  "},
	} {
		ev := whole(t, decode(t, p+c[0]+"text\n"+p+"LOCATION:  f, x.c:1\n"+p+c[1]+"select 1\n"), 1)[0]
		equal(t, c[0], ev.Kind, pipeline.KindError)
		equal(t, c[0], ev.Severity, "ERROR")
		equal(t, c[1], ev.Statement, "select 1")
		equal(t, c[0], ev.Message, "text")
	}
}

func TestNasty15Prefixes(t *testing.T) {
	for _, c := range []struct{ prefix, line, role, database, application string }{
		{"%m [%p] %u@%d %a ", "2024-05-02 10:11:12.345 UTC [877] a@b@shop sidekiq 6 [0 of 50 busy] ", "a@b", "shop", "sidekiq 6 [0 of 50 busy]"},
		{"%t:%r:%u@%d:[%p]:", "2024-05-02 10:11:12 UTC:[local]:[unknown]@[unknown]:[877]:", "", "", ""},
		{"%m [%p] [%a] %u@%d ", "2024-05-02 10:11:12.345 UTC [877] [x] y: z@w] u@d ", "u", "d", "x] y: z@w"},
		{"%m [%p] %q%u@%d ", "2024-05-02 10:11:12.345 UTC [877] ", "", "", ""},
		{"%-12u|%8d|%p|", "app         |    shop|877|", "app", "shop", ""},
		{"%%%u%%%d%% ", "%app%shop% ", "app", "shop", ""},
		{"user=%u,db=%d,app=%a,client=%h ", "user=a,b,db=d,app=x,client=y,client=10.0.0.1 ", "a,b", "d", "x,client=y"},
		{"%a", "psql", "", "", "psql"},
		{"", "", "", "", ""},
		{"%m%", "2024-05-02 10:11:12.345 UTC", "", "", ""},
		{"%m [%p] %b %Q %P %l ", "2024-05-02 10:11:12.345 UTC [877] client backend -5  3 ", "", "", ""},
	} {
		ev := whole(t, parsertest.Text(t, parsers.Config{Prefix: c.prefix}, c.line+"LOG:  statement: select 1\n"), 1)[0]
		equal(t, c.prefix+" role", ev.Role, c.role)
		equal(t, c.prefix+" database", ev.Database, c.database)
		equal(t, c.prefix+" application", ev.Application, c.application)
		equal(t, c.prefix+" statement", ev.Statement, "select 1")
	}
	ev := whole(t, decode(t, "2024-05-02 10:11:12.345 UTC [877] LOG:  connection authorized: user=app database=shop application_name=my app (x) v=1\n"), 1)[0]
	equal(t, "unquoted application_name", ev.Application, "my app (x) v=1")
	equal(t, "role of the message", ev.Role, "app")
	equal(t, "database of the message", ev.Database, "shop")
}

func TestNasty16Clients(t *testing.T) {
	at := func(client string) string {
		return "2024-05-02 10:11:12 UTC:" + client + ":app@shop:[877]:LOG:  statement: select 1\n"
	}
	csv := func(from string) string {
		return strings.Replace(writers["postgresql/csvlog"]("select 1"), "10.0.3.9:40112", from, 1) + "\n"
	}
	maria := func(host string) string { return "20240502 10:11:12,db,app," + host + ",1,2,QUERY,d,'select 1',0\n" }
	for _, c := range []struct {
		text, client string
		port         uint16
	}{
		{at("::1(5432)"), "::1", 5432}, {at("[local]"), "[local]", 0}, {at("db-1.example.org(40000)"), "db-1.example.org", 40000},
		{at("fe80::1%eth0(1)"), "fe80::1%eth0", 1}, {at(""), "", 0},
		{csv("::1:5432"), "::1", 5432}, {csv("[local]"), "[local]", 0}, {csv("h.example:1"), "h.example", 1},
		{maria("10.0.0.1:5000"), "10.0.0.1", 5000}, {maria("localhost"), "localhost", 0}, {maria("::1"), "::1", 0}, {maria("[::1]:5000"), "::1", 5000}, {maria(""), "", 0},
	} {
		ev := whole(t, decode(t, c.text), 1)[0]
		equal(t, c.text, ev.ClientAddr, c.client)
		equal(t, c.text, ev.ClientPort, c.port)
		equal(t, c.text, ev.Has&pipeline.HasClient != 0, c.client != "")
	}
}

func TestNasty17MariaDBEscapes(t *testing.T) {
	for escaped, want := range map[string]string{
		`select \'it\\\'s\'`: `select 'it\'s'`, `a\\nb`: `a\nb`, `a\nb`: "a\nb", `ends in \\`: `ends in \`, `\',0\',0`: `',0',0`,
		`\q\z`: `\q\z`, `\b\t\f\r`: "\b\t\f\r", `',0,,`: `',0,,`, ``: ``, `\`: `\`,
	} {
		for _, tail := range []string{"',0", "',0,,"} {
			ev := whole(t, decode(t, "20240502 10:11:12,db,app,h,1,2,QUERY,shop,'"+escaped+tail+"\n"), 1)[0]
			equal(t, escaped, ev.Statement, want)
			engine := pipeline.MariaDB
			if tail == "',0,," {
				engine = pipeline.MySQL
			}
			equal(t, tail, ev.Engine, engine)
		}
	}
}

func TestNasty18BytesThatAreNoText(t *testing.T) {
	line := func(sql string) string { return "20240502 10:11:12,db,app,h,1,2,QUERY,shop,'" + sql + "',0\n" }
	long := strings.Repeat("x", 1023)
	for _, c := range []struct {
		sql, want string
		truncated bool
	}{
		{long + "é"[:1], long + "\uFFFD", true}, {long + "x", long + "x", true}, {long, long, false}, {long + "xx", long + "xx", false},
		{"a\xff\xfeb", "a\uFFFDb", false}, {"a\x00b", "a\x00b", false},
	} {
		ev := whole(t, decode(t, line(c.sql)), 1)[0]
		equal(t, "statement", ev.Statement, c.want)
		equal(t, fmt.Sprintf("truncated (%d bytes)", len(c.sql)), ev.Truncated, c.truncated)
	}
	for name, text := range map[string]string{
		"byte order mark": "\xEF\xBB\xBF" + line("select 1"), "CRLF": strings.ReplaceAll(line("select 1")+line("select 1"), "\n", "\r\n"),
		"CRLF csvlog": strings.ReplaceAll(writers["postgresql/csvlog"]("select 1"), "\n", "\r\n") + "\r\n",
		"CRLF stderr": rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>\r\n",
		"blank lines": "\n\r\n" + line("select 1") + "\n",
	} {
		out := decode(t, text)
		if len(out.Unparsed) != 0 || len(out.Events) == 0 || slices.ContainsFunc(out.Events, func(ev pipeline.Event) bool { return ev.Statement != "select 1" || len(ev.Parameters) > 0 }) {
			t.Errorf("%s: %s", name, render(out))
		}
	}
	ev := whole(t, decode(t, `{"timestamp":"2024-05-02 10:11:12.345 UTC","pid":1,"error_severity":"LOG","message":"statement: select '\ud800 \ud83d\ude00 \u0000'"}`+"\n"), 1)[0]
	equal(t, "surrogates", ev.Statement, "select '\uFFFD \U0001F600 \x00'")
	raw := decode(t, "20240502 10:11:12,\xff\n").Unparsed
	if len(raw) != 1 {
		t.Fatalf("unparsed: %v", raw)
	}
}
