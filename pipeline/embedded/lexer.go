package embedded

import "strings"

// tokenKind tells the engine's tokens apart as far as finding FORMAT and inline data needs it.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenQuoted // "…" or `…`: an identifier
	tokenString // '…' or $tag$…$tag$
	tokenOther  // one byte
)

type token struct {
	kind       tokenKind
	start, end int
	depth      int // of brackets around it
}

// lexer walks over ClickHouse's SQL as src/Parsers/Lexer.cpp does. It never fails: what does not end, ends the text.
type lexer struct {
	text  string
	at    int
	depth int
}

func (l *lexer) next() token {
	l.skipBlank()
	t := token{start: l.at, depth: l.depth}
	if l.at >= len(l.text) {
		t.end = l.at
		return t
	}
	switch c := l.text[l.at]; {
	case c == '\'':
		t.kind = tokenString
		l.quoted(c)
	case c == '"' || c == '`':
		t.kind = tokenQuoted
		l.quoted(c)
	case strings.HasPrefix(l.text[l.at:], "‘"):
		t.kind = tokenString
		l.skipPast("’", len("‘"))
	case strings.HasPrefix(l.text[l.at:], "“"):
		t.kind = tokenQuoted
		l.skipPast("”", len("“"))
	case isWord(c):
		t.kind = tokenWord
		for l.at < len(l.text) && (isWord(l.text[l.at]) || l.text[l.at] == '$') {
			l.at++
		}
	case c == '$' && l.heredoc():
		t.kind = tokenString
	default:
		t.kind = tokenOther
		switch c {
		case '(', '[', '{':
			l.depth++
		case ')', ']', '}':
			l.depth--
			t.depth--
		}
		l.at++
	}
	t.end = l.at
	return t
}

func (l *lexer) skipBlank() {
	for l.at < len(l.text) {
		rest := l.text[l.at:]
		switch {
		case isBlank(rest[0]):
			l.at++
		case strings.HasPrefix(rest, "--"), strings.HasPrefix(rest, "#!"), strings.HasPrefix(rest, "# "), strings.HasPrefix(rest, "//"):
			l.skipPast("\n", 2)
		case strings.HasPrefix(rest, "/*"):
			l.blockComment()
		case strings.HasPrefix(rest, "\u00a0"):
			l.at += len("\u00a0")
		case strings.HasPrefix(rest, "\ufeff"):
			l.at += len("\ufeff")
		default:
			return
		}
	}
}

// blockComment skips /* … */, which nests.
func (l *lexer) blockComment() {
	level := 0
	for l.at < len(l.text) {
		switch rest := l.text[l.at:]; {
		case strings.HasPrefix(rest, "/*"):
			level++
			l.at += 2
		case strings.HasPrefix(rest, "*/"):
			level--
			l.at += 2
			if level == 0 {
				return
			}
		default:
			l.at++
		}
	}
}

func (l *lexer) skipPast(mark string, from int) {
	if i := strings.Index(l.text[l.at+from:], mark); i >= 0 {
		l.at += from + i + len(mark)
		return
	}
	l.at = len(l.text)
}

// quoted skips a quoted text: a backslash escapes a byte, a doubled quote stands for one.
func (l *lexer) quoted(quote byte) {
	for l.at++; l.at < len(l.text); l.at++ {
		switch l.text[l.at] {
		case '\\':
			l.at++
		case quote:
			if l.at+1 < len(l.text) && l.text[l.at+1] == quote {
				l.at++
				continue
			}
			l.at++
			return
		}
	}
	l.at = min(l.at, len(l.text))
}

// heredoc skips $tag$…$tag$ and reports whether there was one.
func (l *lexer) heredoc() bool {
	i := l.at + 1
	for i < len(l.text) && isWord(l.text[i]) {
		i++
	}
	if i >= len(l.text) || l.text[i] != '$' {
		return false
	}
	tag := l.text[l.at : i+1]
	end := strings.Index(l.text[i+1:], tag)
	if end < 0 {
		return false
	}
	l.at = i + 1 + end + len(tag)
	return true
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isBlank(c byte) bool {
	return c == ' ' || c >= '\t' && c <= '\r'
}
