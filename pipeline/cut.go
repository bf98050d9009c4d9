package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// cut is one commit together with the acknowledgements that it makes due.
type cut struct {
	commit *Commit
	acks   []func(context.Context) error
}

// pendingAck waits until the decoder holds nothing before end.
type pendingAck struct {
	end       uint64 // arrival number after the batch's last record
	ack       func(context.Context) error
	positions map[string]string
	// torn says that a record has pieces on both sides of the batch's end: reading MUST NOT resume there.
	torn bool
}

// cutter gathers decoded records until a commit is due. It is used by one goroutine.
type cutter struct {
	r        *Runner
	decoded  *Decoded
	started  time.Time // arrival of the first record not yet cut
	first    string
	last     string
	bytes    uint64
	seq      uint64
	pending  []pendingAck
	linesIn  uint64 // records taken from the source so far
	linesOut uint64 // lines handed to commits so far
	lastTime map[string]time.Time
}

func newCutter(r *Runner) *cutter {
	return &cutter{r: r, decoded: &Decoded{}, lastTime: map[string]time.Time{}}
}

// take decodes one batch and sends a commit whenever one is full.
func (c *cutter) take(b Batch, send func(*cut) error) error {
	var size int64
	now := time.Now()
	if c.started.IsZero() && len(b.Records) > 0 {
		c.started = now
	}
	for i := range b.Records {
		rec := &b.Records[i]
		rec.Seq = c.seq
		c.seq++
		c.linesIn++
		c.bytes += uint64(rec.Size)
		size += rec.Size
		if c.first == "" {
			c.first = position(rec)
		}
		c.r.decoder.Decode(*rec, c.decoded)
		if c.full() {
			c.last = position(rec)
			if err := send(c.cut()); err != nil {
				return err
			}
			c.started = now
		}
	}
	if n := len(b.Records); n > 0 {
		c.last = position(&b.Records[n-1])
		c.r.opts.Observer.Read(c.r.name, n, size)
	}
	if b.Ack != nil {
		// A batch without records is due as soon as all before it is.
		c.pending = append(c.pending, pendingAck{end: c.seq, ack: b.Ack, positions: b.Positions})
	}
	if c.full() {
		return send(c.cut())
	}
	return nil
}

func position(r *Record) string {
	if r.Key != "" {
		return r.Stream + "@" + r.Key
	}
	return r.Stream + "@" + strconv.FormatInt(r.Offset, 10)
}

func (c *cutter) full() bool {
	d := c.decoded
	return len(d.Events)+len(d.Unparsed)+len(d.Skipped) >= c.r.opts.BatchEvents || c.bytes >= c.r.opts.BatchBytes
}

func (c *cutter) due(now time.Time) bool {
	if c.started.IsZero() {
		return len(c.pending) > 0
	}
	return now.Sub(c.started) >= c.r.opts.FlushInterval
}

// cut analyses what is decoded and takes it out, with the acknowledgements it completes; nil if there is nothing.
func (c *cutter) cut() *cut {
	d := c.decoded
	c.tear(d)
	k := &cut{acks: c.dueAcks()}
	if len(d.Events)+len(d.Unparsed)+len(d.Skipped) == 0 {
		if len(k.acks) == 0 {
			return nil
		}
		return k
	}
	now := time.Now().UTC()
	c.complete(d, now)
	e, u, s := d.Lines()
	k.commit = &Commit{
		ID: commitID(c.r.name, c.first, c.last, d), Source: c.r.name, Decoded: d,
		LinesIn: e + u + s, BytesIn: d.bytes(), Arrived: now, FirstPos: c.first, LastPos: c.last,
	}
	c.linesOut += k.commit.LinesIn
	c.decoded = &Decoded{Events: make([]Event, 0, min(len(d.Events), c.r.opts.BatchEvents))}
	c.started, c.first, c.bytes = time.Time{}, "", 0
	return k
}

