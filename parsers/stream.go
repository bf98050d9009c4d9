package parsers

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/pipeline"
)

// stream is the state of one stream of the source.
type stream struct {
	name     string
	layout   layout
	carried  bool               // something else carries its lines
	prefix   *postgresql.Prefix // of stderr; nil until one fits
	proven   bool               // a line with names had that prefix
	pending  *message           // stderr: the message that may go on; parts are reused
	parked   []*message         // stderr: messages that other sessions' lines interrupted
	spare    []*message
	lineNo   uint64   // stderr: counts messages, to let parked ones grow old
	row      row      // csvlog: the record that goes on
	block    block    // XML, JSON, CSV: the record that goes on
	parts    fragment // a line that the container runtime delivers in parts
	chunks   chunks   // syslog: the message that comes in chunks
	header   header   // syslog
	shipper  shipper  // that writes before its lines
	stripped bool     // an envelope held a line without its end
	ended    bool     // an envelope held a line with its end
	exported bool     // its lines came with a time before them
	passed   *stream  // that the last line went to, if its further lines come with nothing before them
	entries  []*entry // Cloud SQL: entries that come in chunks

	run     uint32 // counts the server's starts: after one, no session is what it was
	audited bool   // stderr: pgaudit wrote at level LOG
	format  string // of stderr's lines where something else carries them
	version string // likewise
	pid     string // of the process whose lines these are, where the transport says so
	jsonlog bool   // the last object was jsonlog

	// lost is the layout of a record that was given up before its end. What follows may still be its text, so only a line
	// that no text can contain starts a record again.
	lost layout

	waiting    bool          // a Tick saw what is held
	waited     time.Duration // since then, by ticks
	touched    bool          // something was added since the last Tick
	prev, next *stream       // by use
}

// holds reports whether anything is held back.
func (s *stream) holds() bool {
	return s.pending != nil || len(s.parked) > 0 || s.row.open || s.block.open || s.parts.open || s.chunks.open || len(s.entries) > 0
}

// inside reports whether a record is open that only its own end, or another start, can close: then nothing in a line is
// taken for an envelope.
func (s *stream) inside() bool { return s.row.open || s.block.open || s.lost != layoutUnknown }

// oldest is the smallest Seq held back.
func (s *stream) oldest() uint64 {
	oldest := pipeline.NoneHeld
	if s.pending != nil {
		oldest = s.pending.seq
	}
	for _, m := range s.parked {
		oldest = min(oldest, m.seq)
	}
	for _, e := range s.entries {
		oldest = min(oldest, e.seq)
	}
	if s.row.open {
		oldest = min(oldest, s.row.seq)
	}
	if s.block.open {
		oldest = min(oldest, s.block.seq)
	}
	if s.parts.open {
		oldest = min(oldest, s.parts.seq)
	}
	if s.chunks.open {
		oldest = min(oldest, s.chunks.seq)
	}
	return oldest
}

// streams holds the streams by name, the least recently used last.
type streams struct {
	byName map[string]*stream
	root   stream // of the ring
	max    int
	last   *stream
}

func (l *streams) init(limit int) {
	l.byName = make(map[string]*stream)
	l.max = limit
	l.root.prev, l.root.next = &l.root, &l.root
}

// each calls f for every stream, the least recently used first.
func (l *streams) each(f func(*stream)) {
	for s := l.root.prev; s != &l.root; {
		before := s.prev
		f(s)
		s = before
	}
}

func (l *streams) front(s *stream) {
	s.prev.next, s.next.prev = s.next, s.prev
	l.link(s)
}

func (l *streams) link(s *stream) {
	s.prev, s.next = &l.root, l.root.next
	s.prev.next, s.next.prev = s, s
}

// stream finds or makes the stream of that name. Past the limit the one least recently used is finished and forgotten.
func (d *decoder) stream(name string) *stream {
	l := &d.streams
	if l.last != nil && l.last.name == name {
		return l.last
	}
	s := l.byName[name]
	if s == nil {
		for len(l.byName) >= l.max {
			old := l.root.prev
			delete(l.byName, old.name) // first: what it held back may open others
			old.prev.next, old.next.prev = old.next, old.prev
			d.finish(old)
		}
		if s = l.byName[name]; s != nil { // what was held back opened it
			l.front(s)
			l.last = s
			return s
		}
		s = &stream{name: strings.Clone(name), layout: d.fixed}
		l.byName[s.name] = s
		l.link(s)
	} else {
		l.front(s)
	}
	l.last = s
	return s
}

// longestStream bounds the names that envelopes make; longer ones are hashed.
const longestStream = 1024

// substream finds or makes the stream of what an envelope in s sets apart. It is never s itself, so that lines inside and
// outside an envelope do not mix.
func (d *decoder) substream(s *stream, sub ...string) *stream {
	d.key = append(d.key[:0], s.name...)
	for _, part := range sub {
		d.key = append(append(d.key, 0), part...)
	}
	if len(d.key) > longestStream {
		sum := sha256.Sum256(d.key)
		d.key = append(d.key[:0], sum[:]...)
	}
	if l := &d.streams; l.last != nil && l.last.name == string(d.key) {
		return l.last
	}
	if t := d.streams.byName[string(d.key)]; t != nil {
		d.streams.front(t)
		d.streams.last = t
		return t
	}
	t := d.stream(string(d.key))
	if t.carried = true; d.recognises(t) {
		t.layout = layoutUnknown
	}
	return t
}

// recognises reports whether the stream's layout is found from its lines: it is not configured, or what is configured is an
// object that carries lines of another.
func (d *decoder) recognises(s *stream) bool {
	return d.fixed == layoutUnknown || d.fixed == layoutJSON && s.carried
}

// finish releases everything that s holds.
func (d *decoder) finish(s *stream) {
	idle, carry, origin := d.at.idle, d.at.carry, d.at.origin // of the record at hand, if one opened a stream in s's place
	d.at.idle, d.at.carry = true, nil
	defer func() { d.at.idle, d.at.carry, d.at.origin = idle, carry, origin }()
	d.endParts(s)
	d.endChunks(s)
	switch {
	case s.row.open:
		s.lost = layoutCSV
	case s.block.open && s.block.layout != layoutJSON: // JSON has no newlines in its texts
		s.lost = s.block.layout
	}
	d.endBlock(s, errUnclosedBlock)
	d.endEntries(s)
	for _, m := range s.parked {
		d.emitMessage(s, m)
	}
	clear(s.parked)
	s.parked = s.parked[:0]
	if m := s.pending; m != nil {
		s.pending = nil
		d.emitMessage(s, m)
	}
	d.endRow(s, errNeverClosed)
}
