package postgresql

import (
	"bytes"
	"errors"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Columns of csvlog that every version has, and those that came later.
const (
	csvColumns     = 23 // PostgreSQL 9.0 to 12
	csvMessage     = 13 // index
	csvBackendType = 23 // index, from 13
	csvQueryID     = 25 // index, from 14
)

// Faults of csvlog records.
var (
	ErrCSV        = &field.Fault{Reason: "bad_csv", Sentence: "csvlog record: a closing quote is followed by text"}
	ErrCSVOpen    = &field.Fault{Reason: "unclosed_quote", Sentence: "csvlog record: a quote is never closed"}
	ErrCSVColumns = &field.Fault{Reason: "bad_csv", Sentence: "csvlog record: fewer than 23 columns"}
	ErrCSVTime    = &field.Fault{Reason: "bad_csv", Sentence: "csvlog record: does not start with a time"}
	ErrCSVBare    = &field.Fault{Reason: "bad_csv", Sentence: "csvlog record: a text column is not quoted"}
)

// RowHead reports whether line starts like a csvlog record: a time and then a column.
func RowHead(line []byte) bool {
	q := 0
	if len(line) > 0 && line[0] == '"' {
		q = 1
	}
	n := stamp.Length(line[q:])
	if n == 0 || q+n+q >= len(line) || (q == 1 && line[q+n] != '"') || line[q+n+q] != ',' {
		return false
	}
	// The next column is a quoted name, or empty and followed by another comma or quote.
	next := line[q+n+q+1:]
	return len(next) > 0 && (next[0] == '"' || next[0] == ',')
}

// QuoteState follows csvlog's quoting over one physical line.
type QuoteState uint8

// The states in which a line of csvlog can end.
const (
	QuoteClosed QuoteState = iota // outside any quoted column: the record is complete
	QuoteOpen                     // inside one: the record goes on
	QuoteBroken                   // a closing quote was followed by text: bytes were lost somewhere before it
)

// ScanQuotes follows the quoting of one physical line that starts inside (open) or outside a quoted column. A server
// doubles every quote inside a text, so that a text can never look broken: only lost bytes can.
func ScanQuotes(line []byte, open bool) QuoteState {
	i := 0
	for {
		j := bytes.IndexByte(line[i:], '"')
		if j < 0 {
			break
		}
		i += j
		if !open {
			if i > 0 && line[i-1] != ',' {
				return QuoteBroken
			}
			open = true
			i++
			continue
		}
		switch {
		case i+1 == len(line) || line[i+1] == ',' || line[i+1] == '\r' && i+2 == len(line):
			open = false
			i++
		case line[i+1] == '"':
			i += 2
		default:
			return QuoteBroken
		}
	}
	if open {
		return QuoteOpen
	}
	return QuoteClosed
}

// ParseCSV reads one complete csvlog record into e.
func ParseCSV(b []byte, clock *stamp.Clock, a *field.Arena, e *Entry) error {
	if len(b) > 0 && b[len(b)-1] == '\r' {
		b = b[:len(b)-1]
	}
	var n int
	for more := true; more; n++ {
		for len(b) > 0 && b[0] == ',' && n > 0 { // half of the columns are empty
			b = b[1:]
			n++
		}
		col, rest, quoted, doubled, m, err := column(b)
		if err != nil {
			return err
		}
		b, more = rest, m
		if err := e.setColumn(n, col, quoted, doubled, clock, a); err != nil {
			return err
		}
	}
	if n < csvColumns {
		return ErrCSVColumns
	}
	e.Version = csvVersion(n)
	return nil
}

// csvVersion says which servers write so many columns; more are a fork's.
func csvVersion(columns int) string {
	switch columns {
	case 23:
		return "9.0-12"
	case 24:
		return "13"
	case 26:
		return "14+"
	}
	return ""
}

// ParseCutCSV reads a record that ends too early, inside its message or a later text, into e: the text is what there is.
func ParseCutCSV(b []byte, clock *stamp.Clock, a *field.Arena, e *Entry) error {
	for n := 0; ; n++ {
		col, rest, quoted, doubled, more, err := column(b)
		if errors.Is(err, ErrCSVOpen) && n >= csvMessage && b[0] == '"' {
			return e.setColumn(n, b[1:], true, doubled, clock, a)
		}
		if err == nil {
			err = e.setColumn(n, col, quoted, doubled, clock, a)
		}
		switch {
		case err != nil:
			return err
		case !more && n < csvMessage:
			return ErrCSVColumns
		case !more:
			return nil
		}
		b = rest
	}
}

// column takes one column: doubled says that it holds doubled quotes, more that another follows.
func column(b []byte) (col, rest []byte, quoted, doubled, more bool, err error) {
	if len(b) == 0 || b[0] != '"' {
		i := 0
		for i < len(b) && b[i] != ',' {
			i++
		}
		if i == len(b) {
			return b, nil, false, false, false, nil
		}
		return b[:i], b[i+1:], false, false, true, nil
	}
	b = b[1:]
	i := 0
	for {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return nil, nil, true, doubled, false, ErrCSVOpen
		}
		i += j
		if i+1 == len(b) {
			return b[:i], nil, true, doubled, false, nil
		}
		switch b[i+1] {
		case ',':
			return b[:i], b[i+2:], true, doubled, true, nil
		case '"':
			doubled = true
			i += 2
		default:
			return nil, nil, true, doubled, false, ErrCSV
		}
	}
}

