package lexer

import "strings"

// quoted reads a string literal whose opening quote has been read.
func (s *Scanner) quoted(t *Token, q byte) {
	t.Kind = String
	if s.dialect == MySQL {
		s.escapedString(t, q)
		return
	}
	for {
		s.name(t, q)
		if t.Is(Unterminated) || !s.continued(q) {
			return
		}
	}
}

// escapedString reads a string in which a backslash escapes the next byte.
func (s *Scanner) escapedString(t *Token, q byte) {
	src := s.src
	for {
		i := s.pos
		closed := false
		for i < len(src) {
			c := src[i]
			i++
			if c == '\\' {
				t.Flags |= Escaped
				i++
				continue
			}
			if c != q {
				continue
			}
			if i < len(src) && src[i] == q {
				i++
				continue
			}
			closed = true
			break
		}
		s.pos = min(i, len(src))
		if !closed {
			t.Flags |= Unterminated
			return
		}
		if s.dialect == MySQL || !s.continued(q) {
			return
		}
	}
}

// continued steps over white space with a line break and the opening quote of a further piece of the same literal.
func (s *Scanner) continued(q byte) bool {
	src := s.src
	i := s.pos
	newline := false
	for i < len(src) && class[src[i]]&space != 0 {
		if src[i] == '\n' || src[i] == '\r' {
			newline = true
		}
		i++
	}
	if newline && i < len(src) && src[i] == q {
		s.pos = i + 1
		return true
	}
	return false
}

// dollar reads $1 or $tag$…$tag$.
func (s *Scanner) dollar(t *Token) {
	src := s.src
	i := s.pos + 1
	if i < len(src) && class[src[i]]&digit != 0 {
		for i < len(src) && class[src[i]]&digit != 0 {
			i++
		}
		t.Kind = Param
		s.junk(t, i)
		return
	}
	for i < len(src) && src[i] != '$' && class[src[i]]&wordPart != 0 {
		i++
	}
	if i >= len(src) || src[i] != '$' {
		t.Kind = Bad
		s.pos++
		return
	}
	tag := src[s.pos : i+1]
	t.Kind = String
	t.Flags |= Dollar
	j := strings.Index(src[i+1:], tag)
	if j < 0 {
		t.Flags |= Unterminated
		s.pos = len(src)
		return
	}
	s.pos = i + 1 + j + len(tag)
}

func (s *Scanner) lineComment(t *Token) {
	t.Kind = Comment
	t.Flags |= Line
	src := s.src
	i := s.pos
	for i < len(src) && src[i] != '\n' && (src[i] != '\r' || s.dialect == MySQL) {
		i++
	}
	s.pos = i
}

// blockComment reads /* … */; PostgreSQL nests them.
func (s *Scanner) blockComment(t *Token) {
	t.Kind = Comment
	src := s.src
	i := s.pos + 2
	if s.dialect == MySQL {
		if j := strings.Index(src[i:], "*/"); j >= 0 {
			s.pos = i + j + 2
			return
		}
		t.Flags |= Unterminated
		s.pos = len(src)
		return
	}
	for depth := 1; i < len(src); i++ {
		if src[i] == '*' && i+1 < len(src) && src[i+1] == '/' {
			i++
			if depth--; depth == 0 {
				s.pos = i + 1
				return
			}
		} else if src[i] == '/' && i+1 < len(src) && src[i+1] == '*' {
			i++
			depth++
		}
	}
	t.Flags |= Unterminated
	s.pos = len(src)
}

// execComment reads the opening of /*!50000 … */ or /*M! … */: what follows is code.
func (s *Scanner) execComment(t *Token) bool {
	i := s.pos + 2
	if s.at(i) == 'M' {
		i++
	}
	if s.at(i) != '!' {
		return false
	}
	i++
	for n := 0; n < 6 && class[s.at(i)]&digit != 0; n++ {
		i++
	}
	t.Kind = Comment
	t.Flags |= Exec
	s.exec = true
	s.pos = i
	return true
}
