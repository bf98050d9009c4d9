package postgresql

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Prefix is a compiled log_line_prefix.
type Prefix struct {
	text string
	ops  []op
	// Session says that a line names its process or session, so that secondary lines find their message.
	Session bool
	// Names says that a line names its user or its database, so that one that names none is of no session.
	Names bool
}

// op is one step of a prefix: a literal, or one escape.
type op struct {
	kind byte   // escape letter; 0 for a literal; 'U' for user@database
	lit  string // of a literal
	pad  int    // least width of an escape's text; negative where blanks stand behind it
}

// CompilePrefix compiles a log_line_prefix as the server interprets it.
func CompilePrefix(text string) (*Prefix, error) {
	if len(text) > 1024 {
		return nil, fmt.Errorf("log_line_prefix is longer than 1024 bytes")
	}
	p := &Prefix{text: text}
	lit := []byte{}
	flush := func() {
		if len(lit) > 0 {
			p.ops = append(p.ops, op{lit: string(lit)})
			lit = nil
		}
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			lit = append(lit, text[i])
			continue
		}
		i++
		pad := 0
		if i < len(text) && (text[i] == '-' || text[i]-'0' <= 9) {
			pad, i = padding(text, i)
		}
		if i >= len(text) {
			break // a trailing lone % ends the prefix
		}
		switch c := text[i]; {
		case c == '%':
			lit = append(lit, '%')
		case strings.IndexByte("audrhbpPtmsniecslvxQLq", c) >= 0:
			flush()
			p.ops = append(p.ops, op{kind: c, pad: pad})
			p.Session = p.Session || c == 'p' || c == 'c'
			p.Names = p.Names || c == 'u' || c == 'd'
		}
	}
	flush()
	p.joinUserDatabase()
	return p, nil
}

// String is the prefix as configured.
func (p *Prefix) String() string { return p.text }

// padding reads a width as the server does; it returns the index of the escape letter.
func padding(text string, i int) (pad, next int) {
	sign := 1
	if text[i] == '-' {
		sign = -1
		i++
	}
	for i < len(text) && text[i]-'0' <= 9 {
		pad = min(pad*10+int(text[i]-'0'), 1000)
		i++
	}
	return pad * sign, i
}

// joinUserDatabase makes one step of %u@%d: user names hold '@' far more often than database names (mail addresses,
// "user@server"), so the pair is cut at the last one, while its end is still the first that fits.
func (p *Prefix) joinUserDatabase() {
	for i := 0; i+2 < len(p.ops); i++ {
		if p.ops[i] == (op{kind: 'u'}) && p.ops[i+1] == (op{lit: "@"}) && p.ops[i+2] == (op{kind: 'd'}) {
			p.ops = append(append(p.ops[:i:i], op{kind: 'U'}), p.ops[i+3:]...)
			return
		}
	}
}

// maxSteps bounds the tries of one line, so that no text makes matching slow; maxText bounds one free field.
const (
	maxSteps = 2000
	maxText  = 512
)

// Match reads a line's prefix and the severity or label after it into e. It returns where the message starts, 0 if the
// line is not of this layout.
//
// Free text between two literals can hold the second, so that a line may match in several ways. The one with the shortest
// fields is taken, first of those whose names hold no blank and whose host is one, then of all.
func (p *Prefix) Match(line []byte, clock *stamp.Clock, e *Entry) int {
	n, refused := p.Strict(line, clock, e)
	if n == 0 && refused {
		*e = Entry{}
		n = p.Loose(line, clock, e)
	}
	return n
}

// Strict is [Prefix.Match] for names without blanks and for hosts that are hosts. Refused says that the line may match
// otherwise. Where the prefix is not known, all others are tried in this way before any is tried loosely: else a blank that
// another prefix writes between two fields would pass for a part of a name.
func (p *Prefix) Strict(line []byte, clock *stamp.Clock, e *Entry) (n int, refused bool) {
	m := matcher{p: p, line: line, clock: clock, e: e, steps: maxSteps, strict: true}
	n = m.from(0, 0)
	return n, m.refused
}

// Loose is [Prefix.Match] for names of any text.
func (p *Prefix) Loose(line []byte, clock *stamp.Clock, e *Entry) int {
	m := matcher{p: p, line: line, clock: clock, e: e, steps: maxSteps}
	return m.from(0, 0)
}

type matcher struct {
	p     *Prefix
	line  []byte
	clock *stamp.Clock
	e     *Entry
	steps int

	strict  bool // names hold no blank, hosts only what hosts can
	refused bool // something was left out for that
	stored  bool // a value, since the last try began
}

