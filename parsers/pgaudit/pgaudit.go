// Package pgaudit reads the payload of pgaudit's log messages: the CSV after "AUDIT: ".
//
// It guarantees the fields as pgaudit's log_audit_event wrote them, for versions of 9 fields and of 10 (with rows), and
// the values of the doubly quoted parameter list. It does not tell NULL from an empty string among parameters, nor the
// literal value "<none>" from no parameters: pgaudit writes them alike.
package pgaudit

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Marker starts every message of pgaudit.
const Marker = "AUDIT: "

// Literals pgaudit writes in the place of a statement or its parameters.
const (
	none             = "<none>"
	notLogged        = "<not logged>"
	previouslyLogged = "<previously logged>"
	redacted         = "<REDACTED>"
	suppressed       = "<long param suppressed>"
)

// Payload is one audit record.
type Payload struct {
	Type           string
	StatementID    int64
	SubstatementID int64
	Class          string
	Command        string
	ObjectType     string
	ObjectName     string
	Statement      string
	Parameters     []string // nil if there are none
	Rows           int64
	Fields         int // 9, or 10 where pgaudit.log_rows is on; 0 where a wrapper took the fields apart

	HasStatement     bool // the text is there (not withheld, not "<previously logged>")
	HasParameters    bool // a list of at least one value is there
	HasRows          bool
	PreviouslyLogged bool // statement and parameters were logged with an earlier record of the same ids
	Redacted         bool // something was withheld or masked
	Truncated        bool // the closing quote or later fields are missing
}

// Faults that Parse returns.
var (
	ErrFields = &field.Fault{Reason: "bad_pgaudit", Sentence: "pgaudit record: wrong number of fields"}
	ErrHead   = &field.Fault{Reason: "bad_pgaudit", Sentence: "pgaudit record: does not start with SESSION or OBJECT, two numbers and a class"}
	ErrQuote  = &field.Fault{Reason: "bad_pgaudit", Sentence: "pgaudit record: a closing quote is followed by text"}
)

// Balanced reports whether every quote in b is closed: a record with an open one goes on in the next line.
func Balanced(b []byte) bool { return bytes.Count(b, quote)&1 == 0 }

var quote = []byte{'"'}

// Parse reads b, the text after [Marker], de-tabbed. A record that ends inside its statement or parameters is returned
// with Truncated set. Strings alias b or the arena.
func Parse(b []byte, a *field.Arena, p *Payload) error {
	*p = Payload{}
	rest, err := head(b, p)
	if err != nil {
		return err
	}
	var f [6][]byte // command, object type, object name, statement, parameter, rows
	n := 0
	for more := true; more; n++ {
		if n == len(f) {
			return ErrFields
		}
		var open bool
		f[n], rest, more, open, err = next(rest, a)
		if err != nil {
			return err
		}
		p.Truncated = p.Truncated || open
	}
	if n < 5 {
		if n < 4 && !p.Truncated {
			return ErrFields
		}
		p.Truncated = true
	}
	p.Command, p.ObjectType, p.ObjectName = field.String(f[0]), field.String(f[1]), field.String(f[2])
	p.statement(f[3], n > 3)
	p.parameters(f[4], n > 4, a)
	if n > 4 && !p.Truncated {
		p.Fields = 4 + n
	}
	if n == 6 && len(f[5]) > 0 {
		if p.Rows, p.HasRows = field.Int(f[5]); !p.HasRows {
			return ErrFields
		}
	}
	return nil
}

// head reads TYPE,STMT_ID,SUBSTMT_ID,CLASS, none of which is ever quoted.
func head(b []byte, p *Payload) ([]byte, error) {
	switch {
	case len(b) > 8 && string(b[:8]) == "SESSION,":
		p.Type, b = "SESSION", b[8:]
	case len(b) > 7 && string(b[:7]) == "OBJECT,":
		p.Type, b = "OBJECT", b[7:]
	default:
		return nil, ErrHead
	}
	var ok bool
	if p.StatementID, b, ok = number(b); !ok {
		return nil, ErrHead
	}
	if p.SubstatementID, b, ok = number(b); !ok {
		return nil, ErrHead
	}
	i := bytes.IndexByte(b, ',')
	if i < 0 {
		return nil, ErrHead
	}
	switch string(b[:i]) {
	case "READ":
		p.Class = "READ"
	case "WRITE":
		p.Class = "WRITE"
	case "MISC":
		p.Class = "MISC"
	case "DDL":
		p.Class = "DDL"
	case "FUNCTION":
		p.Class = "FUNCTION"
	case "ROLE":
		p.Class = "ROLE"
	case "MISC_SET":
		p.Class = "MISC_SET"
	default:
		return nil, ErrHead
	}
	return b[i+1:], nil
}

func number(b []byte) (int64, []byte, bool) {
	i := bytes.IndexByte(b, ',')
	if i < 0 {
		return 0, b, false
	}
	n, ok := field.Int(b[:i])
	return n, b[i+1:], ok
}

