package embedded

import "strings"

// statement is what must be known about a text to hand it to the right call of the engine.
type statement struct {
	verb   string // first word, upper case
	insert bool   // an INSERT with data from outside: not INSERT … SELECT, not FROM INFILE
	head   string // insert: the statement without FORMAT and data; else all of the text
	format string // the FORMAT named in the text, or ""; VALUES is "Values"
	data   int    // insert: where the data begin in the text
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
	word := func(t token) string {
		if t.kind != tokenWord {
			return ""
		}
		return strings.ToUpper(text[t.start:t.end])
	}
	opened := false // the token before was a bracket
	for t := target(l, word); t.kind != tokenEnd; t = l.next() {
		switch w := word(t); {
		case t.depth == 0 && w == "VALUES":
			s.insert, s.format, s.head, s.data = true, "Values", text[:t.start], t.end
			return
		case t.depth == 0 && w == "FORMAT":
			name := l.next()
			if name.kind != tokenWord {
				return
			}
			s.insert, s.format, s.head, s.data = true, text[name.start:name.end], text[:t.start], dataStart(text, name.end)
			return
		case (t.depth == 0 || opened) && (w == "SELECT" || w == "WITH"), t.depth == 0 && (w == "INFILE" || w == "FROM"):
			s.lookFormat(l)
			return
		}
		opened = text[t.start] == '('
	}
	s.insert, s.data = true, len(text)
}

// target skips INTO, TABLE, FUNCTION and the table's name, which may be a word like FORMAT, and gives the token after it.
func target(l *lexer, word func(token) string) token {
	t := l.next()
	for w := word(t); w == "INTO" || w == "TABLE" || w == "FUNCTION"; w = word(t) {
		t = l.next()
	}
	for t.kind == tokenWord || t.kind == tokenQuoted {
		if t = l.next(); t.kind != tokenOther || l.text[t.start] != '.' {
			return t
		}
		t = l.next()
	}
	return t
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
				s.format = text[name.start:name.end]
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