// tear marks the ends of batches that lie inside a record: a process that resumed there would read its second half alone.
func (c *cutter) tear(d *Decoded) {
	if len(c.pending) == 0 {
		return
	}
	mark := func(first, last uint64) {
		for i := len(c.pending) - 1; i >= 0 && first < c.pending[i].end; i-- {
			if c.pending[i].end <= last {
				c.pending[i].torn = true
			}
		}
	}
	for i := range d.Events {
		if e := &d.Events[i]; e.FirstSeq < e.LastSeq {
			mark(e.FirstSeq, e.LastSeq)
		}
	}
	for i := range d.Unparsed {
		if u := &d.Unparsed[i]; u.FirstSeq < u.LastSeq {
			mark(u.FirstSeq, u.LastSeq)
		}
	}
}

// dueAcks takes out the acknowledgements of batches of which the decoder holds nothing back. Where a batch ends inside a
// record its acknowledgement is left out: that of a later batch, which holds the rest of the record, covers it.
func (c *cutter) dueAcks() []func(context.Context) error {
	oldest := c.r.decoder.Oldest()
	var acks []func(context.Context) error
	n := 0
	for ; n < len(c.pending) && c.pending[n].end <= oldest; n++ {
		p := &c.pending[n]
		if !p.torn {
			acks = append(acks, p.ack)
			continue
		}
		later := c.pending[n+1:]
		if covered(p.positions, later) {
			continue
		}
		whole := func(q pendingAck) bool { return !q.torn && q.end <= oldest }
		if !slices.ContainsFunc(later, whole) {
			break // the batch with the rest of the record is still to come
		}
		// It moves positions that no later one does, so it cannot be left out; the one that ends whole follows at once.
		acks = append(acks, p.ack)
	}
	c.pending = append(c.pending[:0], c.pending[n:]...)
	return acks
}

// covered reports whether later batches' acknowledgements move all these positions too.
func covered(positions map[string]string, later []pendingAck) bool {
	if len(positions) == 0 {
		return len(later) > 0
	}
	for stream := range positions {
		if !slices.ContainsFunc(later, func(p pendingAck) bool { _, ok := p.positions[stream]; return ok }) {
			return false
		}
	}
	return true
}

// complete fills in what only the runner knows, and runs the analyser.
func (c *cutter) complete(d *Decoded, now time.Time) {
	for i := range d.Events {
		e := &d.Events[i]
		e.IngestedAt = now
		if e.EventTime.IsZero() {
			e.TimeCertainty = TimeMissing
			e.EventTime = c.lastTime[e.Stream]
			if e.EventTime.IsZero() {
				e.EventTime = now
			}
		} else if len(c.lastTime) < maxStreamTimes || !c.lastTime[e.Stream].IsZero() {
			c.lastTime[e.Stream] = e.EventTime
		}
		c.r.analyser.Analyse(e)
	}
	for i := range d.Unparsed {
		d.Unparsed[i].SQL = c.r.analyser.AnalyseText(d.Unparsed[i].Raw)
	}
}

// maxStreamTimes bounds the memory for events without a time of their own.
const maxStreamTimes = 10_000

// balance checks, once everything is flushed, that every line went somewhere.
func (c *cutter) balance() error {
	if c.linesIn != c.linesOut {
		return fmt.Errorf("account for lines of source %s: %d read, %d decoded: the decoder lost or invented some", c.r.name, c.linesIn, c.linesOut)
	}
	return nil
}

func (d *Decoded) bytes() (n uint64) {
	for i := range d.Events {
		n += d.Events[i].Bytes
	}
	for i := range d.Unparsed {
		n += d.Unparsed[i].Bytes
	}
	for i := range d.Skipped {
		n += d.Skipped[i].Bytes
	}
	return n
}

// commitID hashes the positions covered and the identities of all that is in d: equal content gives an equal id.
func commitID(source, first, last string, d *Decoded) string {
	h := sha256.New()
	for _, s := range [...]string{source, first, last} {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	var b [20]byte
	for i := range d.Events {
		copy(b[:16], d.Events[i].RecordID[:])
		binary.BigEndian.PutUint32(b[16:], uint32(d.Events[i].Index))
		h.Write(b[:])
	}
	for i := range d.Unparsed {
		copy(b[:16], d.Unparsed[i].RecordID[:])
		binary.BigEndian.PutUint32(b[16:], ^uint32(0))
		h.Write(b[:])
	}
	for i := range d.Skipped {
		s := &d.Skipped[i]
		fmt.Fprintf(h, "%s|%s|%s|%d|%d", s.Source, s.Stream, s.Reason, s.Lines, s.Bytes)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
