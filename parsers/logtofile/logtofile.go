// Package logtofile reads the files of pgauditlogtofile, in its CSV and JSON flavours.
//
// Its CSV quotes every value and escapes like JSON; statement and parameters share one value, as pgaudit wrote them. The
// extension cuts pgaudit's text at commas, so an object name that holds one shifts the columns: such a record is refused.
package logtofile

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Formats of the two flavours.
const (
	FormatCSV  = "postgresql/pgauditlogtofile_csv"
	FormatJSON = "postgresql/pgauditlogtofile_json"
)

// ErrShape says that a record is not of the extension.
var ErrShape = &field.Fault{Reason: "bad_pgauditlogtofile", Sentence: "pgauditlogtofile record: columns are missing or shifted"}

// Columns that matter, by index.
const (
	colTime, colUser, colDB, colPID, colPeer, colSession, colTag, colXID, colState = 0, 1, 2, 3, 4, 5, 6, 8, 9
	colType, colText, colDetail, colHint, colContext, colApplication               = 10, 17, 18, 19, 22, 26
	colLasted                                                                      = 29
	columns                                                                        = 27
)

// LooksCSV reports whether a line is of the CSV flavour: a quoted time, then quoted values, among them a process, a session
// and a SQLSTATE in their places.
func LooksCSV(b []byte) bool {
	if len(b) < 30 || b[0] != '"' {
		return false
	}
	if n := stamp.Length(b[1:]); n == 0 || n+2 >= len(b) || b[n+1] != '"' || b[n+2] != ',' {
		return false
	}
	for i := 0; i <= colState; i++ {
		v, rest, more, ok := column(b)
		if !ok || !more || len(rest) == 0 || i == colPID && (len(v) == 0 || field.Digits(v) != len(v)) || i == colState && len(v) != 5 ||
			i == colSession && bytes.IndexByte(v, '.') <= 0 {
			return false
		}
		b = rest
	}
	return b[0] == '"'
}

// ReadCSV reads one line.
func ReadCSV(b []byte, x *postgresql.Scratch, ev *pipeline.Event) error {
	var col [48][]byte
	n := 0
	for b = bytes.TrimRight(b, "\r"); n < len(col); n++ {
		v, rest, more, ok := value(b, &x.Arena)
		if !ok {
			return ErrShape
		}
		col[n] = v
		if !more {
			n++
			break
		}
		b = rest
	}
	audit := string(col[colType]) == "SESSION" || string(col[colType]) == "OBJECT" || len(col[colType]) == 0
	shift := 0
	if !audit { // a connection message is one column where pgaudit's text is eight
		shift = colText - colType
	}
	if n < columns-shift {
		return ErrShape
	}
	var e postgresql.Entry
	t, sure, end := x.Clock.Civil(col[colTime])
	if end == 0 {
		return ErrShape
	}
	e.Time, e.Sure, e.Severity = t, sure, "LOG"
	e.Version = widths[n]
	for name, i := range map[string]int{
		"user": colUser, "dbname": colDB, "pid": colPID, "connection_from": colPeer, "session_id": colSession, "ps": colTag,
		"txid": colXID, "state_code": colState, "detail": colDetail, "hint": colHint, "context": colContext, "application_name": colApplication,
	} {
		if i > colType {
			i -= shift
		}
		e.SetNamed([]byte(name), jsonscan.Value{Raw: col[i], Kind: jsonscan.String}, x.Clock, &x.Arena)
	}
	if !audit {
		e.Message = col[colType]
		return e.Event(ev, x)
	}
	if len(col[colType]) == 0 { // connection messages have their text in one column
		e.Message = col[colText]
		return e.Event(ev, x)
	}
	lasted(ev, col[colLasted])
	return audited(&e, col[colType:colText+1], x, ev)
}

