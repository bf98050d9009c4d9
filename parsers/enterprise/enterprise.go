// Package enterprise reads the JSON records of MySQL Enterprise Audit and of Percona's audit_log_filter, which shares
// them: one object of a class (audit, connection, general, query, table_access, …) and an event.
//
// It guarantees the record's own words; its timestamp is UTC by the plugins' definition. Its XML flavours are read by
// package percona.
//
// Event semantics: connection/connect and change_user are KindConnect, or KindLoginFailure if the status is not 0,
// connection/disconnect is KindDisconnect, pre_authenticate KindConnAttempt; general and query records with a text are
// KindStatement or KindError; table_access is KindObject, with the statement's text; audit records are KindServer; the rest
// is KindMessage.
package enterprise

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Format of the records.
const Format = "mysql/enterprise_json"

// ErrShape says that an object is not of the plugin.
var ErrShape = &field.Fault{Reason: "bad_enterprise", Sentence: "MySQL Enterprise audit record: no timestamp, class or event"}

type record struct {
	class, event, user, login, osUser, host, ip, db string
	command, sqlCommand, query, table               string
	connectionType                                  string
	status                                          int64
	hasStatus, hasQuery                             bool
}

// Read reads one object into ev.
func Read(b []byte, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) error {
	var r record
	ev.Engine = pipeline.MySQL
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			break
		}
		if v.Kind == jsonscan.Object {
			r.nested(string(key), v.Raw, a, ev)
			continue
		}
		r.set(string(key), v, clock, a, ev)
	}
	if s.Err != nil {
		return s.Err
	}
	return r.fill(ev)
}

func (r *record) set(key string, v jsonscan.Value, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) {
	text := v.Text(a)
	switch key {
	case "timestamp":
		utc := append(text[:len(text):len(text)], " UTC"...)
		if t, sure, n := clock.Civil(utc); n == len(utc) {
			ev.EventTime, ev.TimeCertainty = t, sure
		} else if t, sure, n := clock.Civil(text); n == len(text) && n > 0 {
			ev.EventTime, ev.TimeCertainty = t, sure
		}
	case "class":
		r.class = field.String(text)
	case "event":
		r.event = field.String(text)
	case "connection_id":
		ev.SessionID = field.String(text)
	}
}

// nested reads one of the inner objects.
func (r *record) nested(name string, b []byte, a *field.Arena, ev *pipeline.Event) {
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			return
		}
		text := field.String(v.Text(a))
		switch name {
		case "account":
			switch string(key) {
			case "user":
				r.user = text
			case "host":
				r.host = text
			}
		case "login":
			switch string(key) {
			case "user":
				r.login = text
			case "os":
				r.osUser = text
			case "ip":
				r.ip = text
			}
		case "query_statistics":
			if string(key) == "rows_sent" {
				if n, ok := v.Int(); ok {
					ev.Rows = n
					ev.Has |= pipeline.HasRows
				}
			}
		default:
			r.data(string(key), text, v)
		}
	}
}

// data reads a member of connection_data, general_data, query_data or table_access_data.
func (r *record) data(key, text string, v jsonscan.Value) {
	switch key {
	case "connection_type":
		r.connectionType = text
	case "status":
		r.status, r.hasStatus = v.Int()
	case "db":
		r.db = text
	case "command":
		r.command = text
	case "sql_command":
		r.sqlCommand = text
	case "query":
		r.query, r.hasQuery = text, text != ""
	case "table":
		r.table = text
	}
}

// fill says what the record means.
func (r *record) fill(ev *pipeline.Event) error {
	if ev.EventTime.IsZero() || r.class == "" || r.event == "" {
		return ErrShape
	}
	if r.login != "" { // the name sent at login; account is empty where that failed
		r.user = r.login
	}
	if r.user != "" {
		ev.Role = r.user
		ev.Has |= pipeline.HasRole
	}
	if ev.ClientAddr = r.ip; r.ip == "" {
		ev.ClientAddr = r.host
	}
	if ev.ClientAddr != "" {
		ev.Has |= pipeline.HasClient
	}
	if r.db != "" {
		ev.Database = r.db
		ev.Has |= pipeline.HasDatabase
	}
	if r.hasStatus {
		ev.ErrorCode = r.status
		ev.Has |= pipeline.HasErrorCode
	}
	ev.OSUser, ev.Class = r.osUser, r.class
	ev.Outcome = pipeline.OutcomeSuccess
	if r.status != 0 {
		ev.Outcome = pipeline.OutcomeFailure
	}
	if ev.Command = r.sqlCommand; r.sqlCommand == "" {
		ev.Command = r.command
	}
	r.kind(ev)
	return nil
}

func (r *record) kind(ev *pipeline.Event) {
	failed := r.status != 0
	switch r.class {
	case "audit":
		ev.Kind, ev.Message = pipeline.KindServer, "audit "+r.event
	case "connection":
		ev.Command = r.event
		if strings.EqualFold(r.connectionType, "ssl") {
			ev.TLS = "TLS"
		}
		switch r.event {
		case "disconnect":
			ev.Kind = pipeline.KindDisconnect
		case "pre_authenticate":
			ev.Kind = pipeline.KindConnAttempt
		default:
			ev.Kind = pipeline.KindConnect
			if failed {
				ev.Kind = pipeline.KindLoginFailure
			}
		}
	case "table_access":
		ev.Kind, ev.ObjectType = pipeline.KindObject, "TABLE"
		ev.ObjectName = strings.TrimPrefix(r.db+"."+r.table, ".")
		ev.Command = r.event
		r.statement(ev)
	default:
		switch {
		case !r.hasQuery:
			ev.Kind, ev.Message = pipeline.KindMessage, r.class+" "+r.event+" "+r.command
		case failed:
			ev.Kind = pipeline.KindError
		default:
			ev.Kind = pipeline.KindStatement
		}
		r.statement(ev)
	}
}

func (r *record) statement(ev *pipeline.Event) {
	if r.hasQuery {
		ev.Statement = r.query
		ev.Has |= pipeline.HasStatement
		ev.Redacted = strings.Contains(r.query, "<secret>") || strings.Contains(r.query, "*****")
	}
}
