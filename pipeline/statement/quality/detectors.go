package main

import (
	libinjection "github.com/corazawaf/libinjection-go"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// detector scores statements; from threshold on a statement is flagged.
type detector struct {
	name      string
	trained   bool // what it says depends on what it learned
	threshold float64
	score     func(row) float64
}

// detectors gives those compared, the trained ones having learned from benign rows.
func detectors(learned []row) []detector {
	p := learn(learned)
	svm := newOneClass(learned)
	return []detector{
		{"Auditwarden: `suspicious`, no training", false, 0.5, own},
		{"Auditwarden: score with learned shapes and limbs", true, 0.5, p.score},
		{"exact allow list of shapes", true, 0.5, func(r row) float64 { return truth(!p.known(r)) }},
		{"text statistics (Li) and one-class SVM", true, svm.threshold, svm.score},
		{"libinjection on each literal", false, 0.5, onLiterals},
		{"libinjection on the text", false, 0.5, func(r row) float64 { return truth(isSQLi(r.SQL)) }},
		{"always", false, 0.5, func(row) float64 { return 1 }},
		{"never", false, 0.5, func(row) float64 { return 0 }},
	}
}

func own(r row) float64 {
	if r.st == nil {
		return 0
	}
	return r.st.Score
}

// score raises a statement's own score by how much of it is foreign. A shape without a foreign limb is a new combination
// of what is known, as search forms make them.
func (p *profile) score(r row) float64 {
	if p.known(r) {
		return own(r)
	}
	drift := 0.02
	if n := p.foreign(r); n > 0 {
		drift = 0.2 + 0.1*float64(min(n, 3)-1)/2
	}
	return 1 - (1-own(r))*(1-drift)
}

func isSQLi(s string) bool {
	is, _ := libinjection.IsSQLi(s)
	return is
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func onLiterals(r row) float64 {
	d := lexer.PostgreSQL
	if r.engine() == pipeline.MySQL {
		d = lexer.MySQL
	}
	sc := lexer.New(r.SQL, d)
	for t := sc.Next(); t.Kind != lexer.EOF; t = sc.Next() {
		if t.Kind == lexer.String && t.End-t.Start > 2 && isSQLi(r.SQL[t.Start+1:t.End-1]) {
			return 1
		}
	}
	return 0
}

func scored(d detector, rows []row) []float64 {
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = d.score(r)
	}
	return out
}
