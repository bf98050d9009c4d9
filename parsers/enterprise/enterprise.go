// Package enterprise reads the JSON records of MySQL Enterprise Audit and of Percona's audit_log_filter, which shares
// them: one object of a class (audit, connection, general, query, table_access, …) and an event.
//
// It guarantees the record's own words; its timestamp is UTC by MySQL's definition, local time where audit_log_filter wrote
// it, which is told by its layout. Its XML flavours are read by package percona.
//
// Event semantics: connection/connect and change_user are KindConnect, or KindLoginFailure if the status is not 0,
// connection/disconnect is KindDisconnect, pre_authenticate KindConnAttempt; general and query records with a text are
// KindStatement or KindError; table_access is KindObject, with the statement's text; audit records are KindServer; the rest
// is KindMessage.
package enterprise

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/mysql"
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
	connectionType, program                         string
	name, value                                     string // of a variable, a routine, a message
	version                                         string
	status                                          int64
	hasStatus, hasQuery, precise, local             bool
}

// local reports whether the record is laid out on lines: so audit_log_filter writes it, whose times are the server's local
// ones. MySQL's are UTC, and on one line.
func local(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte{'{'}), " \r")
	return len(b) > 0 && b[0] == '\n'
}

// Read reads one object into ev.
func Read(b []byte, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) error {
	r := record{local: local(b)}
	if r.local {
		r.version = "audit_log_filter"
	}
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
		if r.precise {
			return
		}
		utc := append(text[:len(text):len(text)], " UTC"...)
		if r.local {
			utc = text
		}
		if t, sure, n := clock.Civil(utc); n == len(utc) {
			ev.EventTime, ev.TimeCertainty = t, sure
		} else if t, sure, n := clock.Civil(text); n == len(text) && n > 0 {
			ev.EventTime, ev.TimeCertainty = t, sure
		}
	case "time": // audit_log_filter's, in microseconds; MySQL's is in whole seconds
		if len(text) == 10 && r.version == "" {
			r.version = "8.0.26+"
		}
		if t, ok := stamp.Epoch(text); ok && len(text) == 16 {
			ev.EventTime, ev.TimeCertainty = t, pipeline.TimeExact
			r.precise = true
		}
	case "class":
		r.class = field.String(text)
	case "event":
		r.event = field.String(text)
	case "connection_id":
		ev.SessionID = field.String(text)
	}
}

// nested reads one of the inner objects. Others, such as connection_attributes, whose names and values the client chooses,
// say nothing about the record.
func (r *record) nested(name string, b []byte, a *field.Arena, ev *pipeline.Event) {
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			return
		}
		if v.Kind == jsonscan.Object {
			if string(key) == "connection_attributes" {
				r.attributes(v.Raw, a)
			}
			continue
		}
		text := field.String(v.Text(a))
		switch name {
		case "account", "login":
			r.who(name, string(key), text)
		case "startup_data":
			if string(key) == "mysql_version" {
				r.version = text
			}
		case "query_statistics":
			if !r.local {
				r.version = "8.0.30+"
			}
			statistics(string(key), text, v, ev)
		case "connection_attributes":
			r.attributes(b, a)
			return
		case "connection_data", "general_data", "query_data", "parse_data", "table_access_data", "command_data", "authentication_data":
			r.data(string(key), text, v)
		case "global_variable_data", "stored_program_data", "message_data":
			r.subject(string(key), text)
		}
	}
}

func (r *record) who(object, key, text string) {
	switch object + "." + key {
	case "account.user":
		r.user = text
	case "account.host":
		r.host = text
	case "login.user":
		r.login = text
	case "login.os":
		r.osUser = text
	case "login.ip":
		r.ip = text
	}
}

func (r *record) attributes(b []byte, a *field.Arena) {
	if r.program == "" {
		r.program = jsonscan.Text(b, a, "program_name")
	}
}

func statistics(key, text string, v jsonscan.Value, ev *pipeline.Event) {
	switch key {
	case "rows_sent":
		if n, ok := v.Int(); ok {
			ev.Rows = n
			ev.Has |= pipeline.HasRows
		}
	case "query_time":
		if sec, err := strconv.ParseFloat(text, 64); err == nil && sec >= 0 && sec < 1e9 {
			ev.Duration = time.Duration(math.Round(sec*1e6)) * time.Microsecond
			ev.Has |= pipeline.HasDuration
		}
	}
}

// subject reads what a global_variable, stored_program or message record is about.
func (r *record) subject(key, text string) {
	switch key {
	case "name", "message":
		r.name = text
	case "value":
		r.value = text
	case "db":
		r.db = text
	case "sql_command":
		r.sqlCommand = text
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
	if ev.EventTime.IsZero() || r.class == "" || r.event == "" && r.class != "audit" {
		return ErrShape
	}
	if r.login != "" { // the name sent at login; account is empty where that failed
		r.user = r.login
	}
	if r.class == "authentication" { // the account named is the one changed, not the one that changes it
		ev.ObjectType, ev.ObjectName = "USER", r.user+"@"+r.host
		r.user, r.host = "", ""
	}
	if r.local {
		r.user = mysql.Account(r.user)
	}
	mysql.Who{Role: r.user, Database: r.db, OSUser: r.osUser, Application: r.program, IP: r.ip, Host: r.host}.Set(ev)
	if r.hasStatus {
		ev.ErrorCode = r.status
		ev.Has |= pipeline.HasErrorCode
	}
	ev.Class, ev.FormatVersion = r.class, r.version
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
		ev.Kind, ev.Message = pipeline.KindServer, strings.TrimRight("audit "+r.event, " ")
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
		mysql.Statement(ev, r.query)
	default:
		switch {
		case !r.hasQuery:
			ev.Kind, ev.Message = pipeline.KindMessage, r.message()
			if r.class == "stored_program" {
				ev.ObjectType, ev.ObjectName = "ROUTINE", strings.TrimPrefix(r.db+"."+r.name, ".")
			}
		case failed:
			ev.Kind = pipeline.KindError
		default:
			ev.Kind = pipeline.KindStatement
			if before[r.event] {
				ev.Outcome = pipeline.OutcomeUnknown
			}
		}
		mysql.Statement(ev, r.query)
	}
}

// before lists the events that audit_log_filter writes before a statement has run.
var before = map[string]bool{"query_start": true, "query_nested_start": true, "preparse": true, "postparse": true, "log": true}

// message describes a record without a statement.
func (r *record) message() string {
	if r.class == "global_variable" {
		return r.class + " " + r.event + " " + r.name + " = " + r.value
	}
	return strings.TrimRight(r.class+" "+r.event+" "+r.command+r.name, " ")
}
