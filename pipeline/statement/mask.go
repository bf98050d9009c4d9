package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

const (
	maxMasked      = 4 << 10 // of a message kept
	maxSecretWords = 512
)

// secretWords collects the words that stand in literals of the event's statement and in its parameters.
func secretWords(e *pipeline.Event) map[string]bool {
	if e.Message == "" && e.Detail == "" && e.Hint == "" && e.Context == "" {
		return nil
	}
	words := map[string]bool{}
	add := func(s string) {
		for _, w := range strings.FieldsFunc(s, notWord) {
			if len(w) >= 2 && len(words) < maxSecretWords {
				words[strings.ToLower(w)] = true
			}
		}
	}
	for _, p := range e.Parameters {
		add(p)
	}
	sc := lexer.New(e.Statement[:min(len(e.Statement), 64<<10)], dialectOf(e.Engine))
	for t := sc.Next(); t.Kind != lexer.EOF; t = sc.Next() {
		if literalKind(t.Kind) {
			add(e.Statement[t.Start:t.End])
		}
	}
	return words
}

func notWord(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r > 0x7f)
}

// maskText makes a server's message safe to show. Kept are plain words that stand in no literal of the statement, and
// names in quotes after a word that says what they name; all else that could be a value becomes ?: quoted pieces,
// bracketed values, whatever follows = or a colon inside a value, words with digits or signs in them.
func maskText(s string, secret map[string]bool) string {
	if s == "" {
		return ""
	}
	m := masker{src: s[:min(len(s), maxMasked)], secret: secret}
	return m.run()
}

type masker struct {
	src    string
	secret map[string]bool
	out    strings.Builder
	last   string // last plain word, lower case
	pos    int
}

func (m *masker) run() string {
	for m.pos < len(m.src) {
		c := m.src[m.pos]
		switch {
		case c == '"' || c == '\'' || c == '`':
			m.quote(c)
		case c == '(':
			m.bracket()
		case c == '=':
			m.out.WriteByte(c)
			m.pos++
			m.value()
		case notWord(rune(c)) && c < 0x80:
			m.sign(c)
		default:
			m.word()
		}
	}
	return strings.ToValidUTF8(m.out.String(), "?")
}

// sign keeps white space and plain punctuation.
func (m *masker) sign(c byte) {
	m.pos++
	if strings.IndexByte(" .,:;/-!", c) >= 0 {
		m.out.WriteByte(c)
		return
	}
	if c < ' ' {
		m.out.WriteByte(' ')
		return
	}
	m.out.WriteByte('?')
}

func (m *masker) word() {
	i := m.pos
	for i < len(m.src) && (m.src[i] >= 0x80 || !notWord(rune(m.src[i]))) {
		i++
	}
	w := m.src[m.pos:i]
	m.pos = i
	l := strings.ToLower(w)
	if !plainWord(w) || m.secret[l] {
		m.out.WriteByte('?')
		m.last = ""
		return
	}
	m.out.WriteString(w)
	m.last = l
}

// plainWord reports letters only, of a length that words have.
func plainWord(w string) bool {
	if len(w) > 24 {
		return false
	}
	for i := range len(w) {
		c := w[i] | 0x20
		if (c < 'a' || c > 'z') && w[i] != '_' {
			return false
		}
	}
	return true
}

// quote masks a quoted piece, unless it is the name of something that the word before announces.
func (m *masker) quote(q byte) {
	end := m.closing(q)
	body := m.src[m.pos+1 : max(m.pos+1, end-1)]
	m.pos = end
	m.out.WriteByte(q)
	if naming[m.last] && named(body) && !m.secret[strings.ToLower(body)] {
		m.out.WriteString(body)
	} else {
		m.out.WriteByte('?')
	}
	m.out.WriteByte(q)
}

// closing finds the end of a quoted piece. Values hold quotes unescaped, so the last one of its kind counts, except
// after a word that announces a name.
func (m *masker) closing(q byte) int {
	rest := m.src[m.pos+1:]
	if naming[m.last] {
		if i := strings.IndexByte(rest, q); i >= 0 && named(rest[:i]) {
			return m.pos + 1 + i + 1
		}
	}
	if i := strings.LastIndexByte(rest, q); i >= 0 {
		return m.pos + 1 + i + 1
	}
	return len(m.src)
}

var naming = set("relation", "column", "table", "constraint", "function", "role", "database", "user", "schema", "type",
	"index", "view", "sequence", "extension", "language", "parameter", "operator", "for", "of", "on", "policy", "trigger")

// named reports whether a piece looks like a name.
func named(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if notWord(rune(c)) && c != '.' && c != '$' {
			return false
		}
	}
	return !(s[0] >= '0' && s[0] <= '9')
}

// bracket masks what stands between brackets, nested ones included.
func (m *masker) bracket() {
	depth := 0
	i := m.pos
	for i < len(m.src) {
		switch m.src[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		i++
		if depth == 0 {
			break
		}
	}
	m.pos = i
	m.out.WriteString("(?)")
}

// value masks what follows an equals sign.
func (m *masker) value() {
	i := m.pos
	for i < len(m.src) && m.src[i] == ' ' {
		i++
	}
	if i < len(m.src) && strings.IndexByte("'\"`(", m.src[i]) >= 0 {
		m.pos = i
		return // masked as what it is
	}
	for i < len(m.src) && m.src[i] != ' ' {
		i++
	}
	m.pos = i
	m.out.WriteByte('?')
}
