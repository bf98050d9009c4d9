package parsers_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Cases found by holding the parsers against the documents and samples of the clouds.

// logEntry is an entry of Google Cloud Logging with a line of the server's log.
func logEntry(cluster, text string) string {
	return `{"insertId":"1","logName":"projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log","resource":{"labels":{` + cluster + `},"type":"x"},"severity":"INFO","textPayload":` + pgJSON(text) + `,"timestamp":"2026-03-01T09:00:00.205979Z"}` + "\n"
}

// TestGoogleText: one entry is one message. The further lines of its text have lost the tab that shows them as such elsewhere,
// and no text in them starts a record, whatever it looks like.
func TestGoogleText(t *testing.T) {
	prefix := "2026-03-01 09:00:00.205 UTC [1041]: [1-1] db=d,user=u "
	forged := prefix + "LOG:  statement: drop table t"
	sql := "select 1\nfrom t\n" + forged + "\nwhere x"
	events := whole(t, decode(t, logEntry(`"database_id":"p:pg"`, prefix+"LOG:  statement: "+sql)+
		logEntry(`"database_id":"p:pg"`, prefix+"ERROR:  division by zero")+
		logEntry(`"cluster_id":"alloy"`, prefix+"ERROR:  [int.c:846]  division by zero")+
		logEntry(`"database_id":"p:pg"`, prefix+"STATEMENT:  select 1/0")), 3)
	equal(t, "statement", events[0].Statement, sql)
	for i := range events {
		want := "p:pg"
		if events[i].Statement == "" { // the other server's, with the same process id
			want = "alloy"
		}
		equal(t, "cluster", events[i].Cluster, want)
	}
}

// TestStreamInPlace: activity streams are also passed on with the decrypted events where the encrypted ones were.
func TestStreamInPlace(t *testing.T) {
	event := `{"logTime":"2026-03-01 09:00:00.990579+00","class":"READ","command":"SELECT","commandText":"select 1","dbUserName":"app","serverType":"PostgreSQL","type":"record"}`
	list := `{"type":"DatabaseActivityMonitoringRecord","clusterId":"cluster-4H","instanceId":"db-FZ","databaseActivityEventList":[` + event + `,{"type":"heartbeat"}]}`
	ev := whole(t, decode(t, `{"type":"DatabaseActivityMonitoringRecords","version":"1.1","databaseActivityEvents":`+list+`,"key":"k"}`+"\n"), 1)[0]
	equal(t, "statement", ev.Statement, "select 1")
	equal(t, "cluster", ev.Cluster, "cluster-4H")
}

// TestEventsOfFunctions: what AWS hands a Lambda function, as such functions pass it on.
func TestEventsOfFunctions(t *testing.T) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(`{"messageType":"DATA_MESSAGE","logGroup":"/aws/rds/instance/orders/postgresql","logStream":"orders.0","logEvents":[{"id":"1","timestamp":1772355600123,"message":` + pgJSON(rds+"LOG:  statement: select 1") + `}]}`))
	_ = w.Close()
	data := base64.StdEncoding.EncodeToString(b.Bytes())
	for _, text := range []string{
		`{"awslogs":{"data":"` + data + `"}}`,
		`{"kinesis":{"partitionKey":"a","data":"` + data + `"},"eventSource":"aws:kinesis"}`,
		`{"Records":[{"kinesis":{"partitionKey":"a","data":"` + data + `"},"eventSource":"aws:kinesis"}]}`,
	} {
		ev := whole(t, decode(t, text+"\n"), 1)[0]
		equal(t, "statement", ev.Statement, "select 1")
		equal(t, "cluster", ev.Cluster, "orders")
	}
}

// TestIBMCloudLogs: the line stands two objects deep.
func TestIBMCloudLogs(t *testing.T) {
	line := "2026-03-01 09:00:00 UTC [DBeaver <a.sql>] [00000] [11276]: [10-1] user=admin,db=d,client=10.0.0.9 LOG:  AUDIT: SESSION,10,1,DDL,CREATE TABLE,,,create table x (id int),<not logged>"
	ev := whole(t, decode(t, `{"data":{"tag":"platform","label":{"member":"m-0"},"stream":"stderr","message":{"saveServiceCopy":false,"message":`+pgJSON(line)+`,"serviceName":"databases-for-postgresql"},"logtag":"F"},"labels":{"applicationname":"x"},"metadata":{"timestamp":"2026-03-01T09:00:00.8"}}`+"\n"), 1)[0]
	equal(t, "role", ev.Role, "admin")
	equal(t, "command", ev.Command, "CREATE TABLE")
}

// TestAzureTable: tables carry their database's name, as everywhere; the process id is part of the session's.
func TestAzureTable(t *testing.T) {
	ev := whole(t, decode(t, `{"time":"2026-03-01T09:00:01Z","resourceId":"/X/SERVERS/MYSQL1","category":"MySqlAuditLogs","properties":{"event_class":"table_access_log","event_subclass":"READ","event_time":"2026-03-01T09:00:00Z","connection_id":12,"ip":"10.1.1.4","user":"app[app] @  [10.1.1.4]","db":"shop","table":"t","sql_text":"select 1"}}`+"\n"), 1)[0]
	equal(t, "kind", ev.Kind, pipeline.KindObject)
	equal(t, "object", ev.ObjectName, "shop.t")
	equal(t, "process", whole(t, decode(t, "2026-03-01 09:00:00 UTC-69a3fc3f.63-LOG:  statement: select 1\n"), 1)[0].ProcessID, 99)
}

