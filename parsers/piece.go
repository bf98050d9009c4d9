package parsers

import (
	"time"

	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/syslog"
	"github.com/auditwarden/auditwarden/pipeline"
)

// piece is what identifies a logical record while it is put together: its first physical record, and the lines and bytes
// of all that it accounts for.
type piece struct {
	id        pipeline.RecordID
	index     uint16
	source    string
	stream    string
	offset    int64
	time      time.Time // of the transport
	seq       uint64
	last      uint64 // arrival number of the last physical record of it
	lines     uint32
	bytes     uint64
	truncated bool // a transport cut one of its lines
	partial   bool // a piece of it never came
	cluster   string
	host      string
	sure      pipeline.TimeCertainty // of time
}

// ticket is the physical record at hand. Its lines and bytes are given once, to the first logical record that uses it.
type ticket struct {
	rec     pipeline.Record
	id      pipeline.RecordID
	cut     []byte // the object at hand as it came, where it was cut off and closed by us
	named   bool   // id is computed
	claimed bool
	reason  string // why it was left out, if nothing is made of it
	idle    bool   // what is being released did not come with this record
	next    uint16 // index of the next logical record that starts in it
	carry   *piece // a logical record that began in earlier physical records and ends in this one
	origin
}

// origin is what an envelope says about the lines in it.
type origin struct {
	time    time.Time
	sure    pipeline.TimeCertainty
	cluster string
	host    string
}

// wrapped notes what an envelope says, and returns what was known before.
func (t *ticket) wrapped(in *envelope.Inner) (before origin) {
	before = t.origin
	if !in.Time.IsZero() {
		t.time = in.Time
	}
	if in.Host != "" {
		t.host = in.Host
	}
	return before
}

// headed notes what a syslog header says, and returns what was known before.
func (t *ticket) headed(h *syslog.Header) (before origin) {
	before = t.origin
	if !h.Time.IsZero() {
		t.time, t.sure = h.Time, h.Sure
	}
	if h.Host != "" {
		t.host = h.Host
	}
	return before
}

func (t *ticket) reset(r *pipeline.Record) {
	t.rec = *r
	t.named, t.claimed, t.idle, t.next, t.reason = false, false, false, 0, ""
	t.time, t.sure, t.host = r.Time, pipeline.TimeTransport, ""
}

// begin makes p the logical record that starts in the physical record at hand.
func (t *ticket) begin(p *piece) {
	if t.carry != nil {
		*p = *t.carry
		t.carry = nil
		t.extend(p)
		return
	}
	if !t.named {
		t.id, t.named = t.rec.ID(), true
	}
	p.id, p.index = t.id, t.next
	if t.next < ^uint16(0) {
		t.next++
	}
	p.source, p.stream, p.offset = t.rec.Source, t.rec.Stream, t.rec.Offset
	p.time, p.sure, p.seq, p.cluster, p.host = t.time, t.sure, t.rec.Seq, t.cluster, t.host
	p.last = p.seq
	p.lines, p.bytes, p.truncated, p.partial = 0, 0, false, false
	t.extend(p)
}

// extend lets p account for the physical record at hand, unless another already does.
func (t *ticket) extend(p *piece) {
	if c := t.carry; c != nil {
		p.lines += c.lines
		p.bytes += c.bytes
		p.last = max(p.last, c.last)
		p.truncated, p.partial = p.truncated || c.truncated, p.partial || c.partial
		t.carry = nil
	}
	if t.idle {
		return
	}
	p.last = max(p.last, t.rec.Seq)
	p.truncated = p.truncated || t.rec.Truncated || t.cut != nil
	if !t.claimed {
		t.claimed = true
		p.lines++
		p.bytes += uint64(t.rec.Size)
	}
}
