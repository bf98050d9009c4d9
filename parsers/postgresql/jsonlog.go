package postgresql

import (
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// ErrJSONShape says that an object is not of jsonlog.
var ErrJSONShape = &field.Fault{Reason: "bad_json", Sentence: "jsonlog record: no timestamp or no severity"}

// ParseJSON reads one object of jsonlog into e and returns what follows it.
func ParseJSON(b []byte, clock *stamp.Clock, a *field.Arena, e *Entry) (rest []byte, err error) {
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			break
		}
		e.SetNamed(key, v, clock, a)
	}
	if s.Err != nil {
		return nil, s.Err
	}
	if e.Time.IsZero() || e.Severity == "" {
		return nil, ErrJSONShape
	}
	return s.Rest(), nil
}

// SetNamed stores one member by its name in jsonlog, or by the name of csvlog's column that wrappers of csvlog use.
func (e *Entry) SetNamed(key []byte, v jsonscan.Value, clock *stamp.Clock, a *field.Arena) {
	if v.Kind == jsonscan.Null {
		return
	}
	if v.Kind == jsonscan.Number {
		e.setNumber(key, v)
		return
	}
	b := v.Text(a)
	s := field.String(b)
	switch string(key) {
	case "timestamp", "log_time":
		if t, sure, n := clock.Civil(b); n == len(b) && n > 0 {
			e.Time, e.Sure = t, sure
		}
	case "user", "user_name":
		e.setUser(s)
	case "dbname", "database_name":
		e.setDatabase(s)
	case "remote_host":
		e.setHost(s)
	case "connection_from":
		e.hostPort(s)
	case "session_id":
		e.SessionID = s
	case "ps", "command_tag":
		e.Command = s
	case "vxid", "virtual_transaction_id":
		e.VXID = s
	case "error_severity":
		e.Severity = english(s)
	case "state_code", "sql_state_code":
		e.SQLState = s
	case "message":
		e.Message = b
	case "detail":
		e.Detail = s
	case "hint":
		e.Hint = s
	case "internal_query":
		e.InternalQuery = s
	case "context":
		e.Context = s
	case "statement", "query":
		e.Statement = s
	case "func_name", "location":
		e.Location = s
	case "application_name":
		e.setApplication(s)
	case "backend_type":
		e.BackendType = s
	default:
		e.setNumber(key, v) // Supabase and others write numbers as strings
	}
}

func (e *Entry) setNumber(key []byte, v jsonscan.Value) {
	n, ok := v.Int()
	if !ok {
		return
	}
	switch string(key) {
	case "pid", "process_id":
		e.PID = n
	case "remote_port":
		if n > 0 && n <= 65535 {
			e.Port = uint16(n)
		}
	case "txid", "transaction_id":
		e.XID = n
	case "query_id":
		e.QueryID = n
	}
}
