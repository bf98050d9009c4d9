package postgresql

import (
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Entry is one message of the server log, in the columns of csvlog. A text that is absent is empty; where that differs
// from an empty text, Has says so.
type Entry struct {
	Time time.Time
	Sure pipeline.TimeCertainty
	Has  pipeline.Field

	User, Database, Host, Application string
	Port                              uint16
	SessionID, BackendType, VXID      string
	Command                           string
	PID, XID                          int64
	QueryID                           int64

	Raised  bool   // the caller knows that the message is not pgaudit's, whatever it says
	Version string // of the server, as far as the layout tells

	Severity string // in English: LOG, ERROR, …; a label (DETAIL, STATEMENT, …) while a stderr line is taken apart
	SQLState string
	Message  []byte

	Detail, Hint, InternalQuery, Context, Statement, Location string
}

// ParallelWorker is the backend type of a process that runs a part of another's statement.
const ParallelWorker = "parallel worker"

func (e *Entry) setUser(b string) {
	if b != "" && !unknown(b) {
		e.User = b
		e.Has |= pipeline.HasRole
	}
}

func (e *Entry) setDatabase(b string) {
	if b != "" && !unknown(b) {
		e.Database = b
		e.Has |= pipeline.HasDatabase
	}
}

func (e *Entry) setApplication(b string) {
	if b != "" && !unknown(b) {
		e.Application = b
		e.Has |= pipeline.HasApplication
	}
}

func (e *Entry) setHost(b string) {
	if b != "" && !unknown(b) {
		e.Host = b
		e.Has |= pipeline.HasClient
	}
}

// hostPort splits csvlog's "host:port" at the last colon; IPv6 addresses are not bracketed there. "[local]" has none.
func (e *Entry) hostPort(b string) {
	for i := len(b) - 1; i > 0 && len(b)-i <= 6; i-- {
		if b[i] == ':' {
			if p, ok := port(b[i+1:]); ok {
				e.Port = p
				b = b[:i]
			}
			break
		}
	}
	e.setHost(b)
}

func port(s string) (uint16, bool) {
	if len(s) == 0 || len(s) > 5 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return uint16(n), n <= 65535
}

// unknown reports whether a prefix field holds what the server writes for "not set yet", in the languages it speaks.
func unknown(s string) bool {
	if s[0] != '[' {
		return false
	}
	switch s {
	case "[unknown]", "[unbekannt]", "[desconocido]", "[inconnu]", "[sconosciuto]", "[不明]", "[უცნობი]", "[알수없음]", "[н/д]",
		"[okänd]", "[未知]", "[desconhecido]", "[nieznany]", "[bilinmeyen]":
		return true
	}
	return false
}
