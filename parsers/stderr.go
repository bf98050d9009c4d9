package parsers

import (
	"bytes"
	"slices"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/pipeline"
)

// message is one message of PostgreSQL's stderr log while it is put together: the line that starts it, its continuation
// lines, and the labelled lines (DETAIL, STATEMENT, …) with theirs. A message is held until the next one starts, since
// only that shows that it is over.
type message struct {
	piece
	entry postgresql.Entry
	parts []part
	text  [][]byte // physical lines
	size  int
	over  bool   // lines past MaxRecordBytes were dropped
	open  bool   // a quote is, at the end of what has come
	own   bool   // the last line's bytes are the message's own
	tail  []byte // syslog without numbers: the last piece, if the message's text may go on in the next
	born  uint64 // stream.lineNo when it was parked
}

// part is the text after one severity or label: it starts in the line first at byte from and reaches to the next part.
type part struct {
	label string
	first int
	from  int
}

// A message that another session's line interrupts before it is complete waits for this many further messages of the
// stream, among at most this many others: without the logging collector, long messages of different processes mix.
const (
	parkedLines    = 64
	parkedMessages = 16
)

// stderrLine takes one physical line. The server starts every line but a message's first with a tab, so a line with one
// never starts a record and a line without one never continues a text.
func (d *decoder) stderrLine(s *stream, line []byte) bool {
	if len(line) > 0 && line[0] == '\t' {
		return d.continuation(s, line)
	}
	if len(line) == 0 {
		if m := s.pending; m != nil && !m.complete() { // a transport trimmed the tab off an empty line
			d.addLine(s, m, line)
			return true
		}
		return false
	}
	m := d.newMessage(s)
	from := d.matchPrefix(s, line, &m.entry)
	if from == 0 {
		d.free(s, m)
		return false
	}
	if postgresql.Secondary(m.entry.Severity) {
		if owner := s.owner(&m.entry); owner != nil {
			d.addPart(s, owner, line, m.entry.Severity, from)
			d.free(s, m)
			return true
		}
	}
	d.at.begin(&m.piece)
	m.text = append(m.text, line)
	m.parts = append(m.parts, part{label: m.entry.Severity, first: 0, from: from})
	m.size = cost(line)
	m.open = !pgaudit.Balanced(line[from:])
	d.held += m.size
	d.supersede(s, m)
	return true
}

// matchPrefix tries the stream's prefix, then the others that are allowed. Where the format is not fixed, the recogniser
// tries those.
func (d *decoder) matchPrefix(s *stream, line []byte, e *postgresql.Entry) int {
	if s.prefix != nil {
		n, refused := s.prefix.Strict(line, d.pg.Clock, e)
		if n == 0 && refused && (s.proven || len(d.prefixes) == 1) {
			*e = postgresql.Entry{}
			n = s.prefix.Loose(line, d.pg.Clock, e)
		}
		s.proven = s.proven || n > 0 && names(e)
		if n > 0 || d.recognises(s) || len(d.prefixes) == 1 {
			return n
		}
	}
	if p, n := d.findPrefix(d.prefixes, line, e, s.weaker); p != nil {
		s.settle(p, e)
		return n
	}
	return 0
}

// findPrefix tries several prefixes: strictly, then loosely.
func (d *decoder) findPrefix(list []*postgresql.Prefix, line []byte, e *postgresql.Entry, unless func(*postgresql.Prefix) bool) (*postgresql.Prefix, int) {
	maybe := d.maybe[:0]
	for _, p := range list {
		if unless != nil && unless(p) {
			continue
		}
		*e = postgresql.Entry{}
		n, refused := p.Strict(line, d.pg.Clock, e)
		if n > 0 {
			return p, n
		}
		if refused {
			maybe = append(maybe, p)
		}
	}
	d.maybe = maybe
	for _, p := range maybe {
		*e = postgresql.Entry{}
		if n := p.Loose(line, d.pg.Clock, e); n > 0 {
			return p, n
		}
	}
	return nil, 0
}

