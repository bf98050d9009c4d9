package main

import (
	"sync"

	libinjection "github.com/corazawaf/libinjection-go"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// detector scores statements from 0 to 1; from threshold on a statement is flagged.
type detector struct {
	name      string
	threshold float64
	score     func(row) float64
}

// detectors gives those compared. known holds the fingerprints of the benign half that is learned from.
func detectors(a *statement.Analyser, known map[string]bool) []detector {
	unknown := func(r row) float64 {
		st := a.Statement(r.engine(), r.SQL)
		if st != nil && known[st.Fingerprint] {
			return 0
		}
		return 1
	}
	own := func(r row) float64 {
		if st := a.Statement(r.engine(), r.SQL); st != nil {
			return st.Score
		}
		return 0
	}
	return []detector{
		{"suspicious (no training)", 0.5, own},
		{"score, raised for shapes not learned", 0.5, func(r row) float64 {
			return 1 - (1-own(r))*(1-0.3*unknown(r))
		}},
		{"shapes not learned (exact allow list)", 0.5, unknown},
		{"libinjection on each literal", 0.5, onLiterals},
		{"libinjection on the text", 0.5, func(r row) float64 { return truth(isSQLi(r.SQL)) }},
		{"always", 0.5, func(row) float64 { return 1 }},
		{"never", 0.5, func(row) float64 { return 0 }},
	}
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

// scored runs a detector over rows on all cores.
func scored(d detector, rows []row) []float64 {
	out := make([]float64, len(rows))
	const workers = 2
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(rows); i += workers {
				out[i] = d.score(rows[i])
			}
		})
	}
	wg.Wait()
	return out
}
