package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

var _ pipeline.Analyser = (*Analyser)(nil)

// Analyse fills in e.SQL from e.Statement, with the signals that need the whole event, and masks the event's texts.
func (a *Analyser) Analyse(e *pipeline.Event) {
	if e.Statement != "" && !e.Redacted || e.Redacted && looksLikeSQL(e.Statement) {
		e.SQL = a.Statement(e.Engine, e.Statement)
	}
	if e.SQL != nil {
		e.SQL = a.inContext(e)
	}
	words := secretWords(e)
	e.Message = maskText(e.Message, words)
	e.Detail = maskText(e.Detail, words)
	e.Hint = maskText(e.Hint, words)
	e.Context = maskText(e.Context, words)
}

// looksLikeSQL reports whether anything is left of a text that the server redacted.
func looksLikeSQL(s string) bool {
	return s != "" && !strings.HasPrefix(s, "<")
}

// inContext adds what the event around the statement tells: parameters, the audit class, a cut text.
func (a *Analyser) inContext(e *pipeline.Event) *pipeline.Statement {
	st := e.SQL
	weight := 0.0
	var seen contents
	d := dialectOf(e.Engine)
	for i, p := range e.Parameters {
		if i >= maxProbes {
			break
		}
		if len(p) >= 6 {
			weight = max(weight, payload(p, d))
			seen.look(p)
		}
	}
	if weight > 0 || seen != (contents{}) {
		st = withContents(st, weight, seen, "a parameter holds what looks like an attempt to break out of a literal")
	}
	mismatch := classMismatch(e.Class, st)
	cut := (e.Truncated || e.Partial) && st.Lexical && st.HasSignal("unparsable")
	if !mismatch && !cut {
		return st
	}
	return amended(st, mismatch, cut)
}

// amended copies a statement and adds to it.
func amended(st *pipeline.Statement, mismatch, cut bool) *pipeline.Statement {
	out := *st
	out.Signals = nil
	var j judge
	for _, s := range st.Signals {
		if cut && s.Name == "unparsable" {
			continue
		}
		j.found(s.Name, 0, s.Detail)
	}
	rest := 1 - st.Score
	if cut {
		rest = min(1, rest/(1-unendedWeight))
	}
	if mismatch {
		j.found("class_mismatch", 0.7, "the audit class does not fit the statement: something else was run under its text")
		rest *= 1 - 0.7
	}
	j.verdict(&out)
	out.Score = round(1 - rest)
	out.Suspicious = out.Score >= threshold
	return &out
}

// classMismatch reports whether pgaudit's class belongs to none of the text's statements: a change of the schema or of
// roles under the text of a query. A function may do anything, so texts that call one of the user's are left out.
func classMismatch(class string, st *pipeline.Statement) bool {
	if class != "DDL" && class != "ROLE" || st.Lexical || len(st.Kinds) == 0 {
		return false
	}
	for _, k := range st.Kinds {
		switch k {
		case "select", "insert", "update", "delete":
		default:
			return false
		}
	}
	for _, s := range st.Tables {
		if s.Access == pipeline.DDL {
			return false // SELECT INTO
		}
	}
	return len(st.Functions) == 0
}

// AnalyseText looks at the bytes of a record that no parser understood for statements of any engine: tokens only.
func (a *Analyser) AnalyseText(raw []byte) *pipeline.Statement {
	const most = 64 << 10
	if len(raw) > most {
		raw = raw[:most]
	}
	text := strings.ToValidUTF8(string(raw), "?")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	f := a.forms.Get().(*form)
	defer a.forms.Put(f)
	f.reset(lexer.MySQL)
	f.make(text)
	st := &pipeline.Statement{Lexical: true, Error: errRecord.Error(), FingerprintVersion: lexicalVersion, Normalized: "?"}
	j := newJudge(f)
	ts := tokensOf(text, lexer.MySQL)
	suspects(ts, j.found)
	for _, t := range ts {
		if t.kind == lexer.String && len(t.raw) > 8 {
			suspects(tokensOf(strings.Trim(t.raw, `'"`), lexer.MySQL), j.found)
		}
	}
	j.verdict(st)
	return st
}