// plausible reports whether text can be the value of a free field in the strict reading.
func plausible(kind byte, text []byte) bool {
	switch kind {
	case 'u', 'd', 'U':
		return bytes.IndexByte(text, ' ') < 0
	case 'h':
		for _, c := range text {
			if !hostByte(c) && c != '[' && c != ']' {
				return false
			}
		}
	}
	return true
}

// from matches the steps from the i-th at pos, then the severity.
func (m *matcher) from(i, pos int) int {
	for ; i < len(m.p.ops); i++ {
		o := &m.p.ops[i]
		switch o.kind {
		case 0:
			if len(m.line)-pos < len(o.lit) || string(m.line[pos:pos+len(o.lit)]) != o.lit {
				return 0
			}
			pos += len(o.lit)
		case 'q':
			if end := m.severity(pos); end > 0 {
				return end
			}
		case 'a', 'u', 'd', 'U', 'h', 'i', 'b', 'L':
			return m.free(i, pos)
		default:
			next, ok := m.fixed(o, pos)
			if !ok {
				return 0
			}
			pos = next
		}
	}
	return m.severity(pos)
}

// severity reads the severity at pos, with AlloyDB's source position and the SQLSTATE of verbose messages after it.
func (m *matcher) severity(pos int) int {
	word, n := severity(m.line[pos:])
	if n == 0 {
		return 0
	}
	m.e.Severity = word
	pos += n
	if Secondary(word) {
		return pos
	}
	if rest := m.line[pos:]; len(rest) > 7 && rest[5] == ':' && rest[6] == ' ' && sqlstate(rest) && digit(rest[:5]) {
		m.e.SQLState = field.String(rest[:5])
		pos += 7
	}
	return pos
}

// free matches a field of arbitrary text: the shortest that lets the rest of the line match.
func (m *matcher) free(i, pos int) int {
	before := *m.e
	o := &m.p.ops[i]
	width := max(o.pad, -o.pad)
	limit := min(len(m.line), pos+maxText)
	lit := ""
	if i+1 < len(m.p.ops) {
		lit = m.p.ops[i+1].lit
	}
	for end := pos + width; end <= limit; end++ {
		if m.steps--; m.steps < 0 {
			return 0
		}
		if lit != "" {
			j := bytes.Index(m.line[end:limit], field.Bytes(lit))
			if j < 0 {
				return 0
			}
			end += j
			if m.strict && !plausible(o.kind, m.line[pos:end]) {
				m.refused = true
				return 0
			}
			if o.kind == 'U' && bytes.IndexByte(m.line[pos:end], '@') < 0 {
				continue
			}
			if n := m.try(i+2, end+len(lit), &before); n > 0 {
				m.set(o, m.line[pos:end])
				return n
			}
			continue
		}
		if m.strict && !plausible(o.kind, m.line[pos:end]) {
			m.refused = true
			return 0
		}
		if o.kind == 'U' && bytes.IndexByte(m.line[pos:end], '@') < 0 {
			continue
		}
		if n := m.try(i+1, end, &before); n > 0 {
			m.set(o, m.line[pos:end])
			return n
		}
	}
	return 0
}

// try matches the steps from the i-th at pos. What a failed try has stored is taken back.
func (m *matcher) try(i, pos int, before *Entry) int {
	outer := m.stored
	m.stored = false
	n := m.from(i, pos)
	if n > 0 {
		return n
	}
	if m.stored {
		*m.e = *before
	}
	m.stored = outer
	return 0
}

// set stores a free field.
func (m *matcher) set(o *op, b []byte) {
	if o.pad != 0 {
		b = bytes.Trim(b, " ")
	}
	s := field.String(b)
	e := m.e
	switch o.kind {
	case 'a':
		e.setApplication(s)
	case 'u':
		e.setUser(s)
	case 'd':
		e.setDatabase(s)
	case 'U':
		if at := strings.LastIndexByte(s, '@'); at >= 0 {
			e.setUser(s[:at])
			e.setDatabase(s[at+1:])
		}
	case 'h':
		e.setHost(s)
	case 'i':
		e.Command = s
	case 'b':
		e.BackendType = s
	}
}

// fixed matches an escape whose text has a form of its own.
func (m *matcher) fixed(o *op, pos int) (int, bool) {
	start := pos
	for o.pad > 0 && pos < len(m.line) && m.line[pos] == ' ' {
		pos++
	}
	m.stored = true
	n, ok := m.escape(o.kind, m.line[pos:])
	if !ok {
		return 0, false
	}
	pos += n
	for o.pad < 0 && pos < len(m.line) && m.line[pos] == ' ' && pos-start < -o.pad {
		pos++
	}
	return pos, true
}

