package statement

import "bytes"

// fold drops repeated items of a list from the canonical text: IN (5, 5, 5) and rows of VALUES. The shape stays the
// same, the grammar has less to read, and lists of any length share one cache entry.
type fold struct {
	on        bool
	brackets  bool // the list stands in brackets of its own (IN), not beside a word (VALUES)
	depth     int  // of the commas between the items
	start     int  // of the item at hand, in the canonical text
	prevStart int
	prevEnd   int
	has       bool // there is an item before
}

// begin starts a list whose first item begins at the end of the text.
func (l *fold) begin(p *former, brackets bool) {
	if l.on || !p.strip {
		return
	}
	*l = fold{on: true, brackets: brackets, depth: p.chain.depth, start: len(p.text)}
}

// item ends the item at hand: one that equals the item before is taken back, with the comma between them.
func (l *fold) item(p *former) {
	cur := bytes.TrimSpace(p.text[l.start:])
	if l.has && bytes.Equal(cur, bytes.TrimSpace(p.text[l.prevStart:l.prevEnd])) {
		p.text = p.text[:l.prevEnd]
		return
	}
	l.prevStart, l.prevEnd, l.has = l.start, len(p.text), true
}

// before is told each sign at the list's depth before it is written.
func (l *fold) before(p *former, sign byte) {
	if !l.on || p.chain.depth != l.depth {
		return
	}
	switch sign {
	case ',':
		l.item(p)
	case ')', ';':
		l.end(p)
	}
}

// after is told each comma after it is written.
func (l *fold) after(p *former) {
	if l.on && p.chain.depth == l.depth {
		l.start = len(p.text)
	}
}

func (l *fold) end(p *former) {
	l.item(p)
	l.on = false
}

// other is told anything else before it is written: at its own depth it ends a list of rows.
func (l *fold) other(p *former) {
	if l.on && !l.brackets && p.chain.depth == l.depth {
		l.end(p)
	}
}
