// Package percona reads the records of Percona Server's audit_log plugin: OLD XML (attributes), NEW XML (elements), JSON
// and CSV. The same record gives the same event in all four.
//
// It guarantees texts unescaped as the plugin escaped them, including character references that XML 1.0 forbids. It does
// not check that a document is well-formed: a live file never is.
//
// Event semantics: Query, Execute, Prepare, Init DB and the like are KindStatement, or KindError if STATUS is not 0;
// Connect and Change user are KindConnect, or KindLoginFailure; Quit is KindDisconnect; Audit and NoAudit are KindServer.
package percona

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/mysql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Formats of the records.
const (
	FormatXML  = "percona/audit_log_xml"
	FormatJSON = "percona/audit_log_json"
	FormatCSV  = "percona/audit_log_csv"
)

// ErrShape says that a record is not of the plugin.
var ErrShape = &field.Fault{Reason: "bad_percona", Sentence: "Percona audit record: no name or no timestamp"}

// Record is one audit record, in the plugin's own terms.
type Record struct {
	Name, Timestamp, CommandClass, ConnectionID, Status, StatusCode string
	SQLText, User, PrivUser, OSUser, ProxyUser, Host, IP, DB        string
	Version, Args, ServerID                                         string
	ConnectionType, Table, Program                                  string
	Style                                                           string // of XML: OLD or NEW
	hasSQL                                                          bool
	subject, value                                                  string // of audit_log_filter's further classes
	key                                                             string // of the attribute whose value comes next
}

// attribute stores a connection's attribute: NAME, then VALUE. The client chooses both.
func (r *Record) attribute(name, value string) {
	switch name {
	case "NAME":
		r.key = value
	case "VALUE":
		if r.key == "program_name" {
			r.Program = value
		}
		r.key = ""
	}
}

// Set stores a field by its name in any of the spellings: SQLTEXT, sqltext, SQL_TEXT.
func (r *Record) Set(name, value string) {
	var lower [24]byte
	if len(name) > len(lower) {
		return
	}
	for i := range len(name) {
		lower[i] = name[i]
		if name[i]-'A' < 26 {
			lower[i] |= 0x20
		}
	}
	switch string(lower[:len(name)]) {
	case "name":
		r.Name = value
	case "timestamp":
		r.Timestamp = value
	case "command_class":
		r.CommandClass = value
	case "connection_id":
		r.ConnectionID = value
	case "status":
		r.Status = value
	case "status_code":
		r.StatusCode = value
	case "sqltext":
		r.SQLText, r.hasSQL = value, true
	case "user":
		r.User = value
	case "priv_user":
		r.PrivUser = value
	case "os_user", "os_login":
		r.OSUser = value
	case "proxy_user":
		r.ProxyUser = value
	case "host":
		r.Host = value
	case "ip":
		r.IP = value
	case "db":
		r.DB = value
	case "connection_type":
		r.ConnectionType = value
	case "mysql_version":
		r.Version = value
	case "startup_options", "startup_optionsi":
		r.Args = value
	case "table":
		r.Table = value
	case "variable_name", "stored_program", "message":
		r.subject = value
	case "variable_value":
		r.value = value
	}
}

// Event says what the record means.
func (r *Record) Event(clock *stamp.Clock, ev *pipeline.Event) error {
	ts := field.Bytes(r.Timestamp)
	t, sure, n := clock.Civil(ts)
	if r.Name == "" || n == 0 || n != len(ts) {
		return ErrShape
	}
	ev.EventTime, ev.TimeCertainty = t, sure
	ev.Engine = pipeline.MySQL
	if ev.FormatVersion = r.Style; r.Version != "" { // on records of the plugin's start
		ev.FormatVersion = strings.TrimPrefix(r.Style+" "+r.Version, " ")
	}
	r.who(ev)
	ev.Command, ev.Class = r.Name, r.CommandClass
	code, ok := field.Int(field.Bytes(r.Status))
	if !ok {
		code, _ = field.Int(field.Bytes(r.StatusCode))
	}
	ev.ErrorCode = code
	ev.Outcome = pipeline.OutcomeSuccess
	if r.Status != "" {
		ev.Has |= pipeline.HasErrorCode
	}
	failed := code != 0
	if failed {
		ev.Outcome = pipeline.OutcomeFailure
	}
	switch {
	case r.Name == "Connect" || r.Name == "Change user":
		ev.Kind = pipeline.KindConnect
		if failed {
			ev.Kind = pipeline.KindLoginFailure
		}
	case r.Name == "Quit" || r.Name == "Disconnect":
		ev.Kind = pipeline.KindDisconnect
	case r.filter(ev):
	case r.Name == "Audit" || r.Name == "NoAudit":
		ev.Kind, ev.Message, ev.Detail = pipeline.KindServer, r.Name, r.Version
	case r.hasSQL || r.CommandClass != "":
		r.statement(ev, failed)
	default:
		ev.Kind, ev.Message = pipeline.KindMessage, r.Name
	}
	return nil
}

// filter deals with the names that only audit_log_filter uses, and reports whether the record has one.
func (r *Record) filter(ev *pipeline.Event) bool {
	switch r.Name {
	case "TableRead", "TableInsert", "TableUpdate", "TableDelete":
		r.statement(ev, false)
		ev.Kind, ev.ObjectType, ev.ObjectName = pipeline.KindObject, "TABLE", strings.TrimPrefix(r.DB+"."+r.Table, ".")
	case "Pre Authenticate":
		ev.Kind = pipeline.KindConnAttempt
	case "Query Start", "Query Nested Start", "Preparse", "Postparse": // before it ran
		r.statement(ev, false)
		ev.Outcome = pipeline.OutcomeUnknown
	case "Auth Flush", "Auth Authid Create", "Auth Credential Change", "Auth Authid Rename", "Auth Authid Drop":
		// The account named is the one changed, not the one that changes it.
		ev.Kind, ev.Message, ev.ObjectType, ev.ObjectName = pipeline.KindMessage, r.Name, "USER", r.User+"@"+r.Host
		ev.Role, ev.ClientAddr = "", ""
		ev.Has &^= pipeline.HasRole | pipeline.HasClient
	case "Command Start", "Command End", "Log", "Error", "Result", "Status", "Message", "User", "Internal":
		ev.Kind, ev.Message = pipeline.KindMessage, strings.TrimRight(r.Name+" "+r.subject, " ")
	case "Variable Get", "Variable Set":
		ev.Kind, ev.Message = pipeline.KindMessage, r.Name+" "+r.subject+" = "+r.value
	case "Execute":
		if r.subject == "" {
			return false // of a prepared statement
		}
		ev.Kind, ev.Message, ev.ObjectType, ev.ObjectName = pipeline.KindMessage, r.Name, "ROUTINE", strings.TrimPrefix(r.DB+"."+r.subject, ".")
	default:
		return false
	}
	return true
}

func (r *Record) statement(ev *pipeline.Event, failed bool) {
	ev.Kind = pipeline.KindStatement
	if failed {
		ev.Kind = pipeline.KindError
	}
	mysql.Statement(ev, r.SQLText)
}

// who fills in user, host and database. A general record writes the user as `user[priv] @ host [ip]`.
func (r *Record) who(ev *pipeline.Event) {
	user := mysql.Account(r.User)
	if user == "" {
		user = r.PrivUser
	}
	mysql.Who{Role: user, Database: r.DB, OSUser: r.OSUser, Application: r.Program, IP: r.IP, Host: r.Host}.Set(ev)
	ev.SessionID = r.ConnectionID
}
