package parsers

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/percona"
	"github.com/auditwarden/auditwarden/pipeline"
)

// block is a record of XML, JSON, Percona's CSV or an old pgauditlogtofile that goes over several lines.
type block struct {
	piece
	open   bool
	layout layout
	text   [][]byte
	size   int
	over   bool

	quoted bool   // inside quotes at the end of the last line
	stack  []byte // JSON: brackets open
	scan   logtofile.Scan
	inner  bool // XML: past the opening tag; pgauditlogtofile: past the first line
}

var errUnclosedBlock = &field.Fault{Reason: "unclosed_record", Sentence: "record over several lines never ends"}

// filler says whether a line is nothing but the marks between records, and which.
func filler(line []byte) string {
	line = bytes.TrimSpace(line)
	switch string(line) {
	case "":
		return "blank"
	case "[", "]", ",", "],", "][":
		return "array_mark"
	case "<AUDIT>", "</AUDIT>":
		return "xml_mark"
	}
	if bytes.HasPrefix(line, []byte("<?xml")) {
		return "xml_mark"
	}
	return ""
}

// prettyStart reports whether an object's first line looks like one of many: it ends where JSON is laid out on lines. A
// line cut off ends anywhere else.
func prettyStart(raw []byte) bool {
	raw = bytes.TrimRight(raw, " \t\r\n")
	switch raw[len(raw)-1] {
	case '{', '[', ',':
		var b block
		b.scanJSON(raw)
		return !b.quoted
	}
	return false
}

// blockLine takes a line of a layout whose records go over lines.
func (d *decoder) blockLine(s *stream, l layout, line []byte) bool {
	trimmed := bytes.TrimLeft(line, " \t")
	if l == layoutXML && bytes.HasPrefix(trimmed, []byte(percona.Open)) || l == layoutRowCSV && percona.LooksCSV(line) {
		d.openBlock(s, l, line)
		return true
	}
	return false
}

// openBlock starts a record with its first line.
func (d *decoder) openBlock(s *stream, l layout, line []byte) {
	b := &s.block
	d.at.begin(&b.piece)
	*b = block{piece: b.piece, open: true, layout: l, text: b.text[:0], stack: b.stack[:0]}
	d.blockAdd(s, line)
}

// blockMore takes a further line. A line that can only start a record shows that the one before was cut: '<' inside a
// text is escaped in XML, a bracket cannot stand where JSON wants a key, and CSV's rows start with their own id.
func (d *decoder) blockMore(s *stream, line []byte) {
	b := &s.block
	trimmed := bytes.TrimLeft(line, " \t")
	cut := false
	switch b.layout {
	case layoutXML:
		cut = bytes.HasPrefix(trimmed, []byte(percona.Open)) || filler(trimmed) == "xml_mark"
	case layoutRowCSV:
		cut = percona.LooksCSV(line) // quotes inside a text are doubled
	case layoutLogToFile:
		scan := b.scan
		cut = scan.Next(line) == logtofile.Broken && logtofile.Heads(line) > 0
	case layoutJSON:
		cut = b.quoted || !b.fits(trimmed)
	}
	if cut {
		d.endBlock(s, errUnclosedBlock)
		d.text(s, line, 0)
		return
	}
	d.at.extend(&b.piece)
	d.blockAdd(s, line)
}

// fits reports whether a line can go on inside the innermost bracket: in an object a key, a bracket that closes or a comma
// must start it; in an array anything may but a whole record.
func (b *block) fits(line []byte) bool {
	line = bytes.TrimRight(line, " \t\r")
	if len(line) == 0 || len(b.stack) == 0 {
		return true
	}
	c := line[0]
	if c == '}' || c == ']' || c == ',' {
		return true
	}
	if b.stack[len(b.stack)-1] == '[' {
		return c == '"' || c == '[' || c == '-' || c-'0' <= 9 || c-'a' < 26 || c == '{' && !knownObject(line)
	}
	if c != '"' {
		return false
	}
	end := bytes.IndexByte(line[1:], '"')
	return end >= 0 && bytes.HasPrefix(bytes.TrimLeft(line[2+end:], " "), []byte{':'})
}

// knownObject reports whether a line is by itself a whole record of a known kind.
func knownObject(line []byte) bool {
	kind, _, err := classify(line)
	return err == nil && kind != objUnknown
}

