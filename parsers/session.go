package parsers

import (
	"crypto/sha256"
	"hash/maphash"
	"regexp"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/pipeline"
)

// session is what is remembered of one database session to tell repeats from actions and to fill in texts that pgaudit
// logged before.
type session struct {
	key        sessionKey
	prev, next *session

	statement int64  // pgaudit's id of the last statement
	text      uint64 // hash of the last statement's text
	seen      uint8  // in which shapes that text was reported
	batch     int    // AUDIT lines with that text so far, where it holds several statements
	of        int    // how many statements it holds

	earlier []earlier // texts logged under the last statement's id
	buffer  []byte    // that they lie in

	who who
}

type sessionKey struct {
	stream *stream
	run    uint32 // of the server
	id     string
}

// longestSession bounds the ids that are kept; longer ones are hashed.
const longestSession = 256

func keyOf(stream *stream, id string) sessionKey {
	if len(id) > longestSession {
		sum := sha256.Sum256([]byte(id))
		id = string(sum[:])
	}
	return sessionKey{stream, stream.run, id}
}

// earlier is a text that was logged under the session's last statement id.
type earlier struct {
	substatement int64
	hash         uint64
	from, to     int // in session.buffer; empty if the text was too long to keep
}

// Bounds of what one session keeps.
const (
	sessionTexts = 32
	sessionBytes = 16 << 10
)

// shapes in which one statement can be reported.
const (
	shapeAudit     = 1 << iota // pgaudit
	shapeStatement             // log_statement
	shapeDuration              // log_min_duration_statement
)

type sessions struct {
	byKey map[sessionKey]*session
	root  session
	max   int
	bytes int // capacity of all buffers
	most  int // that bytes may reach
	seed  maphash.Seed
}

func (l *sessions) init(limit, most int) {
	l.byKey = make(map[sessionKey]*session)
	l.max, l.most = limit, most
	l.seed = maphash.MakeSeed()
	l.root.prev, l.root.next = &l.root, &l.root
}

func (l *sessions) hash(text string) uint64 { return maphash.String(l.seed, text) }

// get finds or makes a session; past the limit the one least recently used is forgotten.
func (l *sessions) get(stream *stream, id string) *session {
	key := keyOf(stream, id)
	if s := l.root.next; s != &l.root && s.key == key { // most lines are of the last one
		return s
	}
	s := l.byKey[key]
	switch {
	case s == nil:
		if len(l.byKey) >= l.max {
			s = l.root.prev
			l.remove(s)
			l.bytes += cap(s.buffer) // it is used again
			*s = session{earlier: s.earlier[:0], buffer: s.buffer[:0]}
		} else {
			s = new(session)
		}
		key.id = strings.Clone(key.id)
		s.key = key
		l.byKey[key] = s
	default:
		s.prev.next, s.next.prev = s.next, s.prev
	}
	s.prev, s.next = &l.root, l.root.next
	s.prev.next, s.next.prev = s, s
	return s
}

// find gives a session that is remembered, else nil.
func (l *sessions) find(stream *stream, id string) *session { return l.byKey[keyOf(stream, id)] }

// forget drops a session that ended.
func (l *sessions) forget(stream *stream, id string) {
	if s := l.byKey[keyOf(stream, id)]; s != nil {
		l.remove(s)
	}
}

func (l *sessions) remove(s *session) {
	delete(l.byKey, s.key)
	s.prev.next, s.next.prev = s.next, s.prev
	l.bytes -= cap(s.buffer)
}

// grown accounts for a buffer that grew; past the limit the sessions least recently used are forgotten.
func (l *sessions) grown(by int) {
	l.bytes += by
	for l.bytes > l.most && l.root.prev != l.root.next {
		l.remove(l.root.prev)
	}
}

// link compares a PostgreSQL event with what its session reported before.
func (d *decoder) link(s *stream, ev *pipeline.Event) {
	if ev.Engine != pipeline.PostgreSQL || ev.Format == "aws/database_activity_stream" {
		return
	}
	if w, learnt := d.whose(s, ev); learnt {
		defer func() { d.sessions.get(s, ev.SessionID).who = w }()
	}
	switch ev.Kind {
	case pipeline.KindStatement:
		if ev.SessionID == "" {
			ev.Redacted = ev.Redacted || ev.PreviouslyLogged
			ev.PreviouslyLogged = false
			return
		}
		d.sessions.get(s, ev.SessionID).statementEvent(d, ev)
		if ev.AuditType != "" && ev.SubstatementID == 1 && ev.BackendType == postgresql.ParallelWorker {
			ev.Repeat = true // its leader says the same, with the role; not what functions do in the worker
		}
	case pipeline.KindConnect, pipeline.KindDisconnect:
		d.sessions.forget(s, ev.SessionID) // process ids are used again
	case pipeline.KindServer:
		if postgresql.Restart(ev.Message) {
			s.run++
		}
	}
}

