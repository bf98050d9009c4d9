package statement

import (
	"slices"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// threshold is the score from which a statement by itself is a probable injection.
const threshold = 0.5

// finding is a signal with its weight: how probable an injection it makes by itself, from 0 to 1.
type finding struct {
	pipeline.Signal
	weight float64
}

// judge collects the findings about one text.
type judge struct {
	form     *form
	mysql    bool
	findings []finding
	idle     bool // nothing in the text touches a table: there is nothing to steal
	beside   bool // what is judged is part of a statement that touches ordinary tables
}

func newJudge(f *form) *judge { return &judge{form: f, mysql: f.dialect != 0} }

// found notes a signal. Of several of the same name the heaviest counts.
func (j *judge) found(name string, weight float64, detail string) {
	if j.idle {
		weight *= 0.4
	}
	for i := range j.findings {
		if j.findings[i].Name == name {
			if weight > j.findings[i].weight {
				j.findings[i].weight, j.findings[i].Detail = weight, detail
			}
			return
		}
	}
	j.findings = append(j.findings, finding{pipeline.Signal{Name: name, Detail: detail}, weight})
}

// score joins the weights as if each were evidence of its own.
func (j *judge) score() float64 {
	rest := 1.0
	for _, f := range j.findings {
		rest *= 1 - f.weight
	}
	return 1 - rest
}

// verdict writes signals, score and suspicion, in a fixed order.
func (j *judge) verdict(st *pipeline.Statement) {
	slices.SortFunc(j.findings, func(a, b finding) int { return order(a.Name) - order(b.Name) })
	for _, f := range j.findings {
		st.Signals = append(st.Signals, f.Signal)
	}
	st.Score = round(j.score())
	st.Suspicious = st.Score >= threshold
}

func round(x float64) float64 { return float64(int(x*1000+0.5)) / 1000 }

func (j *judge) statements(ss []*tree.Statement) {
	j.idle = !touchesAny(ss)
	for _, s := range ss {
		j.statement(s)
	}
	j.stacked(ss)
	j.idle = false
}

// touchesAny reports whether any of the statements names a table.
func touchesAny(ss []*tree.Statement) bool {
	any := false
	for _, s := range ss {
		tree.Walk(s, tree.Visitor{Table: func(pipeline.Table) { any = true }})
	}
	return any
}

// text judges what the canonical form's facts say.
func (j *judge) text() {
	f := j.form.facts
	if f&factTruncated != 0 {
		j.found("comment_truncation", 0.7, "a comment at the end swallows the rest of the statement")
	}
	if f&factGluedComments != 0 {
		j.found("comment_obfuscation", 0.7, "empty comments stand where white space would")
	}
	if f&factExecComment != 0 {
		j.found("comment_obfuscation", 0.75, "an executable comment wraps words of the query")
	}
}
