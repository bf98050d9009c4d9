package parsers

import (
	"bytes"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/syslog"
)

// maxNesting bounds how many envelopes are unwrapped, one inside the other.
const maxNesting = 5

var errNesting = &field.Fault{Reason: "too_deep", Sentence: "record is wrapped in more envelopes than are unwrapped"}

// text takes one text as it was delivered or as an envelope held it, and unwraps it by its first bytes. Inside an open
// record everything belongs to that.
func (d *decoder) text(s *stream, raw []byte, depth int) {
	if len(raw) > 2 && raw[0] == 0xEF && raw[1] == 0xBB && raw[2] == 0xBF { // byte order mark
		raw = raw[3:]
	}
	if len(raw) == 0 || raw[0] == '\t' || s.inside() {
		if !d.follow(s, raw, depth) {
			d.lines(s, raw)
		}
		return
	}
	s.passed = nil
	if depth > maxNesting {
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, raw, errNesting)
		return
	}
	switch c := raw[0]; {
	case c-'0' <= 9:
		if len(raw) > 10 && raw[10] == 'T' && d.timed(s, raw, depth) {
			return
		}
		if len(raw) > 30 && raw[10] == ' ' && raw[19] == '.' && raw[29] == ' ' && d.fluentd(s, raw, depth) {
			return
		}
		if n := field.Digits(raw); n < 8 && n+1 < len(raw) && raw[n] == ' ' && raw[n+1] == '<' && d.syslogLine(s, raw, depth) {
			return
		}
	case c == '{':
		d.object(s, field.Valid(raw), depth)
		return
	case c == '[':
		if d.arrays(s, raw, depth) {
			return
		}
	case c == '<' && len(raw) > 1 && raw[1]-'0' <= 9, c-'A' < 26 && len(raw) > 16 && raw[3] == ' ' && raw[6] == ' ':
		if d.syslogLine(s, raw, depth) {
			return
		}
	case c == ' ' && d.aligned(s, raw, depth):
		return
	case c == ' ' || c == ',':
		if rest := bytes.TrimLeft(raw, " ,"); len(rest) > 0 && rest[0] == '{' {
			d.object(s, field.Valid(rest), depth)
			return
		}
	}
	if envelope.Packed(raw) {
		d.unpack(s, raw, depth)
		return
	}
	if s.shipper == shipperNone || !d.shipped(s, field.Valid(raw), depth) {
		d.lines(s, raw)
	}
}

// timed takes a text that starts with an RFC 3339 time: a container runtime's, a syslog daemon's, an export's.
func (d *decoder) timed(s *stream, raw []byte, depth int) bool {
	if in, more, ok := envelope.CRI(raw, d.pg.Clock); ok {
		d.part(d.substream(s, in.Sub), &in, more, depth+1)
		return true
	}
	if d.syslogLine(s, raw, depth) || d.fluentd(s, raw, depth) {
		return true
	}
	in, ok := envelope.TimePrefixed(raw, d.pg.Clock)
	if ok {
		t := d.substream(s, in.Sub)
		t.exported = true
		s.passed = t
		d.inner(t, &in, depth+1)
	}
	return ok
}

// fluentd takes a line of fluentd's own output.
func (d *decoder) fluentd(s *stream, raw []byte, depth int) bool {
	in, ok := envelope.Fluentd(raw, d.pg.Clock)
	if ok {
		d.inner(d.substream(s, in.Sub), &in, depth+1)
	}
	return ok
}

// inner feeds what an envelope held, with what the envelope says of it.
func (d *decoder) inner(s *stream, in *envelope.Inner, depth int) {
	before := d.at.wrapped(in)
	d.text(s, bytes.TrimSuffix(in.Text, newline), depth)
	d.at.origin = before
}

var newline = []byte{'\n'}

// unpack undoes compression.
func (d *decoder) unpack(s *stream, raw []byte, depth int) {
	plain, err := envelope.Unpack(raw, d.cfg.MaxRecordBytes)
	if err != nil {
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, raw, err)
		return
	}
	d.text(d.substream(s, "unpacked"), plain, depth+1)
}

// syslogLine takes a line with a syslog header.
func (d *decoder) syslogLine(s *stream, raw []byte, depth int) bool {
	now := d.at.rec.Time
	if now.IsZero() {
		now = d.now
	}
	if now.IsZero() {
		now = d.start
	}
	line := bytes.TrimRight(field.Valid(raw), "\n")
	h, ok := syslog.Parse(line, d.pg.Clock, now)
	if !ok {
		return false
	}
	s.header.width = len(line) - len(h.Text)
	s.header.keep(&h)
	before := d.at.headed(&h)
	d.tagged(s, &h, depth)
	d.at.origin = before
	return true
}

// unnumbered takes a line of PostgreSQL with syslog_sequence_numbers = off. It goes on in the message before where it starts no record
// and was split off for length, or pgaudit's quotes are open. One that starts a record too where it may have been split off is
// the message's only if pgaudit's quotes say so.
func (d *decoder) unnumbered(s *stream, text []byte) {
	m := s.pending
	quoted := m != nil && m.audit() && !m.complete()
	split := m != nil && (quoted || !m.audit()) && syslog.MayBeSplit(m.tail, text)
	if !quoted && !split || len(text) == 0 || text[0] == '\t' {
		d.unsplit(s, text)
		return
	}
	var e postgresql.Entry
	starts := d.matchPrefix(s, text, &e) > 0
	switch {
	case starts && !split:
		d.unsplit(s, text)
	case starts && !quoted:
		var p piece
		d.at.begin(&p)
		d.unparsed(&p, text, errSplitOrRecord)
		m.tail = nil
	default:
		d.grow(s, m, text)
		m.tail = text
	}
}

var errSplitOrRecord = &field.Fault{Reason: "ambiguous", Sentence: "line may be a record, or the text of the one before, split for length; set syslog_sequence_numbers = on"}

// unsplit takes a line as the server wrote it, and notes whether it ends the message being put together.
func (d *decoder) unsplit(s *stream, text []byte) {
	d.lines(s, text)
	m := s.pending
	if m == nil || len(text) == 0 {
		return
	}
	last := m.text[len(m.text)-1]
	if m.tail = nil; m.over || len(last) > 0 && &last[len(last)-1] == &text[len(text)-1] {
		m.tail = text
	}
}

// tagged takes a syslog message by its sender.
func (d *decoder) tagged(s *stream, h *syslog.Header, depth int) {
	if h.Tag == "mysql-server_auditing" || h.Tag == "mariadb-server_auditing" {
		s.header.width = 0 // one line is all
		d.serverAuditSyslog(d.substream(s, h.Host, h.Tag), field.Valid(h.Text))
		return
	}
	t := d.substream(s, h.Host, h.Tag, h.PID)
	s.header.sender = t
	text := syslog.Plain(syslog.Lines(h.Text))
	seq, chunk, rest := syslog.Chunk(text)
	if chunk == 0 && h.Tag != "postgres" {
		d.text(t, text, depth+1)
		return
	}
	if t.format = "postgresql/syslog"; t.pid != h.PID {
		t.pid = strings.Clone(h.PID)
	}
	if t.layout == layoutUnknown {
		t.layout = layoutStderr
	}
	if chunk == 0 {
		d.unnumbered(t, field.Valid(text))
		return
	}
	d.chunk(t, seq, chunk, field.Valid(rest))
}
