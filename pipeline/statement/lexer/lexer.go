// Package lexer splits SQL text into tokens, for PostgreSQL and for MySQL and MariaDB.
//
// It accepts any bytes, never fails, never panics, allocates nothing and runs in time linear in the text. What it cannot
// make sense of comes out as a token of kind [Bad] or with the flag [Unterminated]. It follows the servers' own scanners
// (PostgreSQL's scan.l with standard_conforming_strings on; MySQL's sql_lex.cc without ANSI_QUOTES) in where a token
// begins and ends; it does not tell keywords from names.
package lexer

// Dialect chooses the rules.
type Dialect uint8

// The dialects.
const (
	PostgreSQL Dialect = iota
	MySQL
)

// Kind of a token.
type Kind uint8

// The kinds.
const (
	EOF     Kind = iota
	Word         // keyword or unquoted name
	Quoted       // quoted name
	String       // string literal, with its prefix (E, N, U&, _utf8 is a Word before it) and continuations
	Int          // decimal digits only
	Float        // any other decimal number
	Hex          // 0x…, x'…'
	Bit          // 0b…, b'…'
	Param        // $1, ?
	Var          // @name, @@name
	Op           // operator
	Punct        // one of ( ) [ ] , ; . :
	Comment      // comment, opening or closing of an executable comment
	Bad          // a byte that starts no token
)

// Flag says more about a token.
type Flag uint8

// The flags.
const (
	Unterminated Flag = 1 << iota // the text ended inside the token
	Escaped                       // a string with a backslash escape or a Unicode escape
	Dollar                        // a dollar-quoted string
	Line                          // a comment to the end of the line
	Exec                          // opening or closing of an executable comment, or an optimiser hint
	Spaced                        // white space or a comment stands before it
	Junk                          // a number with letters stuck to it
	Prefixed                      // a string with a prefix letter
)

// Token is one token: its kind and where it stands, src[Start:End].
type Token struct {
	Kind       Kind
	Flags      Flag
	Start, End int
}

// Is reports whether the token carries the flag.
func (t Token) Is(f Flag) bool { return t.Flags&f != 0 }

// Scanner reads tokens. The zero value is not usable: see [New].
type Scanner struct {
	src     string
	pos     int
	dialect Dialect
	exec    bool // inside an executable comment
	spaced  bool
}

// New starts at the beginning of src.
func New(src string, d Dialect) Scanner { return Scanner{src: src, dialect: d} }

// SkipTo goes on at the byte offset end.
func (s *Scanner) SkipTo(end int) { s.pos = min(end, len(s.src)) }

// Next gives the next token. Comments are tokens; white space is not.
func (s *Scanner) Next() Token {
	s.skipSpace()
	t := Token{Start: s.pos}
	if s.pos >= len(s.src) {
		t.End = len(s.src)
		t.Start = t.End
		return t
	}
	if s.spaced {
		t.Flags = Spaced
	}
	s.spaced = false
	s.scan(&t)
	t.End = s.pos
	if t.Kind == Comment {
		s.spaced = true
	}
	return t
}

func (s *Scanner) skipSpace() {
	src := s.src
	i := s.pos
	for i < len(src) && class[src[i]]&space != 0 {
		i++
	}
	if i > s.pos {
		s.spaced = true
		s.pos = i
	}
}

func (s *Scanner) at(i int) byte {
	if i < len(s.src) {
		return s.src[i]
	}
	return 0
}

func (s *Scanner) scan(t *Token) {
	c := s.src[s.pos]
	cl := class[c]
	switch {
	case cl&wordStart != 0:
		s.word(t, c)
	case cl&digit != 0:
		s.number(t)
	case c == '\'':
		s.pos++
		s.quoted(t, '\'')
	case c == '"':
		s.doubleQuote(t)
	case c == '(' || c == ')' || c == ',' || c == ';' || c == '[' || c == ']':
		t.Kind = Punct
		s.pos++
	case c == '.':
		if class[s.at(s.pos+1)]&digit != 0 {
			s.number(t)
			return
		}
		t.Kind = Punct
		s.pos++
	case c == '$' && s.dialect == PostgreSQL:
		s.dollar(t)
	case s.dialect == MySQL:
		s.mysqlOther(t, c)
	default:
		s.postgresOther(t, c)
	}
}

