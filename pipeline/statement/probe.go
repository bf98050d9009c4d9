package statement

import (
	"strings"

	libinjection "github.com/corazawaf/libinjection-go"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

const maxProbeBytes = 4 << 10 // of one literal

// withProbes adds what a text's literals hold to what its shape says. The shape's statement is not changed.
func withProbes(st *pipeline.Statement, f *form) *pipeline.Statement {
	weight := 0.0
	var seen contents
	for _, raw := range f.probes {
		weight = max(weight, payload(raw, f.dialect))
		seen.look(raw)
	}
	for _, raw := range f.kept {
		seen.look(raw)
	}
	if weight == 0 && seen == (contents{}) {
		return st
	}
	return withContents(st, weight, seen, "a literal holds what looks like an attempt to break out of it")
}

// withContents adds to a copy of a statement what its literals or parameters hold.
func withContents(st *pipeline.Statement, weight float64, seen contents, detail string) *pipeline.Statement {
	var j judge
	out := *st
	out.Signals = nil
	for _, s := range st.Signals {
		j.found(s.Name, 0, s.Detail)
	}
	if weight > 0 {
		j.found("literal_payload", weight, detail)
	}
	seen.signals(&j, st)
	if len(j.findings) == len(st.Signals) && weight == 0 && seen.weight(st) == 0 {
		return st
	}
	score := 1 - (1-st.Score)*(1-weight)*(1-seen.weight(st))
	j.verdict(&out)
	out.Score = round(score)
	out.Suspicious = out.Score >= threshold
	return &out
}

// loneLiteral is the most that a payload inside a literal weighs: the literal held, so a statement whose shape was
// changed always weighs more.
const loneLiteral = 0.5

// payload weighs a literal: how much it looks like a piece of SQL that was to break out of it.
func payload(raw string, d lexer.Dialect) float64 {
	if len(raw) > maxProbeBytes {
		raw = raw[:maxProbeBytes]
	}
	body := strings.Trim(raw, `'"`)
	if !meta(body) || wholeStatement(body) {
		return 0
	}
	if strings.Contains(body, "''") || strings.Contains(body, `\'`) {
		body = unescaped.Replace(body) // what was typed, before it was made a literal
	}
	best := 0.0
	if prose(body) {
		return 0
	}
	for _, s := range suffixes(body) {
		best = max(best, fragment(s, d))
		if best >= 0.6 {
			break
		}
	}
	return min(best, loneLiteral)
}

var unescaped = strings.NewReplacer("''", "'", `\'`, "'")

// prose reports a text in which several words stand before the first quote and behind the last sign: people quote SQL so;
// a payload ends the value.
func prose(s string) bool {
	first, last := strings.IndexAny(s, `'"`), strings.LastIndexAny(s, `'"=();#-`)
	return first >= 0 && wordRuns(s[:first]) >= 3 && wordRuns(s[last+1:]) >= 2
}

// wordRuns counts the runs of letters.
func wordRuns(s string) int {
	n, in := 0, false
	for i := range len(s) {
		if l := letter(s[i]); l != in {
			in = l
			if l {
				n++
			}
		}
	}
	return n
}

// wholeStatement reports a literal that is a statement from its beginning: some functions take one.
func wholeStatement(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	i := 0
	for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z') {
		i++
	}
	return verbs[strings.ToLower(s[:i])]
}

// meta reports whether a literal holds both a word of SQL and a sign without which no payload works.
func meta(s string) bool {
	if !strings.ContainsAny(s, `'"()=;|#`+"`") && !strings.Contains(s, "--") && !strings.Contains(s, "/*") {
		return false
	}
	return payloadWords.find(s, nil)
}

var payloadWords = newMarks("select", " or ", " and ", "union", "sleep", "||", "order", "waitfor", "or/", "and/", "benchmark", "&&", "having", "drop",
	"insert", "update", "delete", "rlike", "where", "exec", "/**/", " or(", "'or", "\"or")

// suffixes gives the pieces that would be code if the literal ended early: after each quote or bracket near the
// beginning, and the whole.
func suffixes(s string) []string {
	const most = 6
	var out []string
	for i := 0; i < len(s) && len(out) < most; i++ {
		switch s[i] {
		case '\'', '"', '`', ')':
			j := i + 1
			for j < len(s) && strings.IndexByte("'\"`) ", s[j]) >= 0 {
				j++
			}
			out = append(out, s[j:])
			i = j
		}
	}
	return append(out, s)
}

// fragment weighs a piece of text as SQL.
func fragment(s string, d lexer.Dialect) float64 {
	if len(s) < 4 {
		return 0
	}
	best, ts := 0.0, tokensOf(s, d)
	suspects(ts, func(name string, w float64, _ string) {
		if name != "time_delay" || callsDelay(ts) {
			best = max(best, w)
		}
	})
	if best >= 0.6 {
		return 0.6
	}
	if is, _ := libinjection.IsSQLi("1 " + s); is && best > 0 {
		return 0.6
	}
	if is, _ := libinjection.IsSQLi(s); is {
		return max(best, 0.35)
	}
	return min(best, 0.35)
}

// callsDelay reports whether a delaying function is called as SQL would, and not named before a bracket as people write
// it: "sleep (5 pieces)".
func callsDelay(ts []tok) bool {
	for i, t := range ts {
		if t.kind != lexer.Word || !delays[t.text] || i+1 >= len(ts) || ts[i+1].text != "(" {
			continue
		}
		args := ts[i+2:]
		if len(args) > 0 && args[0].kind == lexer.Op && args[0].is("%") {
			continue
		}
		if len(args) < 2 { // cut off
			return true
		}
		switch first, second := args[0], args[1]; {
		case first.is("select", "case", "if", "cast", "@"):
			return true
		case first.kind == lexer.Word:
			if second.is("(", ".") {
				return true
			}
		case second.kind != lexer.Word || second.is("and", "or", "div", "mod", "xor", "is"):
			return true
		}
	}
	return false
}
