package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// broken looks at a text that no grammar accepts for the marks of a value that broke out of its place: a quote or
// bracket too many, a literal with something stuck to it, signs without sense, and code behind a quote. It reports
// whether there are any.
func (j *judge) broken(ts []tok) bool {
	depth, noise := 0, 0
	is := j.form.facts&(factUnterminated|factTrailingComment) != 0
	change := len(ts) > 0 && ts[0].is("delete", "update")
	for i, t := range ts {
		if t.open && len(t.raw) <= 3 {
			j.found("unparsable", 0.5, "the text ends in a quote that nothing opened")
		}
		switch t.text {
		case "union", "having":
			is = is || change
		case "by":
			is = is || change && !j.mysql
		case "(":
			depth++
		case ")":
			if depth--; depth < 0 {
				is = true
				j.found("unparsable", 0.45, "the text closes a bracket that it never opened")
			}
		}
		if i == 0 {
			continue
		}
		if number(ts[i-1]) && (number(t) || t.kind == lexer.String) {
			is = true
			j.found("unparsable", 0.4, "two literals stand side by side in a text that no grammar accepts")
		}
		if prev := ts[i-1]; !t.spaced && (stuck(prev, t) || t.open && operand(prev)) {
			is = true
			j.found("unparsable", 0.5, "something is stuck to the end of a literal in a text that no grammar accepts")
		} else if nonsense(prev, t) {
			noise++
		}
	}
	if j.form.facts&factUnterminated != 0 {
		j.found("unparsable", unendedWeight, errUnended.Error())
		if last := ts[len(ts)-1]; last.kind == lexer.String && last.open && crossed(last.raw) {
			is = true
			j.found("unparsable", 0.5, "the text ends inside a string that holds quotes and a condition")
		}
	}
	if len(ts) > 0 {
		switch last := ts[len(ts)-1]; {
		case last.raw == `\` && j.mysql:
			j.found("unparsable", 0.5, "the text ends in a backslash")
			is = true
		case last.is(",", "and", "or", "union", "select", "from", "where") || last.kind == lexer.Op:
			is = true
		}
	}
	if noise >= 2 || noise == 1 && j.form.facts&factUnterminated != 0 {
		is = true
		j.found("unparsable", 0.55, "brackets, commas and quotes stand together without sense")
	}
	if is = is || depth != 0; is {
		j.unquoted(ts)
	}
	return is
}

// crossed reports a string that began at a quote meant to end one: conditions and quotes stand in it.
func crossed(raw string) bool {
	l := strings.ToLower(raw)
	if !strings.Contains(l, "''") && !strings.Contains(l, `""`) {
		return false
	}
	return strings.ContainsAny(l, "=<>") && (strings.Contains(l, " and ") || strings.Contains(l, " or ")) || strings.Contains(l, "select ")
}

// stuck reports a literal with a word, a name or another literal right after it.
func stuck(a, b tok) bool {
	if a.kind == lexer.String || a.kind == lexer.Quoted {
		return b.kind == lexer.Word || b.kind == lexer.String || b.kind == lexer.Int || b.kind == lexer.Quoted && a.kind != b.kind
	}
	if a.kind == lexer.Float && b.kind == lexer.Word && strings.HasSuffix(a.raw, ".") {
		return true
	}
	return (a.kind == lexer.Int || a.kind == lexer.Float) && (b.kind == lexer.String || b.kind == lexer.Quoted)
}

func number(t tok) bool { return t.kind == lexer.Int || t.kind == lexer.Float }

// operand reports a token after which no string can begin without a space.
func operand(a tok) bool {
	switch a.kind {
	case lexer.Word, lexer.Int, lexer.Float, lexer.Quoted:
		return true
	}
	return a.is(")", ".", "%")
}

// nonsense reports two signs that never follow each other.
func nonsense(a, b tok) bool {
	switch a.text {
	case ",":
		return b.is(")", ",", ".", ";")
	case "(":
		return b.is(",", ".")
	case ".":
		return b.is(".", ",", ")", "(") || b.kind == lexer.String && b.raw[0] == '\''
	case ")":
		return b.text == "("
	}
	return false
}

// unquoted looks for limbs of an injection as if no quote were there: which quotes pair up is the attacker's doing.
func (j *judge) unquoted(ts []tok) {
	var sb strings.Builder
	for _, t := range ts {
		sb.WriteByte(' ')
		switch {
		case t.raw == "'?'" || t.raw == "'!'":
			sb.WriteByte('0')
		case t.kind == lexer.String || t.kind == lexer.Quoted:
			sb.WriteString(noQuotes.Replace(t.raw))
		default:
			sb.WriteString(t.raw)
		}
		if sb.Len() > 64<<10 {
			break
		}
	}
	all := tokensOf(sb.String(), j.form.dialect)
	suspects(all, j.found)
	noise := 0
	for i := 1; i < len(all); i++ {
		if all[i].text != "." && all[i-1].text != "." && nonsense(all[i-1], all[i]) {
			noise++
		}
	}
	if noise >= 2 && j.form.facts&factUnterminated != 0 {
		j.found("unparsable", 0.55, "brackets, commas and quotes stand together without sense")
	}
	for i := 1; i+1 < len(all); i++ {
		a, b := all[i-1], all[i+1]
		if all[i].is("=", "like") && a.text == b.text && a.kind == lexer.Word && b.kind == lexer.Word {
			j.found("constant_predicate", 0.6, "something is compared with itself in a text that no grammar accepts")
		}
	}
}

var noQuotes = strings.NewReplacer("'", " ", `"`, " ", "`", " ")
