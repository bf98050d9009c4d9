package percona

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// ErrCSV says that a row is not of the plugin's CSV flavour.
var ErrCSV = &field.Fault{Reason: "bad_csv", Sentence: "Percona CSV record: wrong number of columns or broken quotes"}

// Columns of the three kinds of row. General and connection rows have twelve each; the first column tells them apart.
var (
	generalColumns    = []string{"NAME", "RECORD", "TIMESTAMP", "COMMAND_CLASS", "CONNECTION_ID", "STATUS", "SQLTEXT", "USER", "HOST", "OS_USER", "IP", "DB"}
	connectionColumns = []string{"NAME", "RECORD", "TIMESTAMP", "CONNECTION_ID", "STATUS", "USER", "PRIV_USER", "OS_LOGIN", "PROXY_USER", "HOST", "IP", "DB"}
	auditColumns      = []string{"NAME", "RECORD", "TIMESTAMP", "MYSQL_VERSION", "STARTUP_OPTIONS", "OS_VERSION"}
)

// LooksCSV reports whether a line starts a row: a quoted name, then a quoted record id `N_YYYY-…`.
func LooksCSV(b []byte) bool {
	if len(b) < 12 || b[0] != '"' {
		return false
	}
	i := bytes.IndexByte(b[1:min(len(b), 40)], '"')
	if i <= 0 {
		return false
	}
	rest, ok := bytes.CutPrefix(b[2+i:], []byte(`,"`))
	d := field.Digits(rest)
	return ok && d > 0 && d+5 < len(rest) && rest[d] == '_' && field.Digits(rest[d+1:]) == 4
}

// ReadCSV reads one row, which may hold raw newlines inside quotes.
func ReadCSV(b []byte, a *field.Arena, r *Record) error {
	b = bytes.TrimRight(b, "\r\n")
	var columns []string
	for n := 0; ; n++ {
		col, rest, more, ok := csvColumn(b, a)
		if !ok {
			return ErrCSV
		}
		if n == 0 {
			switch string(col) {
			case "Connect", "Quit", "Change user":
				columns = connectionColumns
			case "Audit", "NoAudit":
				columns = auditColumns
			default:
				columns = generalColumns
			}
		}
		if n == len(columns) {
			return ErrCSV
		}
		r.Set(columns[n], field.String(col))
		if !more {
			if n+1 < len(columns) {
				return ErrCSV
			}
			return nil
		}
		b = rest
	}
}

// csvColumn takes one column.
func csvColumn(b []byte, a *field.Arena) (col, rest []byte, more, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			return b, nil, false, true
		}
		return b[:i], b[i+1:], true, true
	}
	for i := 1; i < len(b); i++ {
		if b[i] != '"' {
			continue
		}
		if i+1 < len(b) && b[i+1] == '"' {
			i++
			continue
		}
		col = a.Undouble(b[1:i])
		if i+1 == len(b) {
			return col, nil, false, true
		}
		return col, b[i+2:], true, b[i+1] == ','
	}
	return nil, nil, false, false
}
