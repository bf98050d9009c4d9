package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

const (
	maxNormal = 16 << 10 // longest normal form kept
	maxShown  = 256      // of one token
)

// normal writes a text's normal form: every literal is ?, spacing is even, comments are gone. It looks at tokens only,
// so it holds no literal whatever the text is.
func normal(text string, d lexer.Dialect) string {
	var sb strings.Builder
	sb.Grow(min(len(text)+16, maxNormal))
	sc := lexer.New(text, d)
	prev := lexer.Token{}
	prevText := ""
	var secrets unquoted
	for {
		t := sc.Next()
		if t.Kind == lexer.EOF {
			break
		}
		if t.Kind == lexer.Comment {
			continue
		}
		raw := text[t.Start:t.End]
		s := shown(raw, t)
		if secrets.value(t, lower(raw)) {
			s = "?"
		}
		if sb.Len() > 0 && spaced(prev, prevText, t, s) {
			sb.WriteByte(' ')
		}
		sb.WriteString(s)
		prev, prevText = t, s
		if sb.Len() > maxNormal {
			sb.WriteString(" …")
			break
		}
	}
	return strings.ToValidUTF8(sb.String(), "?")
}

// shown is how a token appears in the normal form.
func shown(raw string, t lexer.Token) string {
	switch t.Kind {
	case lexer.String, lexer.Int, lexer.Float, lexer.Hex, lexer.Bit, lexer.Bad:
		return "?"
	case lexer.Quoted, lexer.Var:
		if t.Is(lexer.Unterminated) {
			return "?"
		}
	case lexer.Word:
		if t.Is(lexer.Junk) {
			return "?"
		}
	}
	if len(raw) > maxShown {
		raw = raw[:maxShown] + "…"
	}
	return strings.Map(printable, raw)
}

func spaced(prev lexer.Token, prevText string, t lexer.Token, s string) bool {
	switch s {
	case ",", ")", "]", ";", ".", "::":
		return false
	case "(":
		return prev.Kind != lexer.Word || spacedBefore[strings.ToLower(prevText)]
	case "[":
		return false
	}
	switch prevText {
	case "(", "[", ".", "::":
		return false
	}
	return true
}

// spacedBefore are words that are not functions: a bracket after them stands apart.
var spacedBefore = set("in", "values", "and", "or", "not", "where", "on", "from", "select", "as", "union", "all", "any",
	"exists", "by", "set", "having", "then", "when", "else", "case", "using", "into", "join", "between", "like", "limit",
	"over", "with", "is", "returning", "table", "key", "unique", "check", "references", "except", "intersect", "distinct")

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

// lower folds short words and leaves long ones, which no rule asks for.
func lower(s string) string {
	if len(s) > 64 {
		return s
	}
	return strings.ToLower(s)
}
