package parsers

import (
	"errors"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
)

// row is a csvlog record that goes over several lines.
type row struct {
	piece
	open   bool
	broken bool // quoting is lost: everything up to the next line that starts a record belongs to it
	text   [][]byte
	size   int
	over   bool // lines past MaxRecordBytes were dropped
	cut    bool // the source cut the first line
}

var (
	errNeverClosed = &field.Fault{Reason: "unclosed_quote", Sentence: "csvlog record: a quote is never closed"}
	errOversized   = &field.Fault{Reason: "oversized", Sentence: "record is larger than max_record_bytes; its end was dropped"}
)

// csvLine takes one physical line of csvlog. Only the quoting decides what belongs together. The server doubles quotes
// inside texts, so a line that breaks the quoting proves that bytes were lost before it: then a line that starts a
// record ends the one held, and nothing that a statement could contain passes for such a line.
func (d *decoder) csvLine(s *stream, line []byte) bool {
	if s.row.open {
		d.rowLine(s, line)
		return true
	}
	var e postgresql.Entry
	err := postgresql.ParseCSV(line, d.pg.Clock, &d.pg.Arena, &e)
	switch {
	case err == nil:
		var p piece
		d.at.begin(&p)
		d.emitRow(s, &p, &e, line)
		return true
	case errors.Is(err, postgresql.ErrCSVOpen):
		d.openRow(s, line, d.at.rec.Truncated)
		return true
	case errors.Is(err, postgresql.ErrCSVTime):
		return false
	}
	if !postgresql.RowHead(line) {
		return false
	}
	d.openRow(s, line, errors.Is(err, postgresql.ErrCSV))
	if !s.row.broken {
		d.endRow(s, err)
	}
	return true
}

// openRow starts to hold a record that begins with line.
func (d *decoder) openRow(s *stream, line []byte, broken bool) {
	r := &s.row
	d.at.begin(&r.piece)
	r.open, r.broken, r.over, r.cut = true, broken, false, d.at.rec.Truncated
	r.text = append(r.text[:0], line)
	r.size = cost(line)
	d.held += r.size
	s.touched = true
}

// rowLine takes a line while a record is open.
func (d *decoder) rowLine(s *stream, line []byte) {
	r := &s.row
	state := postgresql.QuoteBroken
	if !r.broken {
		state = postgresql.ScanQuotes(line, true)
	}
	if state == postgresql.QuoteBroken && postgresql.RowHead(line) && postgresql.ScanQuotes(line, false) != postgresql.QuoteBroken {
		d.endRow(s, postgresql.ErrCSV)
		if !d.csvLine(s, line) {
			d.stray(s, line)
		}
		return
	}
	d.addRow(s, line)
	switch {
	case !r.open:
	case state == postgresql.QuoteBroken:
		r.broken = true
	case state == postgresql.QuoteClosed:
		d.endRow(s, nil)
	}
}

// addRow appends a line to the open record.
func (d *decoder) addRow(s *stream, line []byte) {
	r := &s.row
	d.at.extend(&r.piece)
	s.touched = true
	if r.over || r.size+cost(line) > d.cfg.MaxRecordBytes { // nothing after a hole
		r.over = true
		if r.broken { // there is no end to wait for
			d.endRow(s, errOversized)
			s.lost = layoutCSV
		}
		return
	}
	r.text = append(r.text, line)
	r.size += cost(line)
	d.held += cost(line)
}

// endRow releases the open record; err says why it cannot be whole, nil that it is.
func (d *decoder) endRow(s *stream, err error) {
	r := &s.row
	if !r.open {
		return
	}
	text := r.text[0]
	first := text
	if len(r.text) > 1 {
		text = d.joined(r.text)
	}
	d.held -= r.size
	r.open = false
	p := r.piece
	r.piece = piece{}
	r.text = emptied(r.text)
	var e postgresql.Entry
	switch {
	case r.cut:
		err = postgresql.ParseCutCSV(first, d.pg.Clock, &d.pg.Arena, &e)
		p.truncated = true
	case r.over:
		if err = postgresql.ParseCutCSV(text, d.pg.Clock, &d.pg.Arena, &e); err != nil {
			err = errOversized
		}
		p.truncated = true
	case err == nil:
		err = postgresql.ParseCSV(text, d.pg.Clock, &d.pg.Arena, &e)
	}
	if err != nil {
		d.unparsed(&p, text, err)
		return
	}
	d.emitRow(s, &p, &e, text)
}

// emitRow makes the event of a whole record.
func (d *decoder) emitRow(s *stream, p *piece, e *postgresql.Entry, text []byte) {
	d.emitEntry(s, p, e, "postgresql/csvlog", text)
}

const formatJSONLog = "postgresql/jsonlog"

// emitEntry makes the event of an entry, whatever its layout.
func (d *decoder) emitEntry(s *stream, p *piece, e *postgresql.Entry, format string, text []byte) {
	ev := d.event(p)
	ev.Format = format
	if format == formatJSONLog {
		e.Version = "15+"
	}
	if err := e.Event(ev, &d.pg); err != nil {
		d.drop()
		d.unparsed(p, text, err)
		return
	}
	finishTime(ev, p)
	d.link(s, ev)
}
