package parsers

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/cloud"
	"github.com/auditwarden/auditwarden/pipeline"
)

// entry is a Cloud SQL log entry that comes in chunks, each a log entry of its own, in any order.
type entry struct {
	piece
	key        string
	event      pipeline.Event
	statements []string
	parameters []string
	got        int
	size       int
}

// Bounds of entries waiting for chunks, per stream.
const (
	maxEntries = 64
	maxChunks  = 1024
)

// takeEntry takes the event added last back out of the output: it is one chunk of an entry.
func (d *decoder) takeEntry(s *stream, c *cloud.Chunk) {
	n := len(d.out.Events) - 1
	if n < 0 {
		return
	}
	if c.Count > maxChunks || c.Index < 1 || c.Index > c.Count { // told apart by nothing
		c.Fill(&d.pg.Arena, &d.out.Events[n])
		d.out.Events[n].Partial = true
		return
	}
	ev := d.out.Events[n]
	d.drop()
	s.touched = true
	var e *entry
	for _, old := range s.entries {
		if old.key == c.Key && len(old.statements) == int(c.Count) {
			e = old
		}
	}
	if e == nil {
		if len(s.entries) == maxEntries {
			d.emitEntryChunks(s, s.entries[0])
			s.entries = append(s.entries[:0], s.entries[1:]...)
		}
		e = &entry{key: c.Key, event: ev, statements: make([]string, c.Count), parameters: make([]string, c.Count)}
		e.seq, e.size = d.at.rec.Seq, int(c.Count)*lineCost
		d.held += e.size
		s.entries = append(s.entries, e)
	} else {
		e.event.Lines += ev.Lines
		e.event.Bytes += ev.Bytes
		e.event.LastSeq = max(e.event.LastSeq, ev.LastSeq)
	}
	if e.statements[c.Index-1] == "" && e.parameters[c.Index-1] == "" && e.size+len(c.Statement)+len(c.Parameter) <= d.cfg.MaxRecordBytes {
		e.statements[c.Index-1], e.parameters[c.Index-1] = c.Statement, c.Parameter
		e.size += len(c.Statement) + len(c.Parameter)
		d.held += len(c.Statement) + len(c.Parameter)
		e.got++
	}
	if e.got == len(e.statements) {
		for i, old := range s.entries {
			if old == e {
				s.entries = append(s.entries[:i], s.entries[i+1:]...)
				break
			}
		}
		d.emitEntryChunks(s, e)
	}
}

// emitEntryChunks joins the chunks that came.
func (d *decoder) emitEntryChunks(s *stream, e *entry) {
	d.held -= e.size
	c := cloud.Chunk{Statement: strings.Join(e.statements, ""), Parameter: strings.Join(e.parameters, "")}
	for _, p := range e.parameters {
		if p == "[not logged]" || p == "[none]" { // said in every chunk
			c.Parameter = p
		}
	}
	d.out.Events = append(d.out.Events, e.event)
	ev := &d.out.Events[len(d.out.Events)-1]
	c.Fill(&d.pg.Arena, ev)
	ev.Partial = ev.Partial || e.got < len(e.statements)
	d.link(s, ev)
}

// endEntries releases entries whose chunks never came.
func (d *decoder) endEntries(s *stream) {
	for _, e := range s.entries {
		d.emitEntryChunks(s, e)
	}
	clear(s.entries)
	s.entries = s.entries[:0]
}
