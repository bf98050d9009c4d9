package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// withheldMarks are what servers write in a password's place, without quotes: pgaudit, MySQL, MariaDB's server_audit.
var withheldMarks = [...]string{"<REDACTED>", "<secret>", "*****"}

// withheld reports where a server's mark for a password ends, if one begins at t: only where a password can stand, so
// that nobody can write such a mark elsewhere to hide a statement's shape.
func (p *former) withheld(t lexer.Token) (end int) {
	if t.Kind != lexer.Op || p.first {
		return 0
	}
	if c := p.src[t.Start]; c != '<' && c != '*' {
		return 0
	}
	switch before := p.src[p.prev.Start:p.prev.End]; strings.ToLower(before) {
	case "password", "by", "as", "=", "(":
	default:
		return 0
	}
	for _, m := range withheldMarks {
		if strings.HasPrefix(p.src[t.Start:], m) {
			return t.Start + len(m)
		}
	}
	return 0
}

// masked writes a literal in the mark's place, which both grammars accept and which is no password.
func (p *former) masked(t lexer.Token) {
	p.fold.other(p)
	if len(p.text) > 0 && p.text[len(p.text)-1] != ' ' {
		p.text = append(p.text, ' ')
	}
	p.text = append(p.text, "'"+tree.Withheld+"'"...)
	t.Kind = lexer.String
	p.prev, p.prevWord, p.last, p.compare = t, wordNone, lit{}, false
}
