package parsers

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/syslog"
)

// fragment is a line that comes in parts (CRI's P and F, Docker's 16 KiB).
type fragment struct {
	piece
	open     bool
	doubtful bool // it may be a whole line of just that length, whose end a shipper took off
	text     []byte
	over     bool
}

// part takes one part of a line; more says that others follow.
func (d *decoder) part(s *stream, in *envelope.Inner, more bool, depth int) {
	f := &s.parts
	if !f.open && !more {
		d.inner(s, in, depth)
		return
	}
	s.touched = true
	before := d.at.wrapped(in)
	defer func() { d.at.origin = before }()
	if !f.open {
		d.at.begin(&f.piece)
		f.open, f.over, f.text = true, false, nil
	} else {
		d.at.extend(&f.piece)
	}
	if f.over || len(f.text)+len(in.Text) > d.cfg.MaxRecordBytes { // nothing after a hole
		f.over = true
	} else {
		f.text = append(f.text, in.Text...)
		d.held += len(in.Text)
	}
	if !more {
		d.closeParts(s, depth)
	}
}

// closeParts feeds the line put together.
func (d *decoder) closeParts(s *stream, depth int) {
	f := &s.parts
	d.held -= len(f.text)
	f.open, f.doubtful = false, false
	p := f.piece
	f.piece = piece{}
	p.truncated = p.truncated || f.over
	text := f.text
	f.text = nil
	d.at.carry = &p
	d.text(s, text, depth)
	if c := d.at.carry; c != nil {
		d.at.carry = nil
		d.skipPiece(c, "blank")
	}
}

// wasWhole reports whether text, which comes without its end behind a part in doubt, is no part of that line.
func (d *decoder) wasWhole(s *stream, text []byte) bool {
	return len(text) > 0 && (text[0] == '\t' || d.direct(s, text))
}

// closeWhole feeds a line that was taken for a part; what is at hand is none of it.
func (d *decoder) closeWhole(s *stream, depth int) {
	idle := d.at.idle
	d.at.idle = true
	d.closeParts(s, depth)
	d.at.idle = idle
}

// endParts releases a line whose last part never came.
func (d *decoder) endParts(s *stream) {
	if s.parts.open {
		s.parts.partial = true
		d.closeParts(s, 1)
	}
}

// chunks is a PostgreSQL message that comes as several syslog messages.
type chunks struct {
	piece
	open   bool
	number int64
	last   int
	text   [][]byte
	size   int
	over   bool
}

var (
	errMissingChunk = &field.Fault{Reason: "missing_chunk", Sentence: "syslog message: its first chunk never came"}
	errNoPrefix     = &field.Fault{Reason: "no_prefix", Sentence: "syslog message: it starts with no known log_line_prefix; configure prefix"}
)

// chunk takes the chunk-th piece of message number of one process. They come in order; a gap means that some were lost.
func (d *decoder) chunk(s *stream, number int64, chunk int, text []byte) {
	c := &s.chunks
	if c.open && (c.number != number || chunk <= c.last) {
		d.endChunks(s)
	}
	s.touched = true
	if !c.open {
		d.at.begin(&c.piece)
		*c = chunks{piece: c.piece, open: true, number: number, text: c.text[:0]}
	} else {
		d.at.extend(&c.piece)
	}
	c.partial = c.partial || chunk != c.last+1
	c.last = chunk
	for { // syslog_split_messages = off leaves the line ends
		line, rest, more := bytes.Cut(text, lineEnd)
		if c.over || c.size+cost(line) > d.cfg.MaxRecordBytes { // nothing after a hole
			c.over = true
			return
		}
		c.text = append(c.text, line)
		c.size += cost(line)
		d.held += cost(line)
		if !more {
			return
		}
		text = text[len(text)-len(rest)-1:]
	}
}

// lineEnd is how the server goes on in a new line.
var lineEnd = []byte("\n\t")

// endChunks puts a message together and feeds it as the lines that stderr would have had. A chunk with a tab continues a
// text on a new line, one that starts with a label is a line of its own, any other was split off for length.
func (d *decoder) endChunks(s *stream) {
	c := &s.chunks
	if !c.open {
		return
	}
	d.held -= c.size
	c.open = false
	idle := d.at.idle
	d.at.idle = true // what is at hand belongs to the next message
	defer func() { d.at.idle, c.text = idle, emptied(c.text) }()
	p := c.piece
	c.piece = piece{}
	p.truncated = p.truncated || c.over
	d.at.carry = &p
	if len(c.text) == 0 || !d.stderrStart(s, c.text[0]) {
		d.at.carry = nil
		err := errMissingChunk
		if !p.partial {
			err = errNoPrefix
		}
		d.unparsed(&p, bytes.Join(c.text, newline), err)
		return
	}
	m := s.pending
	for i, text := range c.text[1:] {
		d.further(s, m, c.text[i], text)
	}
	s.pending = nil
	d.emitMessage(s, m)
}

// further adds a chunk to the message that the chunk before belongs to.
func (d *decoder) further(s *stream, m *message, before, text []byte) {
	if len(text) > 0 && text[0] == '\t' {
		d.addLine(s, m, text)
		return
	}
	var e postgresql.Entry
	if syslog.MayBeSplit(before, text) && (!m.audit() || !m.complete()) {
		d.grow(s, m, text)
	} else if from := d.matchPrefix(s, text, &e); from > 0 && postgresql.Secondary(e.Severity) {
		d.addPart(s, m, text, e.Severity, from)
	} else {
		d.grow(s, m, text)
	}
}

// stderrStart feeds a line that must start a message.
func (d *decoder) stderrStart(s *stream, line []byte) bool {
	if len(line) == 0 || line[0] == '\t' {
		return false
	}
	if d.stderrLine(s, line) {
		return true
	}
	var e postgresql.Entry
	prefix, _ := d.findPrefix(d.prefixes, line, &e, nil)
	if prefix == nil {
		prefix, _ = d.findPrefix(d.numbered, line, &e, nil)
	}
	if prefix == nil {
		return false
	}
	s.settle(prefix, &e) // each numbered message starts with one, the empty one too
	return d.stderrLine(s, line)
}

// labelled reports whether a line starts a DETAIL, STATEMENT or the like.
func (d *decoder) labelled(s *stream, text []byte) bool {
	var e postgresql.Entry
	return d.matchPrefix(s, text, &e) > 0 && postgresql.Secondary(e.Severity)
}