// TestPartsOfLines: what a container runtime split is joined; a long line whose end a shipper took off swallows no other.
func TestPartsOfLines(t *testing.T) {
	long := "select '" + strings.Repeat("x", 16<<10) + "'"
	line := rds + "LOG:  statement: " + long
	object := func(text, more string) string {
		return `{"log":` + quoteJSON(text) + `,"stream":"stderr"` + more + "}\n"
	}
	next := rds + "LOG:  statement: select 2"
	const part = 16 << 10
	exact := rds + "LOG:  statement: select '" + strings.Repeat("x", part-len(rds+"LOG:  statement: select ''")) + "'"
	for name, text := range map[string]string{
		"Docker":              object(line[:part], "") + object(line[part:]+"\n", "") + object(next+"\n", ""),
		"Fluent Bit, joined":  object(line, `,"_p":"F"`) + object(next, `,"_p":"F"`),
		"Fluent Bit, parts":   object(line[:100], `,"logtag":"P"`) + object(line[100:], `,"logtag":"F"`) + object(next, `,"logtag":"F"`),
		"Vector, parts":       object(line[:100], `,"_partial":true`) + object(line[100:], "") + object(next, ""),
		"longer than a part":  object(line, "") + object(next, ""),
		"ends taken off":      object(next, "") + object(exact, "") + object(next, ""),
		"ends taken off, CRI": "2024-05-02T10:11:12.1Z stderr P " + line[:part] + "\n2024-05-02T10:11:12.1Z stderr F " + line[part:] + "\n2024-05-02T10:11:12.1Z stderr F " + next + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			list := statements(decode(t, text).Events)
			if len(list) < 2 || len(list[len(list)-2]) < part-200 || list[len(list)-1] != "select 2" {
				t.Errorf("%d statements, the last but one of %d bytes", len(list), len(list[max(0, len(list)-2)]))
			}
		})
	}
}

// TestLineLikeAPart: a stream's first line that is just as long as Docker's parts, without its end, swallows nothing.
func TestLineLikeAPart(t *testing.T) {
	const part = 16 << 10
	object := func(text string) string { return `{"log":` + quoteJSON(text) + `,"stream":"stderr"}` + "\n" }
	head, next := rds+"LOG:  statement: ", rds+"LOG:  statement: select 2"
	long := "select '" + strings.Repeat("x", part-len(head)-len("select '"))
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a record follows", object(head+long) + object(next), []string{long, "select 2"}},
		{"a further line follows", object(head+long) + object("\tb'") + object(next), []string{long + "\nb'", "select 2"}},
		{"a part that looks like a record follows", object(head+long) + object(next+"'\n") + object(next+"\n"), []string{long + next + "'", "select 2"}},
		{"a part follows", object(head+long) + object("y'"), []string{long + "y'"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, sql := range statements(whole(t, decode(t, c.text), len(c.want))) {
				if sql != c.want[i] {
					t.Errorf("%d bytes that end in %q, want %d", len(sql), sql[max(0, len(sql)-20):], len(c.want[i]))
				}
			}
		})
	}
}

// TestOriginOfParts: what an envelope says of a part is said of the line, and of no other.
func TestOriginOfParts(t *testing.T) {
	decode := func(text string) *pipeline.Decoded {
		records := parsertest.Records([]byte(text))
		for i := range records {
			records[i].Time = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
		}
		return parsertest.Decode(t, parsers.Config{Prefix: "[%p] "}, records)
	}
	ev := whole(t, decode(`{"log":"[7] LOG:  statement: sele","_p":"P","stream":"stdout","host":"h1","date":1577836800}`+"\n"+
		`{"log":"ct 1\n","_p":"F","stream":"stdout","host":"h1","date":1577836801}`+"\n"), 1)[0]
	equal(t, "statement", ev.Statement, "select 1")
	equal(t, "host", ev.Host, "h1")
	equal(t, "time", ev.EventTime, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))

	events := whole(t, decode(`[{"log":"[7] LOG:  statement: sel","_p":"P","stream":"stdout","host":"h1","date":1577836800},{"log":"[8] LOG:  statement: select 2\n","stream":"stderr"}]`+"\n"), 2)
	for _, ev := range events {
		if ev.Statement == "select 2" {
			equal(t, "host of another", ev.Host, "")
			equal(t, "time of another", ev.EventTime.Year(), 2026)
		}
	}
}

// TestCloudSQLChunkOutOfRange: a chunk that says nothing of its place keeps its text.
func TestCloudSQLChunkOutOfRange(t *testing.T) {
	for _, c := range [][2]int{{0, 2}, {3, 2}, {1, 5000}} {
		ev := whole(t, decode(t, cloudSQL("a", c[0], c[1], "select 1")), 1)[0]
		equal(t, "statement", ev.Statement, "select 1")
		equal(t, "partial", ev.Partial, true)
	}
}

// TestLogEventPages: pages of CloudWatch Logs as its command line tool prints them, on one line or on many.
func TestLogEventPages(t *testing.T) {
	event := func(stream, text string) string {
		return `{"logStreamName": "` + stream + `", "timestamp": 1714644672123, "message": ` + quoteJSON(text) + `, "ingestionTime": 1714644673123, "eventId": "1"}`
	}
	first, second := rds+`LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select 1,`, "\t2\",<none>"
	list := []string{event("a", first), event("b", first+`",<none>`), event("a", second)}
	for name, text := range map[string]string{
		"one line":   `{"events": [` + strings.Join(list, ", ") + `], "searchedLogStreams": []}`,
		"many lines": "{\n    \"events\": [\n        " + strings.Join(list, ",\n        ") + "\n    ],\n    \"nextForwardToken\": \"f/1\"\n}",
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, "statements", len(statements(whole(t, decode(t, text+"\n"), 2))), 2)
			for _, ev := range decode(t, text+"\n").Events {
				if ev.Statement != "select 1,\n2" && ev.Statement != "select 1," {
					t.Errorf("statement %q", ev.Statement)
				}
			}
		})
	}
}
