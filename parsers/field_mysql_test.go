package parsers_test

import (
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Cases found by holding the parsers against the sources and samples of the servers, MySQL's family.

// TestClientChosenAttributes: connection attributes are names and values that the client sends before it is known who it is.
// None of them may pass for a field of the record.
func TestClientChosenAttributes(t *testing.T) {
	names := []string{"NAME", "status", "db", "query", "command", "sql_command", "table", "connection_type", "user", "ip"}
	xml, object := "", ""
	for _, name := range names {
		xml += "<ATTRIBUTE><NAME>" + name + "</NAME><VALUE>0</VALUE></ATTRIBUTE>\n<ATTRIBUTE><NAME>Quit</NAME><STATUS>0</STATUS><VALUE>x</VALUE></ATTRIBUTE>\n"
		object += `"` + name + `": "0", `
	}
	attributes := `"connection_attributes": {` + object + `"program_name": "mysql" }`
	connection := func(inner, after string) string {
		return `{ "timestamp": "2026-03-01 09:00:02", "id": 0, "class": "connection", "event": "connect", "connection_id": 14, "account": { "user": "eve", "host": "" }, "login": { "user": "eve", "os": "", "ip": "203.0.113.5", "proxy": "" }, "connection_data": { "connection_type": "ssl", "status": 1045, "db": "shop"` + inner + ` }` + after + ` }`
	}
	for what, text := range map[string]string{
		"XML": `<AUDIT_RECORD>
  <TIMESTAMP>2026-03-01T09:00:02 UTC</TIMESTAMP>
  <NAME>Connect</NAME>
  <CONNECTION_ID>14</CONNECTION_ID>
  <STATUS>1045</STATUS>
  <USER>eve</USER>
  <IP>203.0.113.5</IP>
  <CONNECTION_ATTRIBUTES>
` + xml + `<ATTRIBUTE><NAME>program_name</NAME><VALUE>mysql</VALUE></ATTRIBUTE></CONNECTION_ATTRIBUTES>
  <DB>shop</DB>
</AUDIT_RECORD>`,
		"JSON, MySQL":            connection(", "+attributes, ""),
		"JSON, audit_log_filter": connection("", ", "+attributes),
	} {
		t.Run(what, func(t *testing.T) {
			ev := whole(t, decode(t, text+"\n"), 1)[0]
			equal(t, "kind", ev.Kind, pipeline.KindLoginFailure)
			equal(t, "code", ev.ErrorCode, 1045)
			equal(t, "role", ev.Role, "eve")
			equal(t, "client", ev.ClientAddr, "203.0.113.5")
			equal(t, "database", ev.Database, "shop")
			equal(t, "statement", ev.Statement, "")
			equal(t, "application", ev.Application, "mysql")
		})
	}
}

// filterRecord is a record as audit_log_filter lays it out.
func filterRecord(class, event, more string) string {
	return "  {\n    \"timestamp\": \"2026-03-01 10:00:00\",\n    \"id\": 1,\n    \"class\": \"" + class + "\",\n    \"event\": \"" + event + "\",\n    \"connection_id\": 9,\n" + more + "\n  }"
}

// TestFilterStages: audit_log_filter without a filter reports every execution in up to eight events. One of them is the
// action, one the failure.
func TestFilterStages(t *testing.T) {
	account := "    \"account\": { \"user\": \"app\", \"host\": \"web\" },\n    \"login\": { \"user\": \"app\", \"os\": \"\", \"ip\": \"10.0.0.7\", \"proxy\": \"\" },\n"
	run := func(sql, code string) []string {
		query := "\"query\": \"" + sql + "\", \"sql_command\": \"select\", \"status\": "
		return []string{
			filterRecord("general", "log", account+"    \"general_data\": { \"command\": \"Query\", "+query+"0 }"),
			filterRecord("parse", "preparse", "    \"parse_data\": { \"flags\": 0, \"query\": \""+sql+"\", \"rewritten_query\": \"\" }"),
			filterRecord("query", "query_start", "    \"query_data\": { "+query+"0 }"),
			filterRecord("query", "query_status_end", "    \"query_data\": { "+query+code+" }"),
			filterRecord("general", "error", account+"    \"general_data\": { \"command\": \"Query\", "+query+code+" }"),
			filterRecord("general", "status", account+"    \"general_data\": { \"command\": \"Query\", "+query+code+" }"),
			filterRecord("command", "command_end", "    \"command_data\": { \"name\": \"command_end\", \"status\": 0, \"command\": \"Query\" }"),
		}
	}
	actions, failures := 0, 0
	list := append(append(run("select 1", "0"), run("select 1", "0")...), run("select x", "1054")...)
	for _, ev := range whole(t, decode(t, "[\n"+strings.Join(list, ",\n")+"\n]\n"), len(list)) {
		switch {
		case ev.Repeat:
		case ev.Kind == pipeline.KindStatement:
			actions++
			equal(t, "outcome before it ran", ev.Outcome, pipeline.OutcomeUnknown)
		case ev.Kind == pipeline.KindError:
			failures++
			equal(t, "code", ev.ErrorCode, 1054)
		}
	}
	equal(t, "actions", actions, 3)
	equal(t, "failures", failures, 1)
}

// TestFilterClasses: what is set, which routine ran and whose account changed is said; the account changed did not act.
func TestFilterClasses(t *testing.T) {
	json := strings.Join([]string{
		filterRecord("global_variable", "variable_set", "    \"global_variable_data\": { \"name\": \"audit_log_filter.disable\", \"value\": \"ON\", \"sql_command\": \"set_option\" }"),
		filterRecord("stored_program", "execute", "    \"stored_program_data\": { \"name\": \"p1\", \"db\": \"shop\" }"),
		filterRecord("authentication", "auth_authid_create", "    \"account\": { \"user\": \"new\", \"host\": \"%\" },\n    \"authentication_data\": { \"status\": 0 }"),
	}, ",\n")
	xml := ""
	for _, fields := range []string{
		"<NAME>Variable Set</NAME><COMMAND_CLASS>set_option</COMMAND_CLASS><VARIABLE_NAME>audit_log_filter.disable</VARIABLE_NAME><VARIABLE_VALUE>ON</VARIABLE_VALUE>",
		"<NAME>Execute</NAME><COMMAND_CLASS>stored program</COMMAND_CLASS><DB>shop</DB><STORED_PROGRAM>p1</STORED_PROGRAM>",
		"<NAME>Auth Authid Create</NAME><STATUS>0</STATUS><USER>new</USER><HOST>%</HOST>",
	} {
		xml += "  <AUDIT_RECORD>\n<TIMESTAMP>2026-03-01T10:00:00</TIMESTAMP><CONNECTION_ID>9</CONNECTION_ID>" + fields + "\n  </AUDIT_RECORD>\n"
	}
	for what, text := range map[string]string{"JSON": json, "XML": xml} {
		t.Run(what, func(t *testing.T) {
			events := whole(t, decode(t, text+"\n"), 3)
			for i := range events {
				equal(t, "kind", events[i].Kind, pipeline.KindMessage)
				equal(t, "role", events[i].Role, "")
				equal(t, "certainty of local time", events[i].TimeCertainty, pipeline.TimeZoneAssumed)
			}
			if m := events[0].Message; !strings.HasSuffix(m, " audit_log_filter.disable = ON") {
				t.Errorf("message %q does not say what was set", m)
			}
			equal(t, "routine", events[1].ObjectName, "shop.p1")
			equal(t, "account", events[2].ObjectName, "new@%")
		})
	}
}

// TestEnterpriseStatistics: time and rows of a statement, as MySQL measured them.
func TestEnterpriseStatistics(t *testing.T) {
	ev := whole(t, decode(t, `{ "timestamp": "2026-03-01 09:00:01", "time": 1772355601, "id": 1, "class": "general", "event": "status", "connection_id": 13, "account": { "user": "root", "host": "localhost" }, "login": { "user": "root", "os": "", "ip": "", "proxy": "" }, "general_data": { "command": "Query", "sql_command": "select", "query": "select 1", "status": 0 }, "query_statistics": { "query_time": 0.0125, "bytes_sent": 66, "bytes_received": 33, "rows_sent": 5, "rows_examined": 9 } }`+"\n"), 1)[0]
	equal(t, "rows", ev.Rows, 5)
	equal(t, "duration", ev.Duration.Microseconds(), 12500)
	equal(t, "certainty", ev.TimeCertainty, pipeline.TimeExact)
}

// TestLaidOutInEnvelopes: a record over several lines, each of which a container runtime or a shipper wraps by itself.
func TestLaidOutInEnvelopes(t *testing.T) {
	record := "[\n" + filterRecord("general", "status", "    \"account\": { \"user\": \"app\", \"host\": \"web\" },\n    \"general_data\": {\n      \"command\": \"Query\",\n      \"query\": \"select 1\",\n      \"status\": 0\n    }") + ",\n" +
		filterRecord("query", "query_start", "    \"query_data\": {\n      \"query\": \"select 2\",\n      \"status\": 0}") + "\n]"
	for what, wrap := range map[string]func(string) string{
		"CRI": func(line string) string { return "2026-03-01T09:00:00.123456789Z stdout F " + line },
		"Docker": func(line string) string {
			return `{"log":` + pgJSON(line+"\n") + `,"stream":"stdout","time":"2026-03-01T09:00:00Z"}`
		},
		"Filebeat": func(line string) string { return `{"message":` + pgJSON(line) + `,"log":{"file":{"path":"/a.json"}}}` },
	} {
		t.Run(what, func(t *testing.T) {
			text := ""
			for line := range strings.SplitSeq(record, "\n") {
				text += wrap(line) + "\n"
			}
			events := whole(t, decode(t, text), 2)
			equal(t, "statement", events[0].Statement, "select 1")
			equal(t, "statement", events[1].Statement, "select 2")
		})
	}
}

// TestFilterConnection: most classes of audit_log_filter name no account; the connection does.
func TestFilterConnection(t *testing.T) {
	list := []string{
		filterRecord("connection", "connect", "    \"account\": { \"user\": \"app\", \"host\": \"web\" },\n    \"login\": { \"user\": \"app\", \"os\": \"\", \"ip\": \"10.0.0.7\", \"proxy\": \"\" },\n    \"connection_data\": { \"connection_type\": \"ssl\", \"status\": 0, \"db\": \"shop\" }"),
		filterRecord("query", "query_start", "    \"query_data\": { \"query\": \"select 1\", \"status\": 0, \"sql_command\": \"select\" }"),
		filterRecord("authentication", "auth_authid_drop", "    \"account\": { \"user\": \"old\", \"host\": \"%\" },\n    \"authentication_data\": { \"status\": 0 }"),
		filterRecord("connection", "disconnect", "    \"account\": { \"user\": \"app\", \"host\": \"web\" },\n    \"connection_data\": { \"connection_type\": \"ssl\" }"),
		filterRecord("query", "query_start", "    \"query_data\": { \"query\": \"select 2\", \"status\": 0, \"sql_command\": \"select\" }"),
	}
	events := whole(t, decode(t, "[\n"+strings.Join(list, ",\n")+"\n]\n"), len(list))
	for i, want := range []string{"app", "app", "app", "app", ""} {
		equal(t, "role", events[i].Role, want)
	}
	equal(t, "client", events[1].ClientAddr, "10.0.0.7")
	equal(t, "database", events[1].Database, "")
}

// TestConnectionIDUsedAgain: a server that crashed says of no connection that it ended, and gives the same numbers again.
func TestConnectionIDUsedAgain(t *testing.T) {
	login := func(event, status string) string {
		return filterRecord("connection", event, "    \"account\": { \"user\": \"app\", \"host\": \"web\" },\n    \"login\": { \"user\": \"app\", \"os\": \"\", \"ip\": \"10.0.0.7\", \"proxy\": \"\" },\n    \"connection_data\": { \"connection_type\": \"ssl\", \"status\": "+status+", \"db\": \"shop\" }")
	}
	query := func(class, event, status string) string {
		return filterRecord(class, event, "    \"query_data\": { \"query\": \"select 1\", \"status\": "+status+", \"sql_command\": \"select\" }")
	}
	for what, again := range map[string]string{
		"startup":      filterRecord("audit", "startup", "    \"startup_data\": { \"server_id\": 1, \"mysql_version\": \"8.0.35\" }"),
		"failed login": login("connect", "1045"),
		"other login":  strings.ReplaceAll(login("connect", "0"), "app", "eve"),
		"before login": filterRecord("connection", "pre_authenticate", "    \"connection_data\": { \"connection_type\": \"ssl\", \"status\": 0 }"),
	} {
		t.Run(what, func(t *testing.T) {
			list := []string{
				login("connect", "0"), query("query", "query_start", "0"), query("query", "query_nested_start", "0"), query("query", "query_status_end", "1054"),
				again, query("query", "query_status_end", "0"), query("query", "query_nested_status_end", "0"), query("general", "error", "1054"),
			}
			events := whole(t, decode(t, "[\n"+strings.Join(list, ",\n")+"\n]\n"), len(list))
			for i := range events {
				equal(t, "repeat", events[i].Repeat, false)
				if i > 4 && events[i].Role == "app" {
					t.Errorf("event %d has the role of the connection before", i)
				}
			}
		})
	}
}

// TestProcessIDUsedAgain: in a container, a restarted server gives its processes the same ids.
func TestProcessIDUsedAgain(t *testing.T) {
	const at = "2026-03-01 09:00:00.001 UTC "
	session := at + "[35] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>\n"
	for what, between := range map[string]string{
		"start": at + "[1] LOG:  starting PostgreSQL 15.18 on x86_64-pc-linux-gnu\n",
		"crash": at + "[1] LOG:  all server processes terminated; reinitializing\n",
	} {
		t.Run(what, func(t *testing.T) {
			for _, ev := range whole(t, decode(t, session+between+session), 3) {
				equal(t, "repeat", ev.Repeat, false)
			}
		})
	}
}
