package embedded

import "strings"

// statement is what must be known about a text to hand it to the right call of the engine.
type statement struct {
	verb   string // first word, upper case
	insert bool   // an INSERT with data from outside: not INSERT … SELECT, not FROM INFILE
	head   string // insert: the statement without FORMAT and data; else all of the text
	format string // the FORMAT named in the text, or ""; VALUES is "Values"
	data   int    // insert: where the data begin in the text

	formatAt int // where FORMAT is in head, if format is set and it is no insert
}

// look reads the text of a statement, or for an insert as much of it as has arrived.
func look(text string) statement {
	s := statement{head: text}
	l := &lexer{text: text}
	t := l.next()
	for t.kind == tokenOther && text[t.start] == '(' {
		t = l.next()
	}
	if t.kind != tokenWord {
		return s
	}
	s.verb = strings.ToUpper(text[t.start:t.end])
	if s.verb == "INSERT" {
		s.lookInsert(l)
		return s
	}
	s.lookFormat(l)
	return s
}

// lookInsert finds where an INSERT's data begin.
func (s *statement) lookInsert(l *lexer) {
	text := l.text
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if t.depth != 0 || t.kind != tokenWord {
			continue
		}
		switch strings.ToUpper(text[t.start:t.end]) {
		case "SELECT", "WITH", "INFILE", "WATCH", "EXPLAIN":
			s.lookFormat(l)
			return
		case "VALUES":
			s.insert, s.format, s.head, s.data = true, "Values", text[:t.start], t.end
			return
		case "FORMAT":
			name := l.next()
			if name.kind != tokenWord {
				return
			}
			s.insert, s.format, s.head, s.data = true, text[name.start:name.end], text[:t.start], dataStart(text, name.end)
			return
		}
	}
	s.insert, s.data = true, len(text)
}

// dataStart skips what the engine skips between the format's name and the data: blanks up to and with one line end.
func dataStart(text string, at int) int {
	for at < len(text) && isBlank(text[at]) && text[at] != '\n' {
		at++
	}
	if at < len(text) && text[at] == '\n' {
		at++
	}
	return at
}

// lookFormat finds the FORMAT at the end of a query.
func (s *statement) lookFormat(l *lexer) {
	text := l.text
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if t.depth == 0 && t.kind == tokenWord && strings.EqualFold(text[t.start:t.end], "FORMAT") {
			before := *l
			if name := l.next(); name.kind == tokenWord && ends(*l) {
				s.format, s.formatAt = text[name.start:name.end], t.start
				return
			}
			*l = before
		}
	}
}

// ends reports whether the statement ends here, or goes on with SETTINGS.
func ends(l lexer) bool {
	t := l.next()
	return t.kind == tokenEnd || l.text[t.start] == ';' || t.kind == tokenWord && strings.EqualFold(l.text[t.start:t.end], "SETTINGS")
}

// streams reports whether the engine can hand over the result piece by piece; it can for SELECT only.
func (s *statement) streams() bool {
	return s.verb == "SELECT" || s.verb == "WITH" || s.verb == "FROM"
}

// withoutFormat is the text of a query up to its FORMAT and what follows.
func (s *statement) withoutFormat() string {
	if s.format != "" && !s.insert {
		return s.head[:s.formatAt]
	}
	return s.head
}
