package parsers

import (
	"errors"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/pipeline"
)

// event adds an event with p's identity to the output; it is filled in where it lies.
func (d *decoder) event(p *piece) *pipeline.Event {
	n := len(d.out.Events)
	if n < cap(d.out.Events) {
		d.out.Events = d.out.Events[:n+1]
		d.out.Events[n] = pipeline.Event{}
	} else {
		d.out.Events = append(d.out.Events, pipeline.Event{})
	}
	ev := &d.out.Events[n]
	ev.RecordID, ev.Index = p.id, p.index
	ev.Source, ev.Stream, ev.Offset = p.source, p.stream, p.offset
	ev.Lines, ev.Bytes = p.lines, p.bytes
	ev.FirstSeq, ev.LastSeq = p.seq, p.last
	ev.Cluster, ev.Host = p.cluster, p.host
	ev.Truncated, ev.Partial = p.truncated, p.partial
	return ev
}

// drop takes back the event added last.
func (d *decoder) drop() {
	n := len(d.out.Events) - 1
	d.out.Events[n] = pipeline.Event{}
	d.out.Events = d.out.Events[:n]
}

// finishTime gives an event without a time of its own the transport's.
func finishTime(ev *pipeline.Event, p *piece) {
	if !ev.EventTime.IsZero() {
		return
	}
	ev.EventTime, ev.TimeCertainty = p.time.UTC(), p.sure
	if p.time.IsZero() {
		ev.TimeCertainty = pipeline.TimeMissing
	}
}

// unparsed keeps a record that could not be understood.
func (d *decoder) unparsed(p *piece, raw []byte, err error) {
	if d.at.cut != nil && p.id == d.at.id {
		raw, err = d.at.cut, jsonscan.ErrShort
	}
	u := pipeline.Unparsed{
		RecordID: p.id, Source: p.source, Stream: p.stream, Offset: p.offset, Lines: p.lines, Bytes: p.bytes, Time: p.time,
		FirstSeq: p.seq, LastSeq: p.last,
		Raw: raw, Reason: "unparsed", Error: "record could not be parsed",
	}
	var f *field.Fault
	if errors.As(err, &f) {
		u.Reason, u.Error = f.Reason, f.Sentence
	}
	d.out.Unparsed = append(d.out.Unparsed, u)
}

// skip notes that a part of the physical record at hand is left out on purpose. If nothing else is made of the record, it
// is counted as skipped for that reason.
func (d *decoder) skip(reason string) { d.at.reason = reason }

// settle counts what is at hand as skipped if nothing was made of it.
func (d *decoder) settle() {
	var p piece
	d.at.extend(&p)
	if d.at.reason == "" {
		d.at.reason = "blank"
	}
	d.skipPiece(&p, d.at.reason)
}

func (d *decoder) skipPiece(p *piece, reason string) {
	if p.lines == 0 && p.bytes == 0 {
		return
	}
	id, offset := p.id, p.offset
	if id == (pipeline.RecordID{}) {
		id, offset = d.at.rec.ID(), d.at.rec.Offset
	}
	d.out.Skipped = append(d.out.Skipped, pipeline.Skipped{
		RecordID: id, Source: d.at.rec.Source, Stream: d.at.rec.Stream, Offset: offset, Lines: p.lines, Bytes: p.bytes, Reason: reason,
	})
}

// structured makes an event of a record that its own reader fills in.
func (d *decoder) structured(s *stream, raw []byte, format string, read func(*pipeline.Event) error) {
	var p piece
	d.at.begin(&p)
	d.fill(s, &p, raw, format, read)
}

func (d *decoder) fill(s *stream, p *piece, raw []byte, format string, read func(*pipeline.Event) error) {
	ev := d.event(p)
	ev.Format = format
	if err := read(ev); err != nil {
		d.drop()
		d.unparsed(p, raw, err)
		return
	}
	finishTime(ev, p)
	d.link(s, ev)
}
