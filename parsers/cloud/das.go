package cloud

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// FormatDAS is of decrypted Database Activity Streams.
const FormatDAS = "aws/database_activity_stream"

// ErrDAS says that an object is not such an event.
var ErrDAS = &field.Fault{Reason: "bad_das", Sentence: "activity stream event: no logTime or no class"}

// ReadDAS reads one event of a databaseActivityEventList. Unknown members are ignored.
func ReadDAS(b []byte, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) error {
	text := func(name string) string { return jsonscan.Text(b, a, name) }
	at := text("logTime")
	t, sure, n := clock.Civil(field.Bytes(at))
	ev.Class = text("class")
	if n == 0 || ev.Class == "" {
		return ErrDAS
	}
	ev.EventTime, ev.TimeCertainty = t, sure
	if sure == pipeline.TimeZoneAssumed { // the documents define it as UTC
		ev.EventTime, ev.TimeCertainty, _ = clock.Civil(append([]byte(at[:n]), "+00"...))
	}
	ev.Engine = pipeline.PostgreSQL
	if strings.Contains(strings.ToLower(text("serverType")), "mysql") {
		ev.Engine = pipeline.MySQL
	}
	ev.Format = FormatDAS
	ev.FormatVersion = text("serverVersion")
	if _, ok := jsonscan.Get(b, "endTime"); ok { // since version 1.2 of the stream
		ev.FormatVersion = strings.TrimSpace("1.2 " + ev.FormatVersion)
	}
	setText(&ev.Role, text("dbUserName"), pipeline.HasRole, ev)
	setText(&ev.Database, text("databaseName"), pipeline.HasDatabase, ev)
	setText(&ev.ClientAddr, text("remoteHost"), pipeline.HasClient, ev)
	setText(&ev.Application, text("clientApplication"), pipeline.HasApplication, ev)
	if n, ok := jsonscan.Int(b, "remotePort"); ok && n > 0 && n <= 65535 {
		ev.ClientPort = uint16(n)
	}
	ev.Host, ev.SessionID, ev.Command = text("serverHost"), text("sessionId"), text("command")
	ev.ProcessID, _ = jsonscan.Int(b, "pid")
	ev.ObjectType, ev.ObjectName = text("objectType"), text("objectName")
	ev.StatementID, _ = jsonscan.Int(b, "statementId")
	ev.SubstatementID, _ = jsonscan.Int(b, "substatementId")
	ev.Has |= pipeline.HasStatementID
	if n, ok := jsonscan.Int(b, "transactionId"); ok {
		ev.TransactionID = n
		ev.Has |= pipeline.HasTransactionID
	}
	if n, ok := jsonscan.Int(b, "rowCount"); ok {
		ev.Rows = n
		ev.Has |= pipeline.HasRows
	}
	parameters(ev, b, a)
	dasOutcome(ev, text("exitCode"), text("errorMessage"))
	dasKind(ev, text("commandText"))
	return nil
}

func setText(dst *string, s string, has pipeline.Field, ev *pipeline.Event) {
	if s != "" {
		*dst = s
		ev.Has |= has
	}
}

// parameters reads paramList.
func parameters(ev *pipeline.Event, b []byte, a *field.Arena) {
	v, ok := jsonscan.Get(b, "paramList")
	if !ok || v.Kind != jsonscan.Array {
		return
	}
	s := jsonscan.Walk(v.Raw)
	for _, item, ok := s.Next(); ok; _, item, ok = s.Next() {
		ev.Parameters = append(ev.Parameters, field.String(item.Text(a)))
	}
	if len(ev.Parameters) > 0 {
		ev.Has |= pipeline.HasParameters
	}
}

// dasOutcome interprets exitCode: a SQLSTATE of PostgreSQL, an error number of MySQL.
func dasOutcome(ev *pipeline.Event, code, message string) {
	ev.Outcome, ev.Message = pipeline.OutcomeSuccess, message
	switch n, ok := field.Int(field.Bytes(code)); {
	case code == "" || code == "00000" || ok && n == 0:
	case ev.Engine == pipeline.PostgreSQL:
		ev.Outcome, ev.SQLState = pipeline.OutcomeFailure, code
	default:
		ev.Outcome = pipeline.OutcomeFailure
		ev.ErrorCode = n
		ev.Has |= pipeline.HasErrorCode
	}
}

func dasKind(ev *pipeline.Event, sql string) {
	failed := ev.Outcome == pipeline.OutcomeFailure
	switch command := strings.ToUpper(ev.Command); {
	case command == "AUTH FAILURE" || command == "FAILED_CONNECT" || command == "FAILED CONNECT" || command == "CONNECT" && failed:
		ev.Kind, ev.Outcome = pipeline.KindLoginFailure, pipeline.OutcomeFailure
		return
	case command == "CONNECT":
		ev.Kind = pipeline.KindConnect
		return
	case command == "DISCONNECT" || command == "QUIT":
		ev.Kind = pipeline.KindDisconnect
		return
	}
	ev.Kind = pipeline.KindStatement
	if failed {
		ev.Kind = pipeline.KindError
	}
	// An AUX event adds to the MAIN event of the same statement; either may come first.
	ev.Repeat = ev.Class == "AUX"
	if sql != "" {
		ev.Statement = sql
		ev.Has |= pipeline.HasStatement
	}
}