// next takes one CSV field: more says that a comma follows it, open that its closing quote is missing.
func next(b []byte, a *field.Arena) (f, rest []byte, more, open bool, err error) {
	if len(b) == 0 || b[0] != '"' {
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			return b, nil, false, false, nil
		}
		return b[:i], b[i+1:], true, false, nil
	}
	end, doubled := Closing(b[1:])
	if end < 0 {
		f = b[1:]
	} else {
		f = b[1 : 1+end]
	}
	if doubled {
		f = a.Undouble(f)
	}
	if end < 0 {
		return f, nil, false, true, nil
	}
	rest = b[2+end:]
	if len(rest) == 0 {
		return f, nil, false, false, nil
	}
	if rest[0] != ',' {
		return nil, nil, false, false, ErrQuote
	}
	return f, rest[1:], true, false, nil
}

// Closing finds the quote that ends a field whose opening quote is already taken, -1 if there is none, and says whether a doubled one
// stands before it.
func Closing(b []byte) (end int, doubled bool) {
	i := 0
	for {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1, doubled
		}
		i += j
		if i+1 >= len(b) || b[i+1] != '"' {
			return i, doubled
		}
		doubled = true
		i += 2
	}
}

// statement interprets the statement field. AlloyDB writes the literals in brackets.
func (p *Payload) statement(f []byte, present bool) {
	if !present {
		return
	}
	if len(f) > 2 && (f[0] == '<' || f[0] == '[') && len(f) <= len(previouslyLogged) {
		switch string(f[1 : len(f)-1]) {
		case notLogged[1 : len(notLogged)-1]:
			p.Redacted = true
			return
		case previouslyLogged[1 : len(previouslyLogged)-1]:
			p.PreviouslyLogged = true
			return
		}
	}
	p.Statement, p.HasStatement = field.String(f), true
	if bytes.HasSuffix(f, []byte(redacted)) {
		p.Redacted = true
	}
}

// parameters splits the inner list: values CSV-quoted once more and joined by commas.
func (p *Payload) parameters(f []byte, present bool, a *field.Arena) {
	if !present {
		return
	}
	switch string(f) {
	case none, "[none]", previouslyLogged:
		return
	case notLogged, "[not logged]":
		p.Redacted = true
		return
	}
	p.Parameters, p.Truncated = Values(f, p.Truncated, a)
	p.HasParameters = true
	for _, v := range p.Parameters {
		if v == suppressed {
			p.Redacted = true
		}
	}
}

// Values splits a list of CSV values; cut says that it is known to be incomplete, and is returned true if it proves so.
func Values(f []byte, cut bool, a *field.Arena) ([]string, bool) {
	list := a.Strings(1 + bytes.Count(f, comma))
	for more := true; more; {
		v, rest, m, open, err := next(f, a)
		if err != nil { // quotes inside a bare value: keep the rest as one value
			return append(list, field.String(f)), cut
		}
		list, f, more, cut = append(list, field.String(v)), rest, m, cut || open
	}
	return list, cut
}

var comma = []byte{','}

// SetTexts interprets a statement and a parameter list that a wrapper carries in fields of their own.
func SetTexts(ev *pipeline.Event, statement, parameter string, a *field.Arena) {
	var p Payload
	p.statement(field.Bytes(statement), true)
	p.parameters(field.Bytes(parameter), parameter != "", a)
	p.texts(ev)
}

// Audited fills ev in from a payload, whatever carried it.
func Audited(ev *pipeline.Event, p *Payload) {
	ev.Kind, ev.Outcome = pipeline.KindStatement, pipeline.OutcomeSuccess
	ev.AuditType, ev.Class, ev.Command = p.Type, p.Class, p.Command
	ev.StatementID, ev.SubstatementID = p.StatementID, p.SubstatementID
	ev.ObjectType, ev.ObjectName = p.ObjectType, p.ObjectName
	ev.Has |= pipeline.HasStatementID
	if p.HasRows {
		ev.Rows = p.Rows
		ev.Has |= pipeline.HasRows
	}
	ev.Truncated = ev.Truncated || p.Truncated
	ev.FormatVersion = version(ev.FormatVersion, p.Fields)
	p.texts(ev)
}

// version adds the number of fields to what is known of the server. Ten there are since pgaudit 1.6 (PostgreSQL 14) only.
func version(server string, fields int) string {
	switch fields {
	case 0:
		return server
	case 9:
		switch server { // the usual ones, without an allocation
		case "":
			return "pgaudit/9"
		case "14+":
			return "14+ pgaudit/9"
		case "15+":
			return "15+ pgaudit/9"
		}
		return server + " pgaudit/9"
	}
	switch server {
	case "":
		return "pgaudit/10"
	case "14+":
		return "14+ pgaudit/10"
	case "15+":
		return "15+ pgaudit/10"
	}
	return server + " pgaudit/10"
}

func (p *Payload) texts(ev *pipeline.Event) {
	ev.Has &^= pipeline.HasStatement
	ev.Statement = p.Statement
	if p.HasStatement {
		ev.Has |= pipeline.HasStatement
	}
	if p.HasParameters {
		ev.Parameters = p.Parameters
		ev.Has |= pipeline.HasParameters
	}
	ev.PreviouslyLogged = p.PreviouslyLogged
	ev.Redacted = ev.Redacted || p.Redacted
}