// setColumn stores the n-th column.
func (e *Entry) setColumn(n int, col []byte, quoted, doubled bool, clock *stamp.Clock, a *field.Arena) error {
	if n == 0 {
		var end int
		e.Time, e.Sure, end = clock.Civil(col)
		if end == 0 || end != len(col) {
			return ErrCSVTime
		}
		return nil
	}
	if len(col) == 0 {
		if quoted && n == 22 {
			e.Has |= pipeline.HasApplication // set to nothing, which is not the same as unset
		}
		return nil
	}
	if !quoted && n < len(textColumn) && textColumn[n] {
		return ErrCSVBare
	}
	if doubled {
		col = a.Undouble(col)
	}
	s := field.String(col)
	switch n {
	case 1:
		e.setUser(s)
	case 2:
		e.setDatabase(s)
	case 3:
		e.PID, _ = field.Int(col)
	case 4:
		e.hostPort(s)
	case 5:
		e.SessionID = s
	case 7:
		e.Command = s
	case 9:
		e.VXID = s
	case 10:
		e.XID, _ = field.Int(col)
	case 11:
		e.Severity = english(s)
	case 12:
		e.SQLState = s
	case 13:
		e.Message = col
	case 14:
		e.Detail = s
	case 15:
		e.Hint = s
	case 16:
		e.InternalQuery = s
	case 18:
		e.Context = s
	case 19:
		e.Statement = s
	case 21:
		e.Location = s
	case 22:
		e.setApplication(s)
	case csvBackendType:
		e.BackendType = s
	case csvQueryID:
		e.QueryID, _ = field.Int(col)
	}
	return nil
}

// textColumn marks the columns that the server always quotes: one of these without quotes is not the server's writing.
var textColumn = [32]bool{1: true, 2: true, 7: true, 13: true, 14: true, 15: true, 16: true, 18: true, 19: true, 21: true, 22: true, 23: true}

// english translates a severity as written in csvlog and jsonlog.
func english(s string) string {
	switch s {
	case "LOG", "ERROR", "FATAL", "WARNING", "NOTICE", "INFO", "PANIC", "DEBUG":
		return s
	}
	if len(s) == 6 && s[:5] == "DEBUG" {
		return "DEBUG"
	}
	if w, ok := words[s]; ok {
		return w
	}
	return s
}
