package parsers_test

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

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
	"postgresql/syslog": syslogMessage,
	"postgresql/pgauditlogtofile_csv": func(sql string) string {
		return `"2024-05-02 10:11:12.345678901 UTC","app","shop","877","10.0.3.9:40112","663365a0.36d","SELECT","3/10","0","00000","SESSION","1","1","READ","SELECT","","",` +
			pgJSON(pgauditQuote(sql)+",<none>") + `,,,,,,,,,"psql",,,,,,,`
	},
	"postgresql/pgauditlogtofile_csv before 1.7": func(sql string) string {
		return `2024-05-02 10:11:12.345 UTC,app,shop,877,10.0.3.9:40112,663365a0.36d,1,SELECT,2024-05-02 10:11:11 UTC,3/10,0,00000,SESSION,1,1,READ,SELECT,,,` + pgauditQuote(sql) + `,<none>,1,,,,,,,,,psql`
	},
	"postgresql/pgauditlogtofile_json": func(sql string) string {
		return `{"log.source":"pgauditlogtofile","severity":"audit","timestamp":"2024-05-02 10:11:12.345 UTC","db.user":"app","db.name":"shop","custom.process_id":"877","custom.session_id":"663365a0.36d","custom.audit_type":"SESSION","custom.statement_id":"1","custom.substatement_id":"1","custom.class":"READ","custom.command":"SELECT","custom.object_type":"","custom.object_name":"","content":` +
			pgJSON(pgauditQuote(sql)+",<none>") + `}`
	},
	"mysql/server_audit": func(sql string) string {
		return `20240502 10:11:12,ip-10-0-0-1,app,10.0.3.9,77,1201,QUERY,shop,'` + mariaEscape.Replace(sql) + `',0,,`
	},
	"mysql/aurora": func(sql string) string {
		return `1714644672123456,aur-1,app,10.0.3.9,77,1201,QUERY,shop,'` + mariaEscape.Replace(sql) + `',0`
	},
	"mysql/enterprise_json": func(sql string) string {
		return `{ "timestamp": "2024-05-02 10:11:15", "id": 0, "class": "general", "event": "status", "connection_id": 12, "general_data": { "command": "Query", "query": ` + pgJSON(sql) + `, "status": 0 } },`
	},
	"mysql/mcafee": func(sql string) string {
		return `{"msg-type":"activity","date":"1714644672123","thread-id":"5","query-id":"71","user":"app","ip":"10.0.0.5","cmd":"select","objects":[{"db":"shop","name":"t","obj_type":"TABLE"}],"query":` + pgJSON(sql) + `}`
	},
	"gcp/cloudsql_pgaudit": func(sql string) string {
		return `{"timestamp":"2024-05-02T10:11:12.345678Z","resource":{"type":"cloudsql_database","labels":{"database_id":"p:orders"}},"protoPayload":{"request":{"@type":"type.googleapis.com/google.cloud.sql.audit.v1.PgAuditEntry","auditClass":"READ","auditType":"SESSION","chunkCount":"1","chunkIndex":"1","command":"SELECT","database":"shop","databaseSessionId":"2209692","object":"","objectType":"","parameter":"[not logged]","statement":` +
			pgJSON(sql) + `,"statementId":"1","substatementId":"1","user":"app"}}}`
	},
	"gcp/cloudsql_mysql": func(sql string) string {
		return `{"timestamp":"2024-05-02T10:11:12Z","protoPayload":{"request":{"@type":"type.googleapis.com/google.cloud.sql.audit.v1.MysqlAuditEntry","cmd":"select","date":"2024-05-02T10:11:12.1Z","ip":"10.0.0.5","msgType":"activity","objects":[],"privUser":"app","query":` + pgJSON(sql) + `,"queryId":"71","status":"successful","threadId":"5","user":"app"}}}`
	},
	"azure/postgresql": func(sql string) string {
		return `{"time":"2024-03-01T13:59:50.000Z","resourceId":"/S/FLEXIBLESERVERS/ORDERS","category":"PostgreSQLLogs","properties":{"timestamp":"2024-03-01 13:59:49.123 UTC","processId":99,"errorLevel":"LOG","sqlerrcode":"00000","message":` +
			pgJSON("2024-03-01 13:59:49 UTC-65e1d8f5.63-LOG:  "+strings.ReplaceAll(auditMessage(sql), "\n", "\n\t")) + `}}`
	},
	"azure/mysql": func(sql string) string {
		return `{"category":"MySqlAuditLogs","resourceId":"/S/SERVERS/SHOPDB","time":"2024-03-01T13:59:50Z","properties":{"event_class":"general_log","event_subclass":"LOG","thread_id":7,"ip":"10.0.0.5","user":"app[app] @  [10.0.0.5]","db":"shop","sql_text":` + pgJSON(sql) + `,"error_code":0,"event_time":"2024-03-01T13:59:49Z"}}`
	},
	"cnpg/pgaudit": func(sql string) string {
		return `{"level":"info","ts":1714644672.123,"logger":"pgaudit","msg":"record","logging_pod":"c-1","record":{"log_time":"2024-05-02 10:11:12.345 UTC","user_name":"app","database_name":"shop","process_id":"877","session_id":"663365a0.36d","error_severity":"LOG","message":"","audit":{"audit_type":"SESSION","statement_id":"1","substatement_id":"1","class":"READ","command":"SELECT","object_type":"","object_name":"","statement":` + pgJSON(sql) + `,"parameter":"<none>","rows":""}}}`
	},
	"cnpg/postgresql": func(sql string) string {
		return `{"level":"info","ts":1714644672.123,"logger":"postgres","msg":"record","logging_pod":"c-1","record":{"log_time":"2024-05-02 10:11:12.345 UTC","user_name":"app","database_name":"shop","process_id":"877","session_id":"663365a0.36d","error_severity":"LOG","message":` + pgJSON("statement: "+sql) + `}}`
	},
	"supabase/postgresql": func(sql string) string {
		return `{"event_message":` + pgJSON(auditMessage(sql)) + `,"id":"x","metadata":[{"host":"db-x","parsed":[{"user_name":"app","database_name":"shop","process_id":877,"session_id":"663365a0.36d","error_severity":"LOG","timestamp":"2024-05-02 10:11:12.345 UTC"}]}],"timestamp":1714644672345678}`
	},
	"aws/database_activity_stream": func(sql string) string {
		return `{"type":"DatabaseActivityMonitoringRecord","clusterId":"c","instanceId":"i","databaseActivityEventList":[{"type":"heartbeat","logTime":"2019-10-30 00:39:49+00"},{"class":"READ","command":"SELECT","commandText":` + pgJSON(sql) + `,"databaseName":"shop","dbUserName":"app","exitCode":"","logTime":"2019-10-30 00:39:49.990579+00","serverType":"PostgreSQL","sessionId":"5ce5f7f0.474b","statementId":1,"substatementId":1,"type":"record"}]}`
	},
}

