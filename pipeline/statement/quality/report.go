package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// report writes one set's tables.
func report(sb *strings.Builder, s set) {
	a := statement.New(statement.Config{}, statement.Options{})
	learned, test := split(s.rows)
	known := map[string]bool{}
	for _, r := range learned {
		if st := a.Statement(r.engine(), r.SQL); st != nil {
			known[st.Fingerprint] = true
		}
	}
	var attacks, benign int
	for _, r := range test {
		if r.attack() {
			attacks++
		} else {
			benign++
		}
	}
	fmt.Fprintf(sb, "### %s\n\n%d benign statements to learn from, %d to test on, %d attacks.\n\n", s.name, len(learned), benign, attacks)
	sb.WriteString("| detector | recall % (95 % interval) | structural % | FPR % | AUPRC | R@0.1 % |\n|---|---|---|---|---|---|\n")
	for i, d := range detectors(a, known) {
		scores := scored(d, test)
		writeDetector(sb, d, test, scores)
		if i == 0 {
			defer breakdown(sb, test, scores, d.threshold)
		}
	}
	sb.WriteString("\n")
}

// split takes every other benign row to learn from.
func split(rows []row) (learned, test []row) {
	n := 0
	for _, r := range rows {
		if !r.attack() {
			if n++; n%2 == 0 {
				learned = append(learned, r)
				continue
			}
		}
		if r.Class == "base request" {
			continue
		}
		test = append(test, r)
	}
	return learned, test
}

func writeDetector(sb *strings.Builder, d detector, rows []row, scores []float64) {
	var all, structural, benign rate
	flagged := make([]bool, len(rows))
	for i, r := range rows {
		flagged[i] = scores[i] >= d.threshold
		switch {
		case !r.attack():
			benign.add(flagged[i])
			continue
		case r.Class == "structural":
			structural.add(flagged[i])
		}
		all.add(flagged[i])
	}
	low, high := interval(rows, flagged)
	area, at := ranking(rows, scores, 0.001)
	class := "n/a"
	if structural.n > 0 {
		class = fmt.Sprintf("%.2f", structural.percent())
	}
	fmt.Fprintf(sb, "| %s | %.2f (%.2f–%.2f) | %s | %.3f | %.4f | %.2f |\n", d.name, all.percent(), low, high, class, benign.percent(), area, at)
}

// breakdown writes the first detector's recall by what is known of the attacks.
func breakdown(sb *strings.Builder, rows []row, scores []float64, threshold float64) {
	dims := []struct {
		name string
		of   func(row) string
	}{
		{"technique", func(r row) string { return r.Technique }},
		{"stage or place", func(r row) string { return r.Stage }},
		{"tamper", func(r row) string { return r.Tamper }},
		{"class", func(r row) string { return r.Class }},
	}
	sb.WriteString("Recall of `suspicious`, by\n\n")
	for _, d := range dims {
		groups := map[string]*rate{}
		for i, r := range rows {
			if k := d.of(r); r.attack() && k != "" {
				if groups[k] == nil {
					groups[k] = &rate{}
				}
				groups[k].add(scores[i] >= threshold)
			}
		}
		if len(groups) < 1 {
			continue
		}
		var keys, parts []string
		for k := range groups {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			parts = append(parts, fmt.Sprintf("%s %.1f %% of %d", k, groups[k].percent(), groups[k].n))
		}
		fmt.Fprintf(sb, "- %s: %s\n", d.name, strings.Join(parts, "; "))
	}
	sb.WriteString("\n")
}
