package cloud

import (
	"cmp"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FormatAzureMySQL is of Azure Database for MySQL.
const FormatAzureMySQL = "azure/mysql"

// ErrAzure says that an object is not such a record.
var ErrAzure = &field.Fault{Reason: "bad_azure", Sentence: "Azure MySQL record: no event class or no time"}

// ReadAzureMySQL reads the record of category MySqlAuditLogs.
func ReadAzureMySQL(b []byte, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) error {
	v, ok := jsonscan.Get(b, "properties")
	if !ok || v.Kind != jsonscan.Object {
		return ErrAzure
	}
	p := v.Raw
	text := func(name string) string { return jsonscan.Text(p, a, name) }
	at := text("event_time")
	if at == "" {
		at = jsonscan.Text(b, a, "time")
	}
	t, sure, n := clock.Civil(field.Bytes(at))
	class, subclass := text("event_class"), text("event_subclass")
	if n == 0 || class == "" {
		return ErrAzure
	}
	ev.EventTime, ev.TimeCertainty = t, sure
	ev.Engine, ev.Format = pipeline.MySQL, FormatAzureMySQL
	ev.Cluster, ev.Class, ev.Command = azureServer(b, a), class, subclass
	user := text("user")
	user, _, _ = strings.Cut(user, "[")
	setText(&ev.Role, user, pipeline.HasRole, ev)
	setText(&ev.Database, text("db"), pipeline.HasDatabase, ev)
	setText(&ev.ClientAddr, text("ip"), pipeline.HasClient, ev)
	if ev.ClientAddr == "" {
		setText(&ev.ClientAddr, text("host"), pipeline.HasClient, ev)
	}
	if ev.SessionID = text("connection_id"); ev.SessionID == "" {
		ev.SessionID = text("thread_id")
	}
	for _, name := range []string{"error_code", "status"} {
		if n, ok := jsonscan.Int(p, name); ok && ev.ErrorCode == 0 {
			ev.ErrorCode = n
			ev.Has |= pipeline.HasErrorCode
		}
	}
	azureKind(ev, class, subclass, text("sql_text"))
	if table := cmp.Or(text("table"), text("table_name")); table != "" {
		ev.ObjectName = strings.TrimPrefix(ev.Database+"."+table, ".")
	}
	return nil
}

func azureKind(ev *pipeline.Event, class, subclass, sql string) {
	failed := ev.ErrorCode != 0 || subclass == "ERROR"
	ev.Outcome = pipeline.OutcomeSuccess
	switch {
	case failed:
		ev.Outcome = pipeline.OutcomeFailure
	case class == "general_log" && subclass == "LOG": // before it runs
		ev.Outcome = pipeline.OutcomeUnknown
	}
	switch {
	case class == "connection_log" && subclass == "DISCONNECT":
		ev.Kind = pipeline.KindDisconnect
		return
	case class == "connection_log" && failed:
		ev.Kind = pipeline.KindLoginFailure
		return
	case class == "connection_log":
		ev.Kind = pipeline.KindConnect
		return
	case class == "table_access_log":
		ev.Kind, ev.ObjectType = pipeline.KindObject, "TABLE"
	case failed:
		ev.Kind = pipeline.KindError
	default:
		ev.Kind = pipeline.KindStatement
	}
	if sql != "" {
		ev.Statement = sql
		ev.Has |= pipeline.HasStatement
	}
}

// azureServer names the server a record is of.
func azureServer(b []byte, a *field.Arena) string {
	if s := jsonscan.Text(b, a, "LogicalServerName"); s != "" {
		return s
	}
	id := jsonscan.Text(b, a, "resourceId")
	return strings.ToLower(id[strings.LastIndexByte(id, '/')+1:])
}

// AzureServer names the server a PostgreSQL record is of.
func AzureServer(b []byte, a *field.Arena) string { return azureServer(b, a) }