// settle makes p the stream's prefix. It is proven by a line that names a user or database: one of a background process fits
// many prefixes.
func (s *stream) settle(p *postgresql.Prefix, e *postgresql.Entry) {
	s.prefix, s.proven = p, names(e)
}

func names(e *postgresql.Entry) bool { return e.Has&(pipeline.HasRole|pipeline.HasDatabase) != 0 }

// weaker reports whether p is the empty prefix where the stream is known to have another: any text that starts like a
// severity would fit it, such as the line of a statement whose tab some transport trimmed.
func (s *stream) weaker(p *postgresql.Prefix) bool {
	return p != nil && p.String() == "" && s.prefix != nil && s.prefix != p
}

// supersede makes m the stream's pending message and releases what it shows to be over.
func (d *decoder) supersede(s *stream, m *message) {
	s.lineNo++
	s.touched = true
	if old := s.pending; old != nil {
		if old.entry.SessionID != m.entry.SessionID && s.prefix.Session && !old.complete() && len(s.parked) < parkedMessages {
			old.born = s.lineNo
			s.parked = append(s.parked, old)
		} else {
			d.emitMessage(s, old)
		}
	}
	s.pending = m
	if len(s.parked) > 0 {
		d.unpark(s, m.entry.SessionID)
	}
}

// unpark releases the parked messages of a session that goes on, and those that waited too long.
func (d *decoder) unpark(s *stream, session string) {
	kept := s.parked[:0]
	for _, m := range s.parked {
		if m.entry.SessionID == session || s.lineNo-m.born >= parkedLines {
			d.emitMessage(s, m)
		} else {
			kept = append(kept, m)
		}
	}
	clear(s.parked[len(kept):])
	s.parked = kept
}

// owner finds the message that a labelled line belongs to.
func (s *stream) owner(e *postgresql.Entry) *message {
	if m := s.pending; m != nil && (m.entry.SessionID == e.SessionID || !s.prefix.Session) {
		return m
	}
	for i := len(s.parked) - 1; i >= 0; i-- {
		if s.parked[i].entry.SessionID == e.SessionID {
			return s.parked[i]
		}
	}
	return nil
}

// continuation adds a line with a tab to the message it can belong to: the pending one, which is the line before it, unless
// that is complete and a parked one has open quotes. An error that waits for its STATEMENT has none.
func (d *decoder) continuation(s *stream, line []byte) bool {
	m := s.pending
	if n := len(s.parked); n > 0 && (m == nil || m.complete() && s.parked[n-1].audit()) {
		m = s.parked[n-1]
	}
	if m == nil {
		return false
	}
	d.addLine(s, m, line)
	return true
}

func (d *decoder) addLine(s *stream, m *message, line []byte) {
	s.touched = true
	d.at.extend(&m.piece)
	if m.over || m.size+cost(line) > d.cfg.MaxRecordBytes { // nothing after a hole
		m.over = true
		return
	}
	m.text = append(m.text, line)
	m.own = false
	m.open = m.open != !pgaudit.Balanced(line)
	m.size += cost(line)
	d.held += cost(line)
}

// grow appends to the message's last line what a transport split off it.
func (d *decoder) grow(s *stream, m *message, text []byte) {
	s.touched = true
	d.at.extend(&m.piece)
	if m.over || m.size+len(text) > d.cfg.MaxRecordBytes { // nothing after a hole
		m.over = true
		return
	}
	last := &m.text[len(m.text)-1]
	if !m.own {
		*last, m.own = slices.Clip(*last), true // a copy, for what comes
	}
	*last = append(*last, text...)
	m.open = m.open != !pgaudit.Balanced(text)
	m.size += len(text)
	d.held += len(text)
}

func (d *decoder) addPart(s *stream, m *message, line []byte, label string, from int) {
	n := len(m.text)
	d.addLine(s, m, line)
	if len(m.text) > n {
		m.parts = append(m.parts, part{label: label, first: n, from: from})
	}
}

