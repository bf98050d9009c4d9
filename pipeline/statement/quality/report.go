package main

import (
	"fmt"
	"slices"
	"strings"
)

// report writes one set's tables. other is the set whose benign statements stand for another application's.
func report(sb *strings.Builder, s, other set) {
	ways := protocols(s, benignOf(other.rows))
	fmt.Fprintf(sb, "### %s\n\n", s.name)
	for i, w := range ways {
		all := detectors(w.learned)
		fmt.Fprintf(sb, "**%s**: %s to learn from, %s to test on, %d attacks.\n\n", pick(w.name == "other application", "other application ("+other.name+")", w.name),
			described(w.learned), described(benignOf(w.test)), len(w.test)-len(benignOf(w.test)))
		sb.WriteString("| detector | recall % (95 % interval) | structural % | FPR % | AUPRC (95 %) | R@0.1 % (95 %) |\n|---|---|---|---|---|---|\n")
		for _, d := range all {
			if i == 0 || d.trained || strings.HasPrefix(d.name, "Auditwarden") {
				writeDetector(sb, d, w.test, scored(d, w.test))
			}
		}
		sb.WriteString("\n")
	}
	campaigns(sb, s.rows)
	breakdown(sb, ways[0].test)
}

// described counts rows and shapes.
func described(rows []row) string {
	shapes := map[string]bool{}
	for _, r := range rows {
		if r.st != nil {
			shapes[r.st.Fingerprint] = true
		}
	}
	return fmt.Sprintf("%d benign statements of %d shapes", len(rows), len(shapes))
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
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
	r := newRanking(rows, scores)
	area, at := r.measure(nil, 0.001)
	areaLow, areaHigh, atLow, atHigh := r.intervals(0.001)
	class := "n/a"
	if structural.n > 0 {
		class = fmt.Sprintf("%.2f", structural.percent())
	}
	fmt.Fprintf(sb, "| %s | %.2f (%.2f–%.2f) | %s | %.3f | %.4f (%.4f–%.4f) | %.2f (%.2f–%.2f) |\n", d.name, all.percent(), low, high, class,
		benign.percent(), area, areaLow, areaHigh, at, atLow, atHigh)
}

// breakdown writes the recall of what needs no training, by what is known of the attacks.
func breakdown(sb *strings.Builder, rows []row) {
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
		for _, r := range rows {
			if k := d.of(r); r.attack() && k != "" {
				if groups[k] == nil {
					groups[k] = &rate{}
				}
				groups[k].add(own(r) >= 0.5)
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
