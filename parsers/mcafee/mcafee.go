// Package mcafee reads the JSON lines of McAfee's (Trellix's) mysql-audit plugin, and Cloud SQL for MySQL's audit
// entries, which carry the same facts under camelCase names.
//
// Event semantics: commands Connect and Quit are KindConnect (or KindLoginFailure) and KindDisconnect, all others are
// KindStatement, or KindError where an error number or a failed status is given. Header lines are KindServer.
package mcafee

import (
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/mysql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Format of the plugin's own lines.
const Format = "mysql/mcafee"

// ErrShape says that an object is not of the plugin.
var ErrShape = &field.Fault{Reason: "bad_mcafee", Sentence: "mysql-audit record: no date or no command"}

type record struct {
	kind, user, priv, ip, host, cmd, query, status, osUser, app, object, objectType string
	version, server                                                                 string // of header lines
	hasQuery, failed                                                                bool
}

// Read reads one object into ev.
func Read(b []byte, a *field.Arena, ev *pipeline.Event) error {
	var r record
	ev.Engine = pipeline.MySQL
	s := jsonscan.Walk(b)
	for {
		key, v, ok := s.Next()
		if !ok {
			break
		}
		r.set(string(key), v, a, ev)
	}
	if s.Err != nil {
		return s.Err
	}
	return r.event(ev)
}

func (r *record) set(key string, v jsonscan.Value, a *field.Arena, ev *pipeline.Event) {
	if v.Kind == jsonscan.Array && key == "objects" {
		r.objects(v.Raw, a, ev)
		return
	}
	if v.Kind == jsonscan.Object || v.Kind == jsonscan.Array {
		return
	}
	text := v.Text(a)
	s := field.String(text)
	switch key {
	case "msg-type", "msgType":
		r.kind = s
	case "audit-version":
		r.version = s
	case "mysql-version":
		r.server = s
	case "date":
		if t, ok := stamp.Epoch(text); ok {
			ev.EventTime, ev.TimeCertainty = t, pipeline.TimeExact
		} else if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			ev.EventTime, ev.TimeCertainty = t.UTC(), pipeline.TimeExact
		}
	case "thread-id", "threadId":
		ev.SessionID = s
	case "query-id", "queryId":
		if n, ok := field.Int(text); ok {
			ev.StatementID = n
			ev.Has |= pipeline.HasStatementID
		}
	case "user":
		r.user = s
	case "priv_user", "privUser":
		r.priv = s
	case "ip":
		r.ip = s
	case "host":
		r.host = s
	case "client_port":
		if n, ok := field.Int(text); ok && n >= 0 && n <= 65535 {
			ev.ClientPort = uint16(n)
		}
	case "os_user":
		r.osUser = s
	case "appname":
		r.app = s
	case "rows":
		if n, ok := field.Int(text); ok {
			ev.Rows = n
			ev.Has |= pipeline.HasRows
		}
	case "status":
		r.status = s
	case "errCode", "error_code":
		if n, ok := field.Int(text); ok {
			ev.ErrorCode = n
			ev.Has |= pipeline.HasErrorCode
			r.failed = n != 0
		}
	case "cmd":
		r.cmd = s
	case "query":
		r.query, r.hasQuery = s, true
	}
}

// objects keeps the first object's name and the first database.
func (r *record) objects(b []byte, a *field.Arena, ev *pipeline.Event) {
	list := jsonscan.Walk(b)
	for {
		_, item, ok := list.Next()
		if !ok || item.Kind != jsonscan.Object {
			return
		}
		var db, name, kind string
		s := jsonscan.Walk(item.Raw)
		for {
			key, v, ok := s.Next()
			if !ok {
				break
			}
			switch string(key) {
			case "db":
				db = field.String(v.Text(a))
			case "name":
				name = field.String(v.Text(a))
			case "obj_type", "objType":
				kind = field.String(v.Text(a))
			}
		}
		if db != "" && ev.Has&pipeline.HasDatabase == 0 {
			ev.Database = db
			ev.Has |= pipeline.HasDatabase
		}
		if name != "" && r.object == "" {
			r.object, r.objectType = strings.TrimPrefix(db+"."+name, "."), kind
		}
	}
}

// event says what the record means.
func (r *record) event(ev *pipeline.Event) error {
	if r.kind == "header" {
		ev.Kind, ev.Message = pipeline.KindServer, "audit plugin started"
		if ev.FormatVersion = r.version; r.server != "" {
			ev.FormatVersion = strings.TrimSpace(r.version + " mysql/" + r.server)
		}
		return nil
	}
	if ev.EventTime.IsZero() || r.cmd == "" {
		return ErrShape
	}
	if r.user == "" {
		r.user = r.priv
	}
	mysql.Who{Role: r.user, OSUser: r.osUser, Application: r.app, IP: r.ip, Host: r.host}.Set(ev)
	ev.Command = r.cmd
	ev.ObjectName, ev.ObjectType = r.object, r.objectType
	r.judge(ev)
	return nil
}

func (r *record) judge(ev *pipeline.Event) {
	if n, ok := field.Int(field.Bytes(r.status)); ok {
		ev.ErrorCode = n
		ev.Has |= pipeline.HasErrorCode
		r.failed = r.failed || n != 0
	} else if r.status != "" && !strings.EqualFold(r.status, "successful") && !strings.EqualFold(r.status, "success") {
		r.failed = true
	}
	ev.Outcome = pipeline.OutcomeSuccess
	if r.failed {
		ev.Outcome = pipeline.OutcomeFailure
	}
	switch strings.ToLower(r.cmd) {
	case "connect", "failed login", "failed_login":
		ev.Kind = pipeline.KindConnect
		if r.failed || !strings.EqualFold(r.cmd, "connect") {
			ev.Kind, ev.Outcome = pipeline.KindLoginFailure, pipeline.OutcomeFailure
		}
		return
	case "quit", "disconnect":
		ev.Kind = pipeline.KindDisconnect
		return
	}
	ev.Kind = pipeline.KindStatement
	if r.failed {
		ev.Kind = pipeline.KindError
	}
	if r.hasQuery && r.query != "n/a" && r.query != r.cmd {
		mysql.Statement(ev, r.query)
		ev.Redacted = ev.Redacted || strings.Contains(r.query, "***")
	}
}
