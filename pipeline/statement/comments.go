package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// commentFacts collects what comments do in a text.
type commentFacts struct {
	glued   int         // comments that stand where white space would
	pending lexer.Token // the last comment, while no token has followed
	has     bool
	before  int  // end of the token before the pending comment
	exec    bool // inside an executable comment
}

func (p *former) comment(t lexer.Token) {
	c := &p.comments
	if t.Is(lexer.Exec) {
		c.exec = !c.exec
		return
	}
	if !c.has {
		c.before = p.prev.End
	}
	c.pending, c.has = t, true
	if !t.Is(lexer.Line) && p.prev.End > 0 && t.End-t.Start > 6 {
		switch body := strings.TrimSpace(p.src[t.Start+2 : max(t.Start+2, t.End-2)]); {
		case body == "":
		case (body[0] == '\'' || body[0] == '"' || body[0] == ')') && swallows(body):
			p.facts |= factTruncated
		}
	}
	if t.Is(lexer.Unterminated) {
		p.facts |= factTrailingComment
		if p.prev.End > 0 {
			p.facts |= factTruncated
		}
	}
}

// between is told each token: it judges the comments right before it.
func (c *commentFacts) between(p *former, t lexer.Token) {
	if c.exec && t.Kind == lexer.Word && p.prev.End > 0 && p.strip && !p.first {
		switch lookup(p.src[t.Start:t.End]) {
		case wordJoin, wordDML, wordLogic, wordAndOr:
			p.facts |= factExecComment
		}
	}
	if !c.has {
		return
	}
	c.has = false
	k := c.pending
	if k.Is(lexer.Line) || c.before == 0 || c.before != k.Start || k.End != t.Start || !tiny(p.src[k.Start:k.End]) {
		return
	}
	if t.Kind != lexer.Word || p.prev.Kind == lexer.Op {
		return
	}
	if c.glued++; c.glued >= 2 {
		p.facts |= factGluedComments
	}
}

func tiny(comment string) bool { return len(comment) <= 12 && !strings.ContainsRune(comment, ' ') }

// close judges a comment at the end of the text.
func (c *commentFacts) close(p *former) {
	if !c.has || !c.pending.Is(lexer.Line) || p.prev.End == 0 {
		return
	}
	p.facts |= factTrailingComment
	text := p.src[c.pending.Start:c.pending.End]
	body := strings.TrimSpace(strings.TrimLeft(strings.TrimLeft(text, "#"), "-"))
	if !sameLine(p.src, c.before, c.pending.Start) {
		return
	}
	if cutOff(text, body) || c.before == c.pending.Start && swallows(body) {
		p.facts |= factTruncated
	}
}

// sameLine reports whether no line break stands between two places.
func sameLine(src string, a, b int) bool { return a <= b && !strings.ContainsRune(src[a:b], '\n') }

// cutOff reports whether a comment looks like the rest of a statement, or like the mark people put to swallow it.
func cutOff(text, body string) bool {
	if body == "" || body == "-" || body == "+" || strings.HasPrefix(body, "- ") || strings.HasPrefix(text, "--+") {
		return true
	}
	switch body[0] {
	case '\'', '"', ')', '`', ';', ',', '%':
		return true
	}
	if i := strings.IndexAny(body, `'"`); i >= 0 && strings.Count(body, body[i:i+1])%2 == 1 && goesOn(body[i+1:]) {
		return true
	}
	if last := body[len(body)-1]; last == '\'' || last == '"' {
		if strings.Count(body, string(last))%2 == 1 {
			return true
		}
	}
	open := 0
	for i := range len(body) {
		switch body[i] {
		case '(':
			open++
		case ')':
			if open--; open < 0 {
				return true
			}
		}
	}
	return false
}

// goesOn reports what may stand behind a quote that ends a value.
func goesOn(s string) bool {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] == ')' || s[0] == ',' || s[0] == ';' {
		return true
	}
	word, _, _ := strings.Cut(strings.ToLower(s), " ")
	switch word {
	case "and", "or", "where", "limit", "order", "group", "having", "union":
		return true
	}
	return false
}

// swallows reports whether a comment holds words and signs of a statement.
func swallows(body string) bool {
	if strings.ContainsAny(body, "=()") {
		return true
	}
	for _, w := range strings.Fields(strings.ToLower(body)) {
		switch w {
		case "and", "or", "where", "limit", "order", "group", "having", "union":
			return true
		}
	}
	return false
}