// escape reads one escape at the start of b and stores it.
func (m *matcher) escape(kind byte, b []byte) (n int, ok bool) {
	e := m.e
	switch kind {
	case 't', 'm':
		e.Time, e.Sure, n = m.clock.Civil(b)
		return n, n > 0
	case 's':
		n = stamp.Length(b)
		return n, n > 0
	case 'n':
		n = field.Digits(b)
		if n > 0 && n < len(b) && b[n] == '.' {
			n += 1 + field.Digits(b[n+1:])
		}
		e.Time, ok = stamp.Epoch(b[:n])
		e.Sure = pipeline.TimeExact
		return n, ok
	case 'p':
		n = field.Digits(b)
		e.PID, ok = field.Int(b[:n])
		if e.SessionID == "" {
			e.SessionID = field.String(b[:n])
		}
		return n, ok
	case 'l':
		n = field.Digits(b)
		return n, n > 0
	case 'P':
		if n = field.Digits(b); n > 0 && e.BackendType == "" {
			e.BackendType = ParallelWorker // only those have a leader
		}
		return n, true
	case 'x':
		n = field.Digits(b)
		e.XID, ok = field.Int(b[:n])
		return n, ok
	}
	return m.token(kind, b)
}

// SessionPID gives the process id that a session id holds, in hexadecimal behind its dot.
func SessionPID(id string) int64 {
	_, pid, _ := strings.Cut(id, ".")
	n, err := strconv.ParseUint(pid, 16, 31)
	if err != nil {
		return 0
	}
	return int64(n)
}

// token reads the escapes that are words of a restricted alphabet.
func (m *matcher) token(kind byte, b []byte) (n int, ok bool) {
	e := m.e
	switch kind {
	case 'e':
		if len(b) < 5 || !sqlstate(b[:5]) {
			return 0, false
		}
		e.SQLState = field.String(b[:5])
		return 5, true
	case 'c':
		n = hex(b)
		if n == 0 || n >= len(b) || b[n] != '.' {
			return 0, false
		}
		pid := hex(b[n+1:])
		e.SessionID = field.String(b[:n+1+pid])
		if e.PID == 0 {
			e.PID = SessionPID(e.SessionID)
		}
		return n + 1 + pid, pid > 0
	case 'v':
		n = signed(b)
		if n == 0 {
			return 0, true
		}
		if n >= len(b) || b[n] != '/' {
			return 0, false
		}
		n += 1 + field.Digits(b[n+1:])
		e.VXID = field.String(b[:n])
		return n, true
	case 'Q':
		n = signed(b)
		e.QueryID, ok = field.Int(b[:n])
		return n, ok
	case 'r':
		return m.remote(b)
	}
	return 0, false
}

// remote reads %r: host(port), [local], [unknown] or nothing.
func (m *matcher) remote(b []byte) (int, bool) {
	if len(b) > 0 && b[0] == '[' {
		if i := bytes.IndexByte(b, ']'); i > 0 && i < 64 {
			m.e.setHost(field.String(b[:i+1]))
			return i + 1, true
		}
	}
	for i := 0; i < len(b) && i < 256; i++ {
		c := b[i]
		if c == '(' && i > 0 {
			d := field.Digits(b[i+1:])
			if d == 0 || i+1+d >= len(b) || b[i+1+d] != ')' {
				break
			}
			m.e.Port, _ = port(field.String(b[i+1 : i+1+d]))
			m.e.setHost(field.String(b[:i]))
			return i + d + 2, true
		}
		if !hostByte(c) {
			break
		}
	}
	return 0, true
}

func hostByte(c byte) bool {
	return (c|0x20)-'a' < 26 || c-'0' <= 9 || c == '.' || c == ':' || c == '-' || c == '_' || c == '%'
}

func signed(b []byte) int {
	if len(b) > 0 && b[0] == '-' {
		if d := field.Digits(b[1:]); d > 0 {
			return 1 + d
		}
		return 0
	}
	return field.Digits(b)
}

func hex(b []byte) int {
	i := 0
	for i < len(b) && (b[i]-'0' <= 9 || (b[i]|0x20)-'a' < 6) {
		i++
	}
	return i
}

// digit tells a SQLSTATE from a word of five capitals, such as AUDIT.
func digit(b []byte) bool {
	for _, c := range b {
		if c-'0' <= 9 {
			return true
		}
	}
	return false
}

func sqlstate(b []byte) bool {
	for _, c := range b[:5] {
		if c-'0' > 9 && c-'A' >= 26 {
			return false
		}
	}
	return true
}