// octalControls writes control characters as rsyslog does.
func octalControls(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x20 || r == 0x7f {
			fmt.Fprintf(&b, "#%03o", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// syslogMessage writes a record as the server sends it to syslog, in chunks.
func syslogMessage(sql string) string {
	return syslogChunks("2024-05-02 10:11:12 UTC [99877] LOG:  " + strings.ReplaceAll(auditMessage(sql), "\n", "\n\t"))
}

// syslogChunks splits a message as the server's write_syslog: at line ends, and at the last blank of 900 bytes, which starts the
// next chunk, or inside a word where there is none; but never before a tab, which would look like a line end.
func syslogChunks(text string) string {
	var b strings.Builder
	n := 0
	chunk := func(text string) {
		if n++; n > 1 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "<134>1 2024-05-02T10:11:12Z dbhost postgres 99877 - - [7-%d] %s", n, octalControls(text))
	}
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > 900 {
			at := 900
			for !utf8.RuneStart(line[at]) {
				at--
			}
			if blank := strings.LastIndexAny(line[1:at+1], " \v\f\r"); blank >= 0 {
				at = 1 + blank
			}
			for at > 0 && line[at] == '\t' {
				at--
			}
			if at == 0 {
				break
			}
			chunk(line[:at])
			line = line[at:]
		}
		chunk(line)
	}
	return b.String()
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