// lasted stores an execution time, in seconds.
func lasted(ev *pipeline.Event, b []byte) {
	if sec, err := strconv.ParseFloat(field.String(b), 64); err == nil && sec >= 0 && sec < 1e9 {
		ev.Duration = time.Duration(math.Round(sec * 1e9))
		ev.Has |= pipeline.HasDuration
	}
}

// widths names the layouts by their number of columns: to the application's name, with times and memory, with another since.
var widths = func() (w [49]string) {
	for n := columns; n < len(w); n++ {
		w[n] = strconv.Itoa(n) + " columns"
	}
	return w
}()

// value takes one column: quoted with JSON's escapes, or bare.
func value(b []byte, a *field.Arena) (v, rest []byte, more, ok bool) {
	v, rest, more, ok = column(b)
	if ok && len(b) > 0 && b[0] == '"' {
		v = jsonscan.Unescape(v, a)
	}
	return v, rest, more, ok
}

// column takes one column as it stands, without its quotes.
func column(b []byte) (v, rest []byte, more, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			return b, nil, false, true
		}
		return b[:i], b[i+1:], true, true
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			if i+1 == len(b) {
				return b[1:i], nil, false, true
			}
			return b[1:i], b[i+2:], true, b[i+1] == ','
		}
	}
	return nil, nil, false, false
}

// assemble rebuilds pgaudit's text from the columns it was cut into; the last holds statement and parameters as they were.
func assemble(parts [][]byte, a *field.Arena) []byte {
	size := len(pgaudit.Marker)
	for _, p := range parts {
		size += len(p) + 1
	}
	b := append(a.Take(size)[:0], pgaudit.Marker...)
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p...)
	}
	return b
}

// audited reads a record of pgaudit's. What the extension cut at commas holds none, and no half of a quoted name.
func audited(e *postgresql.Entry, parts [][]byte, x *postgresql.Scratch, ev *pipeline.Event) error {
	for _, p := range parts[:len(parts)-1] {
		if bytes.IndexByte(p, ',') >= 0 || !pgaudit.Balanced(p) {
			return ErrShape
		}
	}
	e.Message = assemble(parts, &x.Arena)
	if err := e.Event(ev, x); err != nil {
		return ErrShape
	}
	return nil
}

// ReadJSON reads one object.
func ReadJSON(b []byte, x *postgresql.Scratch, ev *pipeline.Event) error {
	var e postgresql.Entry
	var parts [8][]byte
	s := jsonscan.Walk(b)
	for key, v, ok := s.Next(); ok; key, v, ok = s.Next() {
		if i, known := auditKeys[string(key)]; known {
			parts[i] = v.Text(&x.Arena)
			continue
		}
		if string(key) == "custom.execution_time" {
			lasted(ev, v.Text(&x.Arena))
			continue
		}
		if name, known := entryKeys[string(key)]; known {
			e.SetNamed([]byte(name), v, x.Clock, &x.Arena)
		}
	}
	if s.Err != nil {
		return s.Err
	}
	e.Severity = "LOG"
	if e.Time.IsZero() {
		return ErrShape
	}
	if len(parts[0]) == 0 {
		e.Message = parts[7]
		return e.Event(ev, x)
	}
	return audited(&e, parts[:], x, ev)
}

var auditKeys = map[string]int{
	"custom.audit_type": 0, "custom.statement_id": 1, "custom.substatement_id": 2, "custom.class": 3, "custom.command": 4,
	"custom.object_type": 5, "custom.object_name": 6, "content": 7,
}

var entryKeys = map[string]string{
	"timestamp": "timestamp", "db.user": "user", "db.name": "dbname", "custom.process_id": "pid", "net.peer.name": "remote_host",
	"net.peer.port": "remote_port", "custom.session_id": "session_id", "custom.command_tag": "ps",
	"custom.virtual_transaction_id": "vxid", "custom.transaction_id": "txid", "custom.state_code": "state_code",
	"custom.detail_log": "detail", "custom.hint": "hint", "custom.err_hint": "hint", "custom.context": "context", "custom.application_name": "application_name",
}