// statementEvent sets Repeat and fills in a text logged before.
func (ss *session) statementEvent(d *decoder, ev *pipeline.Event) {
	if ev.AuditType == "" {
		shape := uint8(shapeStatement)
		if ev.Has&pipeline.HasDuration != 0 {
			shape = shapeDuration
		}
		ev.Repeat = ss.again(d.sessions.hash(ev.Statement), shape) || ev.Repeat
		return
	}
	sameID := ev.StatementID == ss.statement && len(ss.earlier) > 0
	if ev.PreviouslyLogged {
		ss.fillIn(d, ev, sameID)
		return
	}
	hash := d.sessions.hash(ev.Statement)
	if !sameID {
		ss.statement = ev.StatementID
		ss.earlier, ss.buffer = ss.earlier[:0], ss.buffer[:0]
	}
	switch {
	case foreignKeyCheck(ev.Statement):
		ev.Repeat = true
	case sameID:
		ev.Repeat = ss.logged(hash)
	default:
		ev.Repeat = ss.audited(hash, ev.Statement)
	}
	before := cap(ss.buffer)
	ss.remember(ev, hash)
	if by := cap(ss.buffer) - before; by > 0 {
		d.sessions.grown(by)
	}
}

// again notes that a text was reported in a shape and says whether it is a repeat: the text was the last and had not been
// reported in this shape yet.
func (ss *session) again(hash uint64, shape uint8) bool {
	if hash == ss.text && ss.seen != 0 && ss.seen&shape == 0 {
		ss.seen |= shape
		return true
	}
	ss.text, ss.seen, ss.batch, ss.of = hash, shape, 0, 0
	return false
}

// audited says whether the first AUDIT line of a new statement id is a repeat. pgaudit logs a text that holds n statements
// up to n times under ids of their own; the n+1st is a new execution.
func (ss *session) audited(hash uint64, text string) bool {
	if hash == ss.text && ss.seen&shapeAudit != 0 && strings.IndexByte(text, ';') >= 0 {
		if ss.of == 0 {
			ss.of, ss.batch = countStatements(text), 1
		}
		if ss.batch < ss.of {
			ss.batch++
			return true
		}
	}
	return ss.again(hash, shapeAudit)
}

// logged reports whether the text was logged under the same id.
func (ss *session) logged(hash uint64) bool {
	for i := range ss.earlier {
		if ss.earlier[i].hash == hash {
			return true
		}
	}
	return false
}

// remember keeps a text for "<previously logged>" and for comparing.
func (ss *session) remember(ev *pipeline.Event, hash uint64) {
	if len(ss.earlier) == sessionTexts || ss.logged(hash) && ss.find(ev.SubstatementID) != nil {
		return
	}
	from := len(ss.buffer)
	if ev.Has&pipeline.HasStatement != 0 && from+len(ev.Statement) <= sessionBytes {
		ss.buffer = append(ss.buffer, ev.Statement...)
	}
	ss.earlier = append(ss.earlier, earlier{ev.SubstatementID, hash, from, len(ss.buffer)})
}

func (ss *session) find(substatement int64) *earlier {
	for i := range ss.earlier {
		if ss.earlier[i].substatement == substatement {
			return &ss.earlier[i]
		}
	}
	return nil
}

// fillIn gives an event the text that its "<previously logged>" stands for, if that is still known.
func (ss *session) fillIn(d *decoder, ev *pipeline.Event, sameID bool) {
	if sameID {
		if old := ss.find(ev.SubstatementID); old != nil {
			ev.Repeat = true
			if old.to > old.from {
				text := d.pg.Arena.Take(old.to - old.from)
				copy(text, ss.buffer[old.from:old.to])
				ev.Statement = field.String(text)
				ev.Has |= pipeline.HasStatement
				return
			}
		}
	}
	ev.PreviouslyLogged, ev.Redacted = false, true
}

// foreignKeyCheck recognises the query by which a foreign key's trigger looks for the key referred to (ri_triggers.c). pgaudit logs it
// with the statement's id, before or after the statement. Nothing else passes: columns compared with parameters for equality by the
// server's own operator, whose types are the server's too, so that a user who writes it himself can only look for a key. What he
// made of the table is out of sight: a view's query, or a cast from a column's own type, runs all the same.
func foreignKeyCheck(sql string) bool {
	return strings.HasPrefix(sql, `SELECT 1 FROM `) && strings.HasSuffix(sql, ` FOR KEY SHARE OF x`) && foreignKeyQuery.MatchString(sql)
}

var foreignKeyQuery = func() *regexp.Regexp {
	const (
		name   = `"(?:[^"]|"")*"`
		cast   = `(?:::pg_catalog\.(?:\w+|` + name + `))?`
		column = name + cast
		key    = `\$\d+` + cast
		equals = ` OPERATOR\(pg_catalog\.=\) `
		test   = `(?:` + column + equals + key + `|` + key + equals + column + `)`
	)
	return regexp.MustCompile(`^SELECT 1 FROM (?:ONLY )?` + name + `\.` + name + ` x WHERE ` + test + `(?: AND ` + test + `)* FOR KEY SHARE OF x$`)
}()
