package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// literal writes a literal's stand-in. Kept of it is only its class and, beside a comparison with another literal,
// how the two compare; a lone 0 or 1 where a condition may stand.
func (p *former) literal(t lexer.Token, raw string) {
	switch {
	case t.Kind != lexer.String:
	case p.strip && !t.Is(lexer.Dollar):
		p.probe(raw)
	case len(raw) >= 8 && len(p.kept) < maxProbes:
		p.kept = append(p.kept, raw)
	}
	cur := lit{t.Kind, t.Start, t.End}
	switch {
	case t.Is(lexer.Junk | lexer.Unterminated):
		p.text = append(p.text, raw...)
	case !p.strip || p.keep != 0 && t.Kind == lexer.String:
		p.text = append(p.text, raw...)
	case p.compare:
		p.text = append(p.text, p.compared(raw, cur)...)
	default:
		p.text = append(p.text, p.standIn(t, raw)...)
	}
	p.last = cur
}

func (p *former) standIn(t lexer.Token, raw string) string {
	switch t.Kind {
	case lexer.Int:
		return p.integer(t, raw)
	case lexer.Float:
		return "1.5"
	case lexer.String:
		if len(raw) == 2 && p.prev.Kind == lexer.Op {
			return "''"
		}
		if p.prevWord == wordFile && scriptFile(raw) {
			return "'" + tree.ScriptFile + "'"
		}
		if p.prevWord == wordLike && (len(raw) == 3 || len(raw) > 4) && strings.Trim(raw[1:len(raw)-1], "%") == "" {
			return "'%'"
		}
		if len(raw) <= 8 && (p.prevWord == wordLike || p.prev.Kind == lexer.Op && endsIn(p.text, '~')) && anyPattern(raw) {
			return "'.*'"
		}
		return "'?'"
	case lexer.Hex:
		if p.dialect == lexer.PostgreSQL {
			if raw[0] == '0' {
				return "5"
			}
			return "X'1F'"
		}
		if p.prevWord == wordSeparator {
			return "'?'" // which TiDB's grammar takes
		}
		if hexText(raw) {
			return "0x71717171"
		}
		return "0x01"
	}
	return "B'1'"
}

func (p *former) integer(t lexer.Token, raw string) string {
	switch {
	case p.prevWord == wordBy:
		if len(raw) > 2 {
			return "999"
		}
		return raw // how many columns the query has tells whether there is such a one
	case control(raw) && p.prev.Kind == lexer.Punct && (hasSuffixFold(p.text, "chr(") || hasSuffixFold(p.text, "char(")):
		return "10"
	case p.heavy != 0 && len(raw) >= 6:
		return "9000000"
	case raw == "0" && p.prev.Kind == lexer.Op && divides(p.text):
		return raw
	case raw == "0" && p.prev.Kind == lexer.Op && endsIn(p.text, '>'):
		return raw
	case len(raw) == 1 && raw[0] <= '1' && (p.prevWord == wordLogic || p.prevWord == wordAndOr || p.truth && p.prev.Kind == lexer.Punct && p.src[p.prev.Start] == '(' || p.comparedNext(t.End)):
		return raw
	case p.prev.Kind == lexer.Punct && hasSuffixFold(p.text, "float("):
		return raw
	}
	return "5"
}

// divides reports whether the text so far ends in a division.
func divides(b []byte) bool {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return len(b) > 0 && (b[len(b)-1] == '/' || b[len(b)-1] == '%')
}

// scriptFile reports the name of a file that a server runs or hands out, or that the system reads by itself.
func scriptFile(raw string) bool {
	s := strings.ToLower(strings.Trim(raw, `'"`))
	for _, end := range [...]string{".php", ".phtml", ".php5", ".inc", ".asp", ".aspx", ".ashx", ".jsp", ".jspx", ".cfm", ".cgi", ".pl", ".py", ".sh", ".bat",
		".cmd", ".ps1", ".vbs", ".so", ".dll", ".exe", ".htaccess", ".cnf", ".bashrc", ".profile", "authorized_keys"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	for _, part := range [...]string{"/www/", "/htdocs/", "/public_html/", "/webroot/", "\\inetpub\\", "/cron", "/.ssh/", "/plugin/", "/html/"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// endsIn reports whether the text so far ends in > or >=, white space aside.
func endsIn(b []byte, sign byte) bool {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	if len(b) > 1 && b[len(b)-1] == '=' {
		b = b[:len(b)-1]
	}
	return len(b) > 0 && b[len(b)-1] == sign && (len(b) < 2 || b[len(b)-2] != '<')
}

// anyPattern reports a regular expression that everything fits.
func anyPattern(raw string) bool {
	switch strings.Trim(raw, `'"`) {
	case ".", ".*", ".+", "^", "^.*", "^.*$", ".*$", "$", "^.", "[^x]*":
		return true
	}
	return false
}

// hasSuffixFold reports whether b ends in suffix, which is lower case.
func hasSuffixFold(b []byte, suffix string) bool {
	if len(b) < len(suffix) {
		return false
	}
	b = b[len(b)-len(suffix):]
	for i := range b {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != suffix[i] {
			return false
		}
	}
	return true
}

// control reports the code of a control character: people write line breaks that way.
func control(raw string) bool {
	return len(raw) == 1 || len(raw) == 2 && raw < "32"
}

// comparedNext reports whether a comparison follows, white space and comments aside.
func (p *former) comparedNext(i int) bool {
	sc := lexer.New(p.src, p.dialect)
	sc.SkipTo(i)
	t := sc.Next()
	for t.Kind == lexer.Comment {
		t = sc.Next()
	}
	if t.Kind != lexer.Op {
		return false
	}
	c := p.src[t.Start]
	return c == '=' || c == '<' || c == '>' || c == '!'
}

// compared stands in for the literal on the right of a comparison whose left is a literal too: it keeps how they compare.
func (p *former) compared(raw string, cur lit) string {
	left := p.src[p.last.start:p.last.end]
	if cur.kind != p.last.kind {
		return p.standIn(lexer.Token{Kind: cur.kind, Start: cur.start, End: cur.end}, raw)
	}
	switch cur.kind {
	case lexer.Int:
		if len(raw) == 1 && raw[0] <= '1' {
			return raw
		}
		return [...]string{"6", "5", "4"}[compareInts(left, raw)+1]
	case lexer.String:
		if left == raw {
			return "'?'"
		}
		return "'!'"
	case lexer.Hex:
		if left != raw {
			return "0x72727272"
		}
	}
	return p.standIn(lexer.Token{Kind: cur.kind, Start: cur.start, End: cur.end}, raw)
}

// compareInts compares decimal digits: -1, 0 or 1.
func compareInts(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

// hexText reports whether a hexadecimal literal spells printable text of at least two characters.
func hexText(raw string) bool {
	digits := strings.Trim(raw[2:], "'")
	if len(digits) < 4 || len(digits)%2 != 0 {
		return false
	}
	for i := 0; i < len(digits); i += 2 {
		c := digits[i]
		if c < '2' || c > '7' {
			return false
		}
	}
	return true
}

// probe notes a literal that holds what a payload cannot do without.
func (p *former) probe(raw string) {
	if len(p.probes) >= maxProbes || len(raw) < 6 {
		return
	}
	if strings.IndexByte(raw, ' ') < 0 && strings.IndexByte(raw, '/') < 0 && strings.IndexByte(raw, '(') < 0 &&
		strings.IndexByte(raw, '|') < 0 && strings.IndexByte(raw, '#') < 0 && strings.IndexByte(raw, '-') < 0 {
		return
	}
	p.probes = append(p.probes, raw)
}
