package mysql

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// familiar cuts out of a text what TiDB's grammar does not know: INTO @a, @b; RETURNING …; EXPLAIN EXTENDED.
func familiar(text string) (string, bool) {
	sc := lexer.New(text, lexer.MySQL)
	var out strings.Builder
	from, cut := 0, false
	for {
		t := sc.Next()
		if t.Kind == lexer.EOF {
			break
		}
		if t.Kind != lexer.Word {
			continue
		}
		switch w := text[t.Start:t.End]; {
		case strings.EqualFold(w, "returning"):
			out.WriteString(text[from:t.Start])
			return out.String(), true
		case strings.EqualFold(w, "extended") || strings.EqualFold(w, "partitions"):
			if strings.EqualFold(strings.TrimSpace(text[:t.Start]), "explain") {
				out.WriteString(text[from:t.Start])
				from, cut = t.End, true
			}
		case strings.EqualFold(w, "into"):
			look := sc
			if end := variables(&look); end > 0 {
				out.WriteString(text[from:t.Start])
				from, cut, sc = end, true, look
			}
		}
	}
	if !cut {
		return "", false
	}
	out.WriteString(text[from:])
	return out.String(), true
}

// variables reads @a, @b and gives where they end, or 0; the scanner is left before what follows.
func variables(sc *lexer.Scanner) int {
	end := 0
	for {
		t := sc.Next()
		if t.Kind != lexer.Var {
			return end
		}
		end = t.End
		after := *sc
		if c := after.Next(); c.Kind != lexer.Punct || c.End-c.Start != 1 {
			return end
		}
		comma := *sc
		if n := comma.Next(); n.Start >= 0 && n.Kind == lexer.Punct {
			look := comma
			if look.Next().Kind != lexer.Var {
				return end
			}
			*sc = comma
		}
	}
}
