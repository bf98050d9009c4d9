package postgresql

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Scratch is what parsing one record after the other needs: memory and the last timestamp. Not for concurrent use.
type Scratch struct {
	Arena   field.Arena
	Clock   *stamp.Clock
	payload pgaudit.Payload

	catalogue int // that a message in another language than English was of last
}

// ErrEmpty says that a record holds no message at all.
var ErrEmpty = &field.Fault{Reason: "no_message", Sentence: "PostgreSQL record: it has a head but no message"}

// Event says what e means. It leaves what identifies the record, and Format, to the caller. The error is pgaudit's, where
// the message starts like its own but is not.
func (e *Entry) Event(ev *pipeline.Event, x *Scratch) error {
	ev.Engine = pipeline.PostgreSQL
	ev.FormatVersion = e.Version
	ev.EventTime, ev.TimeCertainty = e.Time, e.Sure
	ev.Has |= e.Has
	ev.Role, ev.Database = e.User, e.Database
	ev.ClientAddr, ev.ClientPort, ev.Application = e.Host, e.Port, e.Application
	ev.SessionID, ev.ProcessID = e.SessionID, e.PID
	ev.BackendType, ev.Command = e.BackendType, e.Command
	if e.XID != 0 {
		ev.TransactionID = e.XID
		ev.Has |= pipeline.HasTransactionID
	}
	ev.Severity, ev.SQLState = e.Severity, e.SQLState
	ev.Detail, ev.Hint, ev.Context = e.Detail, e.Hint, e.Context
	if e.Statement != "" {
		ev.Statement = e.Statement
		ev.Has |= pipeline.HasStatement
	}
	msg := field.String(e.Message)
	switch e.Severity {
	case "ERROR", "FATAL", "PANIC":
		e.failure(ev, msg)
		return nil
	}
	if strings.HasPrefix(msg, pgaudit.Marker) && !e.raised() {
		return e.audit(ev, x)
	}
	ev.Kind = pipeline.KindMessage
	ev.Message = msg
	if e.Severity == "LOG" && len(msg) > 8 && !e.fromSQL() {
		e.logged(ev, msg, x)
	}
	return nil
}

// audit fills in pgaudit's payload.
func (e *Entry) audit(ev *pipeline.Event, x *Scratch) error {
	p := &x.payload
	if err := pgaudit.Parse(e.Message[len(pgaudit.Marker):], &x.Arena, p); err != nil {
		return err
	}
	pgaudit.Audited(ev, p)
	return nil
}

// raised reports whether SQL wrote the message itself (RAISE, elog in a procedural language): then it is not pgaudit's,
// whatever it says. pgaudit keeps the STATEMENT line away from its records, so where one stands, that statement raised the
// message. It hides the context too; where one is shown all the same, it is not a RAISE's.
func (e *Entry) raised() bool {
	if e.fromSQL() {
		return true
	}
	if e.Location != "" {
		fn, _, _ := strings.Cut(e.Location, ",")
		if fn != "log_audit_event" {
			return true
		}
	}
	return false
}

// fromSQL reports whether something shows that a statement wrote the message: what it says of connections, sessions and durations is
// then no more than somebody's words.
func (e *Entry) fromSQL() bool {
	if e.Raised || e.Statement != "" {
		return true
	}
	if e.Context == "" {
		return false
	}
	first, _, _ := strings.Cut(e.Context, "\n")
	if i := strings.IndexAny(first, quotes); i >= 0 && !strings.Contains(first[:i], "PL/") {
		return false // a statement that something runs: what it says proves nothing
	}
	for _, mark := range raiseMarks {
		if strings.HasSuffix(first, mark) {
			return true
		}
	}
	return strings.Contains(first, "PL/Perl") || strings.Contains(first, "PL/Python") || strings.Contains(first, "PL/Tcl")
}

// quotes begin a statement in a context, in the languages of the server's catalogues.
const quotes = "\"'«»„“”『「‹"

// raiseMarks end the context of a RAISE, in the languages of PL/pgSQL's catalogues.
var raiseMarks = [...]string{"RAISE", "RAISE 处", "RAISE-სთან", "RAISE içinde"}

// failure interprets ERROR, FATAL and PANIC.
func (e *Entry) failure(ev *pipeline.Event, msg string) {
	ev.Kind, ev.Outcome = pipeline.KindError, pipeline.OutcomeFailure
	ev.Message = msg
	if ev.SQLState == "" {
		ev.SQLState = inferState(e.Severity, msg)
	}
	if ev.Statement == "" && e.InternalQuery != "" {
		ev.Statement = e.InternalQuery
		ev.Has |= pipeline.HasStatement
	}
	if e.Severity == "FATAL" {
		loginFailure(ev, msg)
	}
}

// logged interprets messages of level LOG.
func (e *Entry) logged(ev *pipeline.Event, msg string, x *Scratch) {
	switch msg[0] {
	case 's':
		if sql, ok := strings.CutPrefix(msg, "statement: "); ok {
			e.statement(ev, sql, x)
			return
		}
	case 'e':
		if rest, ok := strings.CutPrefix(msg, "execute "); ok {
			if sql, ok := afterName(rest); ok {
				e.statement(ev, sql, x)
				return
			}
		}
	case 'd':
		if rest, ok := strings.CutPrefix(msg, "duration: "); ok {
			e.duration(ev, rest, x)
			return
		}
		if rest, ok := strings.CutPrefix(msg, "disconnection: session time: "); ok {
			disconnection(ev, rest)
			return
		}
	case 'c', 'r':
		if connection(ev, msg) {
			return
		}
	}
	if serverMessage(msg) {
		ev.Kind = pipeline.KindServer
	} else if text := x.english(msg); text != "" {
		e.logged(ev, text, x)
	}
}

// statement fills in a statement that log_statement or log_min_duration_statement wrote.
func (e *Entry) statement(ev *pipeline.Event, sql string, x *Scratch) {
	ev.Kind, ev.Outcome = pipeline.KindStatement, pipeline.OutcomeUnknown
	ev.Statement, ev.Message = sql, ""
	ev.Has |= pipeline.HasStatement
	if list, ok := parameterList(e.Detail); ok {
		ev.Parameters = values(list, &x.Arena)
		ev.Has |= pipeline.HasParameters
		ev.Detail = ""
	}
}

// duration reads `1.234 ms`, with the statement after two blanks where there is one. A duration is only known when the
// statement is over, so its outcome is.
func (e *Entry) duration(ev *pipeline.Event, rest string, x *Scratch) {
	number, after, ok := strings.Cut(rest, " ms")
	d, fine := milliseconds(number)
	if !ok || !fine {
		return
	}
	ev.Duration = d
	ev.Has |= pipeline.HasDuration
	after = strings.TrimPrefix(after, "  ")
	phase, tail, _ := strings.Cut(after, " ")
	switch phase {
	case "statement:":
		e.statement(ev, tail, x)
		ev.Outcome = pipeline.OutcomeSuccess
	case "parse", "bind", "execute":
		if sql, ok := afterName(tail); ok {
			e.statement(ev, sql, x)
			ev.Outcome = pipeline.OutcomeSuccess
			ev.Repeat = phase != "execute" // parse and bind prepare the execution, which has a line of its own
		}
	}
}

// afterName skips a prepared statement's name (and portal) and the colon: `<unnamed>: select 1`, `fetch from a/b: …`.
func afterName(s string) (string, bool) {
	name, sql, ok := strings.Cut(s, ": ")
	return sql, ok && len(name) <= 256
}
