package statement

import (
	"fmt"
	"io"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Explanation is everything known about one statement by itself.
type Explanation struct {
	Fingerprint string   `json:"fingerprint"`
	Normalized  string   `json:"normalized"`
	Kind        string   `json:"kind"`
	Tables      []string `json:"tables"`
	Functions   []string `json:"functions"`
	Signals     []string `json:"signals"`
	Suspicious  bool     `json:"suspicious"`
	Score       float64  `json:"score"`
	Error       string   `json:"error"`

	st *pipeline.Statement
}

// Explain analyses one statement with the default configuration, without a cache.
func Explain(engine pipeline.Engine, sql string) Explanation {
	return New(Default(), Options{}).Explain(engine, sql)
}

// Explain analyses one statement.
func (a *Analyser) Explain(engine pipeline.Engine, sql string) Explanation {
	st := a.Statement(engine, sql)
	if st == nil {
		return Explanation{Tables: []string{}, Functions: []string{}, Signals: []string{}, Error: "the text holds no statement"}
	}
	ex := Explanation{
		Fingerprint: st.Fingerprint, Normalized: st.Normalized, Kind: st.Kind(), Tables: []string{},
		Functions: append([]string{}, st.Functions...), Signals: st.SignalNames(), Suspicious: st.Suspicious,
		Score: st.Score, Error: st.Error, st: st,
	}
	seen := map[string]bool{}
	for _, t := range st.Tables {
		if n := t.String(); !seen[n] {
			seen[n] = true
			ex.Tables = append(ex.Tables, n)
		}
	}
	return ex
}

// WriteText writes the explanation for a person.
func (ex Explanation) WriteText(w io.Writer) error {
	var sb strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&sb, "%-12s "+format+"\n", append([]any{name}, args...)...)
	}
	if ex.Error != "" {
		line("error", "%s", ex.Error)
	}
	if ex.st != nil {
		line("fingerprint", "%s (version %d)", ex.Fingerprint, ex.st.FingerprintVersion)
		line("normal form", "%s", ex.Normalized)
		line("kinds", "%s", strings.Join(ex.st.Kinds, ", "))
		for _, t := range ex.st.Tables {
			line("table", "%s (%s)", t, t.Access)
		}
		if len(ex.Functions) > 0 {
			line("functions", "%s", strings.Join(ex.Functions, ", "))
		}
		for _, s := range ex.st.Signals {
			line("signal", "%s: %s", s.Name, s.Detail)
		}
		line("score", "%.3f of 1; %s", ex.Score, verdictText(ex.Suspicious))
	}
	_, err := io.WriteString(w, sb.String())
	return err
}

func verdictText(suspicious bool) string {
	if suspicious {
		return "by itself a probable injection"
	}
	return "by itself not suspicious"
}