func (s *Scanner) doubleQuote(t *Token) {
	s.pos++
	if s.dialect == MySQL {
		s.quoted(t, '"')
		return
	}
	t.Kind = Quoted
	s.name(t, '"')
}

// name reads a quoted name up to its closing quote; a doubled quote stands for itself.
func (s *Scanner) name(t *Token, q byte) {
	src := s.src
	for i := s.pos; i < len(src); i++ {
		if src[i] != q {
			continue
		}
		if i+1 < len(src) && src[i+1] == q {
			i++
			continue
		}
		s.pos = i + 1
		return
	}
	s.pos = len(src)
	t.Flags |= Unterminated
}

func (s *Scanner) word(t *Token, c byte) {
	t.Kind = Word
	src := s.src
	i := s.pos + 1
	if i < len(src) && s.prefixed(t, c, src[i]) {
		return
	}
	for i < len(src) && class[src[i]]&wordPart != 0 {
		i++
	}
	s.pos = i
}

// prefixed handles strings with a prefix: E” B” X” N” U&” U&"" .
func (s *Scanner) prefixed(t *Token, c, next byte) bool {
	if next == '\'' {
		switch c | 0x20 {
		case 'e':
			if s.dialect != PostgreSQL {
				return false
			}
			s.pos += 2
			t.Kind, t.Flags = String, t.Flags|Prefixed
			s.escapedString(t, '\'')
			return true
		case 'n':
			s.pos += 2
			t.Flags |= Prefixed
			s.quoted(t, '\'')
			return true
		case 'x', 'b':
			s.pos += 2
			s.quoted(t, '\'')
			t.Kind = Hex
			if c|0x20 == 'b' {
				t.Kind = Bit
			}
			return true
		}
		return false
	}
	if next == '&' && c|0x20 == 'u' && s.dialect == PostgreSQL {
		switch s.at(s.pos + 2) {
		case '\'':
			s.pos += 3
			t.Flags |= Escaped | Prefixed
			s.quoted(t, '\'')
			return true
		case '"':
			s.pos += 3
			t.Kind, t.Flags = Quoted, t.Flags|Escaped
			s.name(t, '"')
			return true
		}
	}
	return false
}

func (s *Scanner) number(t *Token) {
	src := s.src
	i := s.pos
	t.Kind = Int
	if src[i] == '0' && i+1 < len(src) {
		if k := s.radix(t, src[i+1]); k {
			return
		}
	}
	for i < len(src) && class[src[i]]&digit != 0 {
		i++
	}
	if i < len(src) && src[i] == '.' && !(i+1 < len(src) && src[i+1] == '.') {
		t.Kind = Float
		i++
		for i < len(src) && class[src[i]]&digit != 0 {
			i++
		}
	}
	if i < len(src) && src[i]|0x20 == 'e' {
		j := i + 1
		if j < len(src) && (src[j] == '+' || src[j] == '-') {
			j++
		}
		if j < len(src) && class[src[j]]&digit != 0 {
			t.Kind = Float
			for j < len(src) && class[src[j]]&digit != 0 {
				j++
			}
			i = j
		}
	}
	s.junk(t, i)
}

// junk takes letters that stick to a number: MySQL reads a name there, PostgreSQL 15 and later refuse.
func (s *Scanner) junk(t *Token, i int) {
	src := s.src
	j := i
	for j < len(src) && class[src[j]]&wordPart != 0 {
		j++
	}
	if j > i {
		t.Flags |= Junk
		if s.dialect == MySQL && t.Kind == Int {
			t.Kind = Word
		}
	}
	s.pos = j
}

// radix handles 0x… 0b… 0o….
func (s *Scanner) radix(t *Token, c byte) bool {
	var set uint8
	switch c {
	case 'x', 'X':
		set, t.Kind = hexDigit, Hex
		if c == 'X' && s.dialect == MySQL {
			t.Kind = Int
			return false
		}
	case 'b', 'B':
		set, t.Kind = digit, Bit
	case 'o', 'O':
		if s.dialect == MySQL {
			return false
		}
		set = digit
	default:
		return false
	}
	src := s.src
	i := s.pos + 2
	for i < len(src) && (class[src[i]]&set != 0 || src[i] == '_' && s.dialect == PostgreSQL) {
		i++
	}
	if i == s.pos+2 {
		t.Kind = Int
		return false
	}
	s.junk(t, i)
	return true
}