// blockAdd keeps a line and follows its quotes and brackets.
func (d *decoder) blockAdd(s *stream, line []byte) {
	b := &s.block
	s.touched = true
	if b.over || b.size+cost(line) > d.cfg.MaxRecordBytes { // nothing after a hole
		b.over = true
	} else {
		b.text = append(b.text, line)
		b.size += cost(line)
		d.held += cost(line)
	}
	var done bool
	switch b.layout {
	case layoutXML:
		done = b.scanXML(line)
	case layoutJSON:
		done = b.scanJSON(line)
	case layoutLogToFile:
		next := b.scan.Next
		if !b.inner {
			next, b.inner = b.scan.First, true
		}
		done = next(line) != logtofile.Open
	default:
		b.quoted = b.quoted != (bytes.Count(line, []byte{'"'})&1 == 1)
		done = !b.quoted
	}
	if done {
		d.endBlock(s, nil)
	}
}

// scanXML reports whether the record ends in this line.
func (b *block) scanXML(line []byte) bool {
	if b.inner {
		return bytes.Contains(line, []byte("</AUDIT_RECORD>"))
	}
	for i, c := range line {
		switch {
		case c == '"':
			b.quoted = !b.quoted
		case c == '>' && !b.quoted:
			if i > 0 && line[i-1] == '/' {
				return true
			}
			b.inner = true
			return bytes.Contains(line, []byte("</AUDIT_RECORD>"))
		}
	}
	return false
}

// scanJSON reports whether the object ends in this line.
func (b *block) scanJSON(line []byte) bool {
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case b.quoted && c == '\\':
			i++
		case c == '"':
			b.quoted = !b.quoted
		case b.quoted:
		case c == '{' || c == '[':
			if len(b.stack) > 64 {
				b.quoted = true // deeper than is read: broken
				return false
			}
			b.stack = append(b.stack, c)
		case c == '}' || c == ']':
			if n := len(b.stack); n > 0 {
				b.stack = b.stack[:n-1]
			}
			if len(b.stack) == 0 {
				return true
			}
		}
	}
	return false
}

// endBlock releases the open record; err says why it cannot be whole.
func (d *decoder) endBlock(s *stream, err error) {
	b := &s.block
	if !b.open {
		return
	}
	var text []byte
	if len(b.text) == 1 {
		text = b.text[0]
	} else {
		text = d.joined(b.text)
	}
	d.held -= b.size
	b.open = false
	b.text = emptied(b.text)
	if b.over {
		err = errOversized
	}
	p := b.piece
	b.piece = piece{}
	if err != nil {
		d.unparsed(&p, text, err)
		return
	}
	switch b.layout {
	case layoutJSON:
		idle, carried := d.at.idle, p
		d.at.idle, d.at.carry = true, &carried
		d.object(s, bytes.TrimLeft(text, " \t"), 1)
		if c := d.at.carry; c != nil { // an object that says nothing
			d.skipPiece(c, "blank")
		}
		d.at.idle, d.at.carry = idle, nil
	case layoutXML:
		d.fill(s, &p, text, percona.FormatXML, func(ev *pipeline.Event) error {
			var r percona.Record
			if err := percona.ReadXML(text, &d.pg.Arena, &r); err != nil {
				return err
			}
			err := r.Event(d.pg.Clock, ev)
			if err == nil {
				d.account(s, ev)
				d.stage(s, ev, r.Name)
			}
			return err
		})
	case layoutLogToFile:
		d.fill(s, &p, text, logtofile.FormatCSV, func(ev *pipeline.Event) error { return logtofile.ReadBare(text, &d.pg, ev) })
	default:
		d.fill(s, &p, text, percona.FormatCSV, func(ev *pipeline.Event) error {
			var r percona.Record
			if err := percona.ReadCSV(text, &d.pg.Arena, &r); err != nil {
				return err
			}
			return r.Event(d.pg.Clock, ev)
		})
	}
}

// logToFileLine takes a line of pgauditlogtofile's CSV flavour.
func (d *decoder) logToFileLine(s *stream, line []byte) bool {
	if len(line) == 0 {
		return false
	}
	if line[0] != '"' {
		switch logtofile.Heads(line) {
		case 0:
			return false
		case 1:
			d.openBlock(s, layoutLogToFile, line)
		default: // nor is it known where it ends
			var p piece
			d.at.begin(&p)
			d.unparsed(&p, line, logtofile.ErrTwoHeads)
			s.lost = layoutLogToFile
		}
		return true
	}
	d.structured(s, line, logtofile.FormatCSV, func(ev *pipeline.Event) error { return logtofile.ReadCSV(line, &d.pg, ev) })
	return true
}
