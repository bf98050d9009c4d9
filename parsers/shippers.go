package parsers

import (
	"bytes"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/syslog"
)

// shipper is what writes a name before every line of a stream. A name is so little that a text could hold it, so it counts only in
// a stream that began with it: not in one whose lines were records as they are.
type shipper uint8

const (
	shipperUnknown shipper = iota
	shipperNone
	shipperCompose
	shipperPod
	shipperTail // `aws logs tail`: the log stream, after a time
)

// plain notes that a line of the stream was a record as it is.
func (s *stream) plain() {
	if s.shipper == shipperUnknown {
		s.shipper = shipperNone
	}
}

// unwrap takes the name off a line.
func (by shipper) unwrap(line []byte) (envelope.Inner, bool) {
	switch by {
	case shipperPod:
		return envelope.Pod(line)
	case shipperTail:
		return envelope.Tail(line)
	}
	return envelope.Compose(line)
}

// shipperOf guesses by a stream's first line what writes before its lines.
func (d *decoder) shipperOf(s *stream, line []byte) shipper {
	if line[0] == '[' {
		return shipperPod
	}
	if in, ok := envelope.Tail(line); ok && s.exported && d.direct(s, in.Text) {
		return shipperTail
	}
	return shipperCompose
}

// shipped takes a text with its container's name before every line.
func (d *decoder) shipped(s *stream, raw []byte, depth int) bool {
	line, _, _ := bytes.Cut(raw, newline)
	if len(line) == 0 {
		return false
	}
	by := s.shipper
	if by == shipperUnknown {
		by = d.shipperOf(s, line)
	}
	if _, ok := by.unwrap(line); !ok || s.shipper == shipperUnknown && d.direct(s, line) {
		return false
	}
	s.shipper = by
	for line := range bytes.Lines(raw) {
		line = bytes.TrimSuffix(line, newline)
		if in, ok := by.unwrap(line); ok {
			t := d.substream(s, in.Sub)
			if by == shipperTail {
				s.passed = t
			}
			d.inner(t, &in, depth+1)
		} else if !d.follow(s, line, depth) {
			d.lines(s, line)
		}
	}
	return true
}

// follow takes a further line of what was written with one time, or name, before it all.
func (d *decoder) follow(s *stream, raw []byte, depth int) bool {
	t := s.passed
	if t == nil || s.inside() || len(raw) > 0 && raw[0] != '\t' || d.streams.byName[t.name] != t {
		return false
	}
	d.text(t, raw, depth+1)
	return true
}

// direct reports whether a line is a record as it is.
func (d *decoder) direct(s *stream, line []byte) bool {
	var e postgresql.Entry
	if d.matchPrefix(s, line, &e) > 0 {
		return true
	}
	found, _ := d.recognise(line)
	return found != layoutUnknown
}

// fluent takes an array in which Fluent Bit or fluentd passes records on, if it is one, and gives what follows it.
func (d *decoder) fluent(s *stream, raw []byte, depth int) (rest []byte, ok bool) {
	a := &d.pg.Arena
	if n, _ := envelope.Fluent(raw, a, nil); n == 0 {
		return nil, false
	}
	before := d.at.origin
	_, rest = envelope.Fluent(raw, a, func(at time.Time, object []byte) {
		d.at.origin = before
		if !at.IsZero() {
			d.at.time = at
		}
		d.object(s, object, depth+1)
	})
	d.at.origin = before
	return rest, true
}

// aligned takes a further line of a message that journalctl wrote over several, each as far to the right as the first one's text.
func (d *decoder) aligned(s *stream, raw []byte, depth int) bool {
	h := &s.header
	if h.width == 0 || len(raw) <= h.width || len(bytes.TrimLeft(raw[:h.width], " ")) > 0 || d.streams.byName[h.sender.name] != h.sender {
		return false
	}
	text, t := field.Valid(raw[h.width:]), h.sender
	before := d.at.headed(&h.Header)
	defer func() { d.at.origin = before }()
	switch {
	case t.chunks.open:
		if text[0] != '\t' { // a line of its own all the same
			text = append([]byte{'\t'}, text...)
		}
		d.chunk(t, t.chunks.number, t.chunks.last+1, text)
	case t.format == "postgresql/syslog":
		d.lines(t, text)
	default:
		d.text(t, text, depth+1)
	}
	return true
}

// header is a syslog header as it stood in a stream last.
type header struct {
	syslog.Header         // time and host
	width         int     // in bytes
	sender        *stream // that its message went to
}

// keep notes what a header says of the further lines of its message.
func (h *header) keep(read *syslog.Header) {
	h.Time, h.Sure = read.Time, read.Sure
	switch {
	case len(read.Host) > longestWho:
		h.Host = ""
	case h.Host != read.Host:
		h.Host = strings.Clone(read.Host)
	}
}
