package main

import (
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/pipeline"
)

// eventJSON is an event as `parse` prints it. Keys are the names of the columns of events; a key that is absent was absent
// from the log, an empty text was empty there.
type eventJSON struct {
	Kind             pipeline.EventKind     `json:"kind"`
	EventTime        *time.Time             `json:"event_time,omitempty"`
	TimeCertainty    pipeline.TimeCertainty `json:"time_certainty,omitempty"`
	Engine           pipeline.Engine        `json:"engine,omitempty"`
	Format           string                 `json:"format,omitempty"`
	FormatVersion    string                 `json:"format_version,omitempty"`
	Cluster          string                 `json:"cluster,omitempty"`
	Host             string                 `json:"host,omitempty"`
	Role             *string                `json:"role,omitempty"`
	Database         *string                `json:"database,omitempty"`
	Client           *string                `json:"client,omitempty"`
	ClientPort       uint16                 `json:"client_port,omitempty"`
	Application      *string                `json:"application,omitempty"`
	OSUser           string                 `json:"os_user,omitempty"`
	SessionID        string                 `json:"session_id,omitempty"`
	ProcessID        int64                  `json:"process_id,omitempty"`
	TransactionID    *int64                 `json:"transaction_id,omitempty"`
	BackendType      string                 `json:"backend_type,omitempty"`
	TLS              string                 `json:"tls,omitempty"`
	AuthMethod       string                 `json:"auth_method,omitempty"`
	AuditType        string                 `json:"audit_type,omitempty"`
	StatementID      *int64                 `json:"statement_id,omitempty"`
	SubstatementID   *int64                 `json:"substatement_id,omitempty"`
	Class            string                 `json:"class,omitempty"`
	Command          string                 `json:"command,omitempty"`
	ObjectType       string                 `json:"object_type,omitempty"`
	ObjectName       string                 `json:"object_name,omitempty"`
	Statement        *string                `json:"statement,omitempty"`
	Parameters       *[]string              `json:"parameters,omitempty"`
	Outcome          pipeline.Outcome       `json:"outcome,omitempty"`
	Rows             *int64                 `json:"rows,omitempty"`
	DurationMicros   *int64                 `json:"duration_us,omitempty"`
	Severity         string                 `json:"severity,omitempty"`
	SQLState         string                 `json:"sqlstate,omitempty"`
	ErrorCode        *int64                 `json:"error_code,omitempty"`
	Message          string                 `json:"message,omitempty"`
	Detail           string                 `json:"detail,omitempty"`
	Hint             string                 `json:"hint,omitempty"`
	Context          string                 `json:"context,omitempty"`
	Truncated        bool                   `json:"truncated,omitempty"`
	Partial          bool                   `json:"partial,omitempty"`
	Redacted         bool                   `json:"redacted,omitempty"`
	Repeat           bool                   `json:"repeat,omitempty"`
	PreviouslyLogged bool                   `json:"previously_logged,omitempty"`
	RecordID         pipeline.RecordID      `json:"record_id"`
	EventIndex       uint16                 `json:"event_index"`
	Offset           int64                  `json:"offset"`
	Lines            uint32                 `json:"lines"`
	Bytes            uint64                 `json:"bytes"`
}

func newEventJSON(e *pipeline.Event) eventJSON {
	text := func(has pipeline.Field, v *string) *string {
		if e.Has&has == 0 && *v == "" {
			return nil
		}
		return v
	}
	number := func(has pipeline.Field, v *int64) *int64 {
		if e.Has&has == 0 {
			return nil
		}
		return v
	}
	out := eventJSON{
		Kind: e.Kind, TimeCertainty: e.TimeCertainty, Engine: e.Engine, Format: e.Format, FormatVersion: e.FormatVersion, Cluster: e.Cluster, Host: e.Host,
		Role: text(pipeline.HasRole, &e.Role), Database: text(pipeline.HasDatabase, &e.Database),
		Client: text(pipeline.HasClient, &e.ClientAddr), ClientPort: e.ClientPort,
		Application: text(pipeline.HasApplication, &e.Application), OSUser: e.OSUser, SessionID: e.SessionID, ProcessID: e.ProcessID,
		TransactionID: number(pipeline.HasTransactionID, &e.TransactionID), BackendType: e.BackendType, TLS: e.TLS, AuthMethod: e.AuthMethod,
		AuditType: e.AuditType, StatementID: number(pipeline.HasStatementID, &e.StatementID),
		SubstatementID: number(pipeline.HasStatementID, &e.SubstatementID), Class: e.Class, Command: e.Command,
		ObjectType: e.ObjectType, ObjectName: e.ObjectName, Statement: text(pipeline.HasStatement, &e.Statement),
		Outcome: e.Outcome, Rows: number(pipeline.HasRows, &e.Rows), Severity: e.Severity, SQLState: e.SQLState,
		ErrorCode: number(pipeline.HasErrorCode, &e.ErrorCode), Message: e.Message, Detail: e.Detail, Hint: e.Hint, Context: e.Context,
		Truncated: e.Truncated, Partial: e.Partial, Redacted: e.Redacted, Repeat: e.Repeat, PreviouslyLogged: e.PreviouslyLogged,
		RecordID: e.RecordID, EventIndex: e.Index, Offset: e.Offset, Lines: e.Lines, Bytes: e.Bytes,
	}
	if !e.EventTime.IsZero() {
		out.EventTime = &e.EventTime
	}
	if e.Has&pipeline.HasParameters != 0 {
		out.Parameters = &e.Parameters
	}
	if e.Has&pipeline.HasDuration != 0 {
		us := e.Duration.Microseconds()
		out.DurationMicros = &us
	}
	return out
}

// unparsedJSON is an unparsed record as `parse` prints it.
type unparsedJSON struct {
	Kind     string            `json:"kind"` // "unparsed"
	Reason   string            `json:"reason"`
	Error    string            `json:"error"`
	Raw      string            `json:"raw,omitempty"`        // where it is UTF-8
	RawBytes []byte            `json:"raw_base64,omitempty"` // where it is not
	RecordID pipeline.RecordID `json:"record_id"`
	Offset   int64             `json:"offset"`
	Lines    uint32            `json:"lines"`
	Bytes    uint64            `json:"bytes"`
}

func newUnparsedJSON(u *pipeline.Unparsed) unparsedJSON {
	out := unparsedJSON{
		Kind: "unparsed", Reason: u.Reason, Error: u.Error, RecordID: u.RecordID, Offset: u.Offset, Lines: u.Lines, Bytes: u.Bytes,
	}
	if utf8.Valid(u.Raw) {
		out.Raw = string(u.Raw)
	} else {
		out.RawBytes = u.Raw
	}
	return out
}
