// Command quality measures the volume detector: by the score of the Numenta Anomaly Benchmark on a folder of its series,
// and by spikes and drifts put into simulated traffic of many roles. docs/volume.md holds what it printed.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

func main() {
	nab := flag.String("nab", "", "`folder` with CATEGORY/NAME.csv[.xz] and windows.json")
	synthetic := flag.Bool("synthetic", false, "measure on simulated roles")
	roles := flag.Int("roles", 60, "how many roles are simulated")
	ablate := flag.Bool("ablate", false, "also without each ingredient")
	flag.Parse()
	if *nab == "" && !*synthetic {
		fmt.Fprintln(os.Stderr, "quality: give -nab FOLDER or -synthetic")
		os.Exit(2)
	}
	variants := []variant{{"all", volume.Default()}}
	if *ablate {
		variants = append(variants, ablations()...)
	}
	if *nab != "" {
		corpus, err := load(*nab)
		if err != nil {
			fmt.Fprintln(os.Stderr, "quality:", err)
			os.Exit(1)
		}
		benchmark(corpus, variants)
	}
	if *synthetic {
		simulate(*roles, variants)
	}
}

type variant struct {
	name string
	cfg  volume.Config
}

func ablations() []variant {
	all := volume.Ingredients{}
	var out []variant
	for _, a := range []struct {
		name string
		off  func(*volume.Ingredients)
	}{
		{"without season", func(i *volume.Ingredients) { i.Season = true }},
		{"without hour of week", func(i *volume.Ingredients) { i.Week = true }},
		{"without log", func(i *volume.Ingredients) { i.Log = true }},
		{"without level", func(i *volume.Ingredients) { i.Level = true }},
		{"without texture", func(i *volume.Ingredients) { i.Texture = true }},
		{"without drift (CUSUM)", func(i *volume.Ingredients) { i.Drift = true }},
		{"normal tail, not GPD", func(i *volume.Ingredients) { i.Tail = true }},
		{"without refractory", func(i *volume.Ingredients) { i.Refractory = true }},
		{"means, not medians", func(i *volume.Ingredients) { i.Robust = true }},
	} {
		v := variant{a.name, volume.Default()}
		v.cfg.Off = all
		a.off(&v.cfg.Off)
		out = append(out, v)
	}
	return out
}

func benchmark(corpus []labelled, variants []variant) {
	fmt.Printf("%-24s %8s %8s %8s %8s %6s %6s  per category, standard\n", "", "standard", "low FP", "low FN", "held out", "hits", "false")
	report("windowed Gaussian", corpus, func(l *labelled) []float64 { return gaussian(l.points) })
	for _, v := range variants {
		report(v.name, corpus, func(l *labelled) []float64 {
			out := make([]float64, len(l.points))
			for i, w := range volume.Judge(v.cfg, l.points) {
				out[i] = w.Score
			}
			return out
		})
	}
}

func report(name string, corpus []labelled, score func(*labelled) []float64) {
	scores := make([][]float64, len(corpus))
	for i := range corpus {
		scores[i] = score(&corpus[i])
	}
	var r [3]result
	for i, p := range profiles {
		r[i] = newSheet(corpus, scores, p).best(p)
	}
	fmt.Printf("%-24s %8.1f %8.1f %8.1f %8.1f %6d %6d ", name, r[0].score, r[1].score, r[2].score,
		heldOut(newSheet(corpus, scores, profiles[0]), profiles[0]), r[0].hitWindows, r[0].falseHits)
	for _, c := range categories(corpus) {
		fmt.Printf(" %s %.1f", strings.TrimPrefix(c, "real"), r[0].category[c])
	}
	fmt.Printf("  threshold %.3f\n", r[0].threshold)
}

// heldOut judges each category with the threshold that is best for all the others.
func heldOut(s *sheet, p profile) float64 {
	sum, windows := 0.0, 0
	seen := map[string]bool{}
	for _, pt := range s.points {
		if seen[pt.category] {
			continue
		}
		seen[pt.category] = true
		threshold := s.without(pt.category).best(p).threshold
		part := s.only(pt.category)
		r := part.at(threshold, p)
		if n := len(part.windows); n > 0 {
			sum += r.score * float64(n)
			windows += n
		} else {
			sum += 100 * r.category[pt.category] / (p.hit + p.miss)
		}
	}
	return sum / float64(windows)
}

func categories(corpus []labelled) []string {
	var out []string
	for _, l := range corpus {
		if len(out) == 0 || out[len(out)-1] != l.category {
			out = append(out, l.category)
		}
	}
	return out
}
