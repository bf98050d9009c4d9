package lexer

// postgresOther reads what begins with an operator character, a comment, a colon, or nothing known.
func (s *Scanner) postgresOther(t *Token, c byte) {
	n := s.at(s.pos + 1)
	switch {
	case c == '-' && n == '-':
		s.lineComment(t)
	case c == '/' && n == '*':
		s.blockComment(t)
	case c == '?' && class[n]&operator == 0:
		t.Kind = Param
		s.pos++
	case class[c]&operator != 0:
		s.postgresOperator(t)
	case c == ':':
		t.Kind = Punct
		s.pos++
		if n == ':' || n == '=' {
			t.Kind = Op
			s.pos++
		}
	default:
		t.Kind = Bad
		s.pos++
	}
}

// postgresOperator takes the longest run of operator characters, cut at a comment; a trailing + or - is given back
// unless the run holds one of ~ ! @ # % ^ & | ` ?.
func (s *Scanner) postgresOperator(t *Token) {
	t.Kind = Op
	src := s.src
	i := s.pos
	free := false
	for i < len(src) && class[src[i]]&operator != 0 {
		if i+1 < len(src) && (src[i] == '-' && src[i+1] == '-' || src[i] == '/' && src[i+1] == '*') {
			break
		}
		switch src[i] {
		case '+', '-', '*', '/', '<', '>', '=':
		default:
			free = true
		}
		i++
	}
	if !free {
		for i > s.pos+1 && (src[i-1] == '+' || src[i-1] == '-') {
			i--
		}
	}
	s.pos = i
}

// mysqlOther reads what begins with an operator character, a comment, a variable, a quoted name, or nothing known.
func (s *Scanner) mysqlOther(t *Token, c byte) {
	n := s.at(s.pos + 1)
	switch c {
	case '`':
		t.Kind = Quoted
		s.pos++
		s.name(t, '`')
	case '#':
		s.lineComment(t)
	case '-':
		if n == '-' && (s.pos+2 >= len(s.src) || s.src[s.pos+2] <= ' ') {
			s.lineComment(t)
			return
		}
		s.mysqlOperator(t, c, n)
	case '/':
		if n != '*' {
			s.mysqlOperator(t, c, n)
		} else if !s.execComment(t) {
			s.blockComment(t)
		}
	case '*':
		if n == '/' && s.exec {
			s.exec = false
			t.Kind = Comment
			t.Flags |= Exec
			s.pos += 2
			return
		}
		s.mysqlOperator(t, c, n)
	case '@':
		s.variable(t)
	case '?':
		t.Kind = Param
		s.pos++
	default:
		s.mysqlOperator(t, c, n)
	}
}

func (s *Scanner) mysqlOperator(t *Token, c, n byte) {
	t.Kind = Op
	size := 1
	switch c {
	case '<':
		switch {
		case n == '=' && s.at(s.pos+2) == '>':
			size = 3
		case n == '=' || n == '>' || n == '<':
			size = 2
		}
	case '>':
		if n == '=' || n == '>' {
			size = 2
		}
	case '!':
		if n == '=' {
			size = 2
		}
	case '|', '&':
		if n == c {
			size = 2
		}
	case ':':
		t.Kind = Punct
		if n == '=' {
			t.Kind = Op
			size = 2
		}
	case '-':
		if n == '>' {
			size = 2
			if s.at(s.pos+2) == '>' {
				size = 3
			}
		}
	case '=', '+', '*', '/', '%', '^', '~':
	case '{', '}':
		t.Kind = Punct
	default:
		t.Kind = Bad
	}
	s.pos += size
}

// variable reads @name, @'name', @`name`, @@name, @@global.name (the part after the dot is a token of its own).
func (s *Scanner) variable(t *Token) {
	t.Kind = Var
	s.pos++
	if s.at(s.pos) == '@' {
		s.pos++
	}
	switch q := s.at(s.pos); q {
	case '\'', '"', '`':
		s.pos++
		s.name(t, q)
	default:
		for s.pos < len(s.src) && (class[s.src[s.pos]]&wordPart != 0) {
			s.pos++
		}
	}
}
