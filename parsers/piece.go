package parsers

import (
	"time"

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
	lines     uint32
	bytes     uint64
	truncated bool // a transport cut one of its lines
	cluster   string
}

// ticket is the physical record at hand. Its lines and bytes are given once, to the first logical record that uses it.
type ticket struct {
	rec     pipeline.Record
	id      pipeline.RecordID
	named   bool // id is computed
	claimed bool
	next    uint16 // index of the next logical record that starts in it
	time    time.Time
	cluster string
}

func (t *ticket) reset(r *pipeline.Record) {
	t.rec = *r
	t.named, t.claimed, t.next = false, false, 0
	t.time = r.Time
}

// begin makes p the logical record that starts in the physical record at hand.
func (t *ticket) begin(p *piece) {
	if !t.named {
		t.id, t.named = t.rec.ID(), true
	}
	p.id, p.index = t.id, t.next
	if t.next < ^uint16(0) {
		t.next++
	}
	p.source, p.stream, p.offset = t.rec.Source, t.rec.Stream, t.rec.Offset
	p.time, p.seq, p.cluster = t.time, t.rec.Seq, t.cluster
	p.lines, p.bytes, p.truncated = 0, 0, false
	t.extend(p)
}

// extend lets p account for the physical record at hand, unless another already does.
func (t *ticket) extend(p *piece) {
	p.truncated = p.truncated || t.rec.Truncated
	if !t.claimed {
		t.claimed = true
		p.lines++
		p.bytes += uint64(t.rec.Size)
	}
}
