package serveraudit

import (
	"bytes"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/mysql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Formats of the records' three dialects.
const (
	FormatMariaDB = "mariadb/server_audit"
	FormatAWS     = "mysql/server_audit"
	FormatAurora  = "mysql/aurora"
)

// What a record of MariaDB's own plugin can tell of its version: new escapes, a port after the host or a TLS version.
const (
	since10 = "10+"
	since12 = "12+"
)

// DefaultQueryLimit is server_audit_query_log_limit's default: longer queries are cut there.
const DefaultQueryLimit = 1024

// Faults of records.
var (
	ErrShape     = &field.Fault{Reason: "bad_server_audit", Sentence: "server_audit record: no operation with its two numbers before it"}
	ErrTail      = &field.Fault{Reason: "bad_server_audit", Sentence: "server_audit record: what follows the operation does not fit it"}
	ErrAmbiguous = &field.Fault{Reason: "ambiguous", Sentence: "server_audit record: commas in names let it be read in two ways"}
	ErrTime      = &field.Fault{Reason: "bad_server_audit", Sentence: "server_audit record: does not start with a known time"}
)

// Reader reads records; it keeps memory between them. Not for concurrent use.
type Reader struct {
	Arena      *field.Arena
	Clock      *stamp.Clock
	QueryLimit int // 0 means [DefaultQueryLimit]
}

// Looks reports whether line starts with a time as server_audit writes it, and a comma.
func Looks(line []byte) bool {
	switch d := field.Digits(line); {
	case d == 8: // 20060102 15:04:05,
		return len(line) > 17 && line[8] == ' ' && line[11] == ':' && line[14] == ':' && line[17] == ','
	case d == 16:
		return len(line) > 16 && line[16] == ','
	case d == 4: // server_audit_timestamp_format
		n := stamp.Length(line)
		return n > 0 && n < len(line) && line[n] == ',' && n+1 < len(line) && line[n+1] != '"' && line[n+1] != ','
	}
	return false
}

// Read reads one line into ev. It leaves what identifies the record to the caller.
func (r *Reader) Read(line []byte, ev *pipeline.Event) error {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	i := bytes.IndexByte(line, ',')
	if i < 0 {
		return ErrShape
	}
	format, err := r.time(line[:i], ev)
	if err != nil {
		return err
	}
	return r.body(line[i+1:], format, ev)
}

// ReadSyslog reads a record as sent to syslog: without a time.
func (r *Reader) ReadSyslog(line []byte, ev *pipeline.Event) error {
	return r.body(bytes.TrimLeft(line, " "), FormatMariaDB, ev)
}

// time reads the first field, which tells Aurora from the others.
func (r *Reader) time(b []byte, ev *pipeline.Event) (format string, err error) {
	if len(b) == 17 {
		if t, ok := r.Clock.Compact(b); ok {
			ev.EventTime, ev.TimeCertainty = t, pipeline.TimeZoneAssumed
			return FormatMariaDB, nil
		}
	}
	if len(b) == 16 {
		if t, ok := stamp.Epoch(b); ok {
			ev.EventTime, ev.TimeCertainty = t, pipeline.TimeExact
			return FormatAurora, nil
		}
	}
	t, sure, n := r.Clock.Civil(b)
	if n == 0 || n != len(b) {
		return "", ErrTime
	}
	ev.EventTime, ev.TimeCertainty = t, sure
	return FormatMariaDB, nil
}

// body reads from the server's name on.
func (r *Reader) body(b []byte, format string, ev *pipeline.Event) error {
	if h, ok := plain(b); ok && h.op == "QUERY" {
		r.head(&h, format, ev)
		if err := r.query(h.tail, ev); err == nil {
			return nil
		}
		ev.Has = 0
	}
	h, err := choose(b)
	if err != nil {
		return err
	}
	r.head(&h, format, ev)
	switch kindOf(h.op) {
	case opQuery:
		return r.query(h.tail, ev)
	case opTable:
		return r.table(h.tail, ev)
	}
	ev.Has &^= pipeline.HasStatementID
	return connection(h.tail, ev)
}

// head stores what stands before the operation.
func (r *Reader) head(h *head, format string, ev *pipeline.Event) {
	ev.Format, ev.Engine = format, pipeline.MariaDB
	if format == FormatAurora {
		ev.Engine = pipeline.MySQL
	}
	ev.Host = field.String(h.server)
	ev.Role, ev.ClientAddr, ev.ClientPort, ev.FormatVersion = "", "", 0, ""
	if len(h.user) > 0 {
		ev.Role = field.String(h.user)
		ev.Has |= pipeline.HasRole
	}
	client(ev, field.String(h.host))
	if ev.ClientPort != 0 && format == FormatMariaDB {
		ev.FormatVersion = since12
	}
	ev.SessionID = field.String(h.connection)
	ev.StatementID, _ = field.Int(h.query)
	ev.Has |= pipeline.HasStatementID
	ev.Command = h.op
}

// client stores the client's host, which newer versions write with its port.
func client(ev *pipeline.Event, host string) {
	if host == "" {
		return
	}
	if i := strings.LastIndexByte(host, ':'); i > 0 && (strings.IndexByte(host, ':') == i || host[i-1] == ']') {
		if n, ok := field.Int(field.Bytes(host[i+1:])); ok && n >= 0 && n <= 65535 {
			ev.ClientPort = uint16(n)
			host = strings.Trim(host[:i], "[]")
		}
	}
	ev.ClientAddr = host
	ev.Has |= pipeline.HasClient
}

// query reads `db,'escaped',retcode`, which the AWS fork follows with two commas.
func (r *Reader) query(b []byte, ev *pipeline.Event) error {
	if n := len(b); n > 2 && b[n-1] == ',' && b[n-2] == ',' {
		b = b[:n-2]
		ev.Format, ev.Engine, ev.FormatVersion = FormatAWS, pipeline.MySQL, ""
	}
	start := bytes.Index(b, []byte(",'"))
	end := bytes.LastIndexByte(b, ',')
	if start < 0 || end < start+3 || b[end-1] != '\'' {
		return ErrTail
	}
	code, ok := field.Int(b[end+1:])
	if !ok {
		return ErrTail
	}
	database(ev, b[:start])
	raw := b[start+2 : end-1]
	text, control := unescape(raw, r.Arena)
	if control && ev.FormatVersion == "" && ev.Format == FormatMariaDB {
		ev.FormatVersion = since10
	}
	ev.Kind, ev.Outcome = pipeline.KindStatement, pipeline.OutcomeSuccess
	if code != 0 {
		ev.Kind, ev.Outcome = pipeline.KindError, pipeline.OutcomeFailure
	}
	ev.ErrorCode = code
	ev.Statement = field.String(text)
	ev.Has |= pipeline.HasErrorCode | pipeline.HasStatement
	ev.Truncated = ev.Truncated || r.cut(text)
	ev.Redacted = ev.Redacted || mysql.Masked(ev.Statement)
	return nil
}

// cut tells a query that was probably cut: it is exactly as long as the plugin's limit. A character broken there has
// become U+FFFD on the way here, which is up to two bytes longer.
func (r *Reader) cut(text []byte) bool {
	limit := r.QueryLimit
	if limit == 0 {
		limit = DefaultQueryLimit
	}
	n := len(text)
	return n == limit || n > limit-3 && n <= limit+2 && bytes.HasSuffix(text, []byte("\uFFFD"))
}

// table reads `db,table,`; RENAME's table is `old|newdb.new`.
func (r *Reader) table(b []byte, ev *pipeline.Event) error {
	n := len(b)
	if n == 0 || b[n-1] != ',' {
		return ErrTail
	}
	i := bytes.IndexByte(b, ',')
	if i == n-1 {
		return ErrTail
	}
	db, name := b[:i], b[i+1:n-1]
	database(ev, db)
	ev.Kind = pipeline.KindObject
	ev.Class, ev.ObjectType = ev.Command, "TABLE"
	if old, renamed, ok := bytes.Cut(name, []byte{'|'}); ok && ev.Command == "RENAME" {
		name = old
		ev.Detail = field.String(renamed)
	}
	full := r.Arena.Take(len(db) + 1 + len(name))
	copy(full, db)
	full[len(db)] = '.'
	copy(full[len(db)+1:], name)
	ev.ObjectName = field.String(full)
	return nil
}

// connection reads `db,object,status` and the AWS fork's connection type after it. The object is empty, the TLS version
// (12.0.1 on), or who is proxied.
func connection(b []byte, ev *pipeline.Event) error {
	i := bytes.LastIndexByte(b, ',')
	if i < 0 {
		return ErrTail
	}
	code, ok := field.Int(b[i+1:])
	if !ok {
		if !connectionType(b[i+1:]) {
			return ErrTail
		}
		ev.Format, ev.Engine, ev.FormatVersion = FormatAWS, pipeline.MySQL, ""
		ev.Detail = field.String(b[i+1:])
		b = b[:i]
		if i = bytes.LastIndexByte(b, ','); i < 0 {
			return ErrTail
		}
		if code, ok = field.Int(b[i+1:]); !ok {
			return ErrTail
		}
	}
	b = b[:i]
	if i = bytes.LastIndexByte(b, ','); i < 0 {
		return ErrTail
	}
	object := field.String(b[i+1:])
	database(ev, b[:i])
	if strings.HasPrefix(object, "TLS") || strings.HasPrefix(object, "SSL") {
		ev.TLS = object
		if ev.Format == FormatMariaDB {
			ev.FormatVersion = since12
		}
	} else if object != "" {
		ev.Context = object
	}
	ev.ErrorCode = code
	ev.Has |= pipeline.HasErrorCode
	ev.Kind, ev.Outcome = pipeline.KindConnect, pipeline.OutcomeSuccess
	switch {
	case ev.Command == "DISCONNECT":
		ev.Kind = pipeline.KindDisconnect
	case ev.Command == "FAILED_CONNECT" || code != 0:
		ev.Kind, ev.Outcome = pipeline.KindLoginFailure, pipeline.OutcomeFailure
	}
	return nil
}

func connectionType(b []byte) bool {
	switch string(b) {
	case "UNDEFINED", "TCP/IP", "SOCKET", "NAMED_PIPE", "SSL", "SHARED_MEMORY":
		return true
	}
	return false
}

func database(ev *pipeline.Event, b []byte) {
	if len(b) > 0 {
		ev.Database = field.String(b)
		ev.Has |= pipeline.HasDatabase
	}
}
