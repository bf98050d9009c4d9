package parsers_test

import (
	"strings"
	"testing"
)

// TestFilterAccount: audit_log_filter writes the user with what it was matched to.
func TestFilterAccount(t *testing.T) {
	text := filterRecord("general", "status", `    "account": { "user": "root[root] @ localhost []", "host": "localhost" },
    "login": { "user": "root[root] @ localhost []", "os": "", "ip": "", "proxy": "" },
    "general_data": { "command": "Query", "query": "select 1", "status": 0 }`)
	equal(t, "role", whole(t, decode(t, text+"\n"), 1)[0].Role, "root")
}

// TestFormatVersion: an event says what its record tells of the version of what wrote it, and nothing where that is nothing.
func TestFormatVersion(t *testing.T) {
	csv := `2024-05-02 10:11:12.345 UTC,"app","shop",877,"10.0.3.9:40112",663365a0.36d,1,"SELECT",2024-05-02 10:00:00 UTC,3/10,0,LOG,00000,"AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>",,,,,,,,,"psql"`
	xml := "<AUDIT_RECORD NAME=\"Audit\" TIMESTAMP=\"2024-05-02T10:11:12 UTC\" MYSQL_VERSION=\"8.0.30-22\"/>"
	maria := func(tail string) string { return "20240502 10:11:12,db1,app," + tail }
	enterprise := func(more string) string {
		return `{ "timestamp": "2024-05-02 10:11:15", "id": 0, "class": "general", "event": "status", "connection_id": 12, "general_data": { "command": "Query", "query": "select 1", "status": 0 }` + more + ` }`
	}
	das := writers["aws/database_activity_stream"]("select 1")
	for _, c := range []struct{ name, text, want string }{
		{"csvlog of 23 columns", csv, "9.0-12 pgaudit/9"},
		{"csvlog of 24 columns", csv + `,"client backend"`, "13 pgaudit/9"},
		{"csvlog of 26 columns", csv + `,"client backend",,0`, "14+ pgaudit/9"},
		{"csvlog of a fork", csv + `,"client backend",,0,"node1"`, "pgaudit/9"},
		{"csvlog with rows", strings.Replace(csv, "<none>", "<none>,1", 1) + `,"client backend",,0`, "14+ pgaudit/10"},
		{"csvlog without pgaudit", strings.Replace(csv, "AUDIT: ", "x", 1), "9.0-12"},
		{"jsonlog", writers["postgresql/jsonlog"]("select 1"), "15+ pgaudit/9"},
		{"stderr", rds + "LOG:  statement: select 1", ""},
		{"stderr, pgaudit", rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>", "pgaudit/9"},
		{"stderr, pgaudit with rows", rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>,5", "pgaudit/10"},
		{"stderr, pgaudit cut", rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select 1", ""},
		{"pgauditlogtofile", writers["postgresql/pgauditlogtofile_csv"]("select 1"), "34 columns pgaudit/9"},
		{"MariaDB, nothing tells", maria(`10.0.3.9,77,1201,QUERY,shop,'select \'a\\n\'',0`), ""},
		{"MariaDB, escaped line end", maria(`10.0.3.9,77,1201,QUERY,shop,'select\n1',0`), "10+"},
		{"MariaDB, port", maria(`10.0.3.9:40112,77,1201,QUERY,shop,'select\n1',0`), "12+"},
		{"MariaDB, TLS version", maria(`10.0.3.9,77,0,CONNECT,shop,TLSv1.3,0`), "12+"},
		{"AWS's fork", maria(`10.0.3.9,77,1201,QUERY,shop,'select\n1',0,,`), ""},
		{"Percona OLD", xml, "OLD 8.0.30-22"},
		{"Percona NEW", "<AUDIT_RECORD><NAME>Quit</NAME><TIMESTAMP>2024-05-02T10:11:12 UTC</TIMESTAMP></AUDIT_RECORD>", "NEW"},
		{"Percona JSON", `{"audit_record":{"name":"Audit","timestamp":"2024-05-02T10:11:12 UTC","mysql_version":"5.7.20-19"}}`, "5.7.20-19"},
		{"Enterprise", enterprise(""), ""},
		{"Enterprise, time", enterprise(`, "time": 1714644675`), "8.0.26+"},
		{"Enterprise, statistics", enterprise(`, "query_statistics": { "query_time": 0.1, "rows_sent": 1 }, "time": 1714644675`), "8.0.30+"},
		{"Enterprise, start", `{ "timestamp": "2024-05-02 10:11:12", "id": 0, "class": "audit", "event": "startup", "connection_id": 0, "startup_data": { "server_id": 1, "mysql_version": "8.0.36" } }`, "8.0.36"},
		{"audit_log_filter", strings.Replace(enterprise(""), "{ ", "{\n  ", 1), "audit_log_filter"},
		{"audit_log_filter, start", "{\n  \"timestamp\": \"2023-03-29 11:17:03\",\n  \"id\": 0,\n  \"class\": \"audit\",\n  \"server_id\": 1\n}", "audit_log_filter"},
		{"McAfee header", `{"msg-type":"header","date":"1714644672123","audit-version":"1.1.7","mysql-version":"5.7"}`, "1.1.7 mysql/5.7"},
		{"McAfee", writers["mysql/mcafee"]("select 1"), ""},
		{"Cloud SQL", writers["gcp/cloudsql_pgaudit"]("select 1"), "v1"},
		{"Azure flexible", writers["azure/postgresql"]("select 1"), "flexible server pgaudit/9"},
		{"activity stream", das, ""},
		{"activity stream 1.2", strings.Replace(das, `"exitCode"`, `"serverVersion":"15.4","endTime":"2019-10-30 00:39:50+00","exitCode"`, 1), "1.2 15.4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			equal(t, "version", whole(t, decode(t, c.text+"\n"), 1)[0].FormatVersion, c.want)
		})
	}
}