// complete reports whether nothing more is expected: a pgaudit record whose quotes are closed, a message below ERROR, or
// an error whose statement has come (the server writes that last).
func (m *message) complete() bool {
	last := &m.parts[len(m.parts)-1]
	if last.label == "STATEMENT" {
		return true
	}
	switch m.entry.Severity {
	case "ERROR", "FATAL", "PANIC":
		return false
	}
	return !m.audit() || !m.open
}

// audit reports whether the message is a pgaudit record.
func (m *message) audit() bool { return bytes.HasPrefix(m.text[0][m.parts[0].from:], auditMarker) }

var auditMarker = []byte(pgaudit.Marker)

// emitMessage puts the texts together and makes the event.
func (d *decoder) emitMessage(s *stream, m *message) {
	d.held -= m.size
	e := &m.entry
	for i := range m.parts {
		end := len(m.text)
		if i+1 < len(m.parts) {
			end = m.parts[i+1].first
		}
		b := d.join(m.text[m.parts[i].first:end], m.parts[i].from)
		if i == 0 {
			e.SetMessage(b)
			continue
		}
		e.SetLabelled(m.parts[i].label, field.String(b))
	}
	p := m.piece
	p.partial = p.partial || postgresql.Secondary(e.Severity) // the message it belongs to never came
	p.truncated = p.truncated || m.over || bytes.HasSuffix(m.text[len(m.text)-1], truncationMark)
	raw := m.text[0]
	ev := d.event(&p)
	ev.Format = "postgresql/stderr"
	if s.format != "" {
		ev.Format = s.format
		e.Version = s.version
	}
	if s.pid != "" && e.PID == 0 {
		if n, ok := field.Int(field.Bytes(s.pid)); ok {
			e.PID = n
		}
		if e.SessionID == "" {
			e.SessionID = s.pid
		}
	}
	// pgaudit writes at one level, LOG but for tests; anybody can raise at the others. Where verbosity is terse, neither a
	// context nor a STATEMENT shows that.
	e.Raised = s.audited && e.Severity != "LOG"
	err := e.Event(ev, &d.pg)
	s.audited = s.audited || ev.AuditType != "" && e.Severity == "LOG"
	if err != nil {
		d.drop()
		if len(m.text) > 1 {
			raw = bytes.Join(m.text, []byte{'\n'})
		}
		d.unparsed(&p, raw, err)
	} else {
		finishTime(ev, &p)
		d.link(s, ev)
	}
	d.free(s, m)
}

// truncationMark is what RDS puts in the place of the end of a line it cut.
var truncationMark = []byte("[Your log message was truncated]")

// join gives the text of a part: from byte from of its first line on, the tab of every other line taken off. A carriage
// return at the very end is the file's; those before other line ends may be the statement's and stay.
func (d *decoder) join(text [][]byte, from int) []byte {
	if len(text) == 1 {
		return bytes.TrimSuffix(text[0][from:], carriageReturn)
	}
	size := 0
	for _, line := range text {
		size += len(line) + 1
	}
	b := d.pg.Arena.Take(size)[:0]
	b = append(b, text[0][from:]...)
	for _, line := range text[1:] {
		b = append(b, '\n')
		if len(line) > 0 && line[0] == '\t' {
			line = line[1:]
		}
		b = append(b, line...)
	}
	return bytes.TrimSuffix(b, carriageReturn)
}

var carriageReturn = []byte{'\r'}

// newMessage takes an emptied message, or a new one.
func (d *decoder) newMessage(s *stream) *message {
	if n := len(s.spare); n > 0 {
		m := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return m
	}
	return new(message)
}

// free empties m and keeps it for the next.
func (d *decoder) free(s *stream, m *message) {
	clear(m.text)
	*m = message{parts: m.parts[:0], text: m.text[:0]}
	if cap(m.text) <= 1024 && len(s.spare) < 4 {
		s.spare = append(s.spare, m)
	}
}
