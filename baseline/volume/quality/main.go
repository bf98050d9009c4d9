// Command quality measures the volume detector: by the score of the Numenta Anomaly Benchmark on a folder of its series,
// and by spikes and drifts put into simulated traffic of many roles. docs/volume.md holds what it printed.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

func main() {
	nab := flag.String("nab", "", "`folder` with CATEGORY/NAME.csv[.xz] and windows.json")
	synthetic := flag.Bool("synthetic", false, "measure on simulated roles")
	roles := flag.Int("roles", 60, "how many roles are simulated")
	from := flag.Int("from", 0, "number of the first simulated role: others than those developed on begin at 10000, for example")
	quiet := flag.Bool("quiet", false, "nothing is put into the simulated roles: false alarms only")
	ablate := flag.Bool("ablate", false, "also without each ingredient")
	flag.Parse()
	if *nab == "" && !*synthetic {
		fmt.Fprintln(os.Stderr, "quality: give -nab FOLDER or -synthetic")
		os.Exit(2)
	}
	score := []variant{{name: "all", cfg: volume.Default()}}
	alerts := score
	if *ablate {
		score = append(score, ablations(true, false)...)
		score = append(score, variant{name: "whole series seen before", cfg: volume.Default(), seen: true})
		alerts = append(alerts, ablations(false, true)...)
	}
	if *nab != "" {
		corpus, err := load(*nab)
		if err != nil {
			fmt.Fprintln(os.Stderr, "quality:", err)
			os.Exit(1)
		}
		benchmark(corpus, score)
		reportAlerts(corpus)
	}
	if *synthetic {
		scenarios := allScenarios
		if *quiet {
			scenarios = nil
		}
		simulate(*from, *roles, alerts, scenarios)
	}
}

type variant struct {
	name string
	cfg  volume.Config
	seen bool // the whole series is known before it is judged
}

// ablations are the variants without one ingredient of the score, or of alerts.
func ablations(ofScore, ofAlerts bool) []variant {
	var out []variant
	for _, a := range []struct {
		name          string
		score, alerts bool
		off           func(*volume.Ingredients)
	}{
		{"without season", true, true, func(i *volume.Ingredients) { i.Season = true }},
		{"normal tail, not GPD", true, true, func(i *volume.Ingredients) { i.Tail = true }},
		{"without refractory", true, true, func(i *volume.Ingredients) { i.Refractory = true }},
		{"without days of week", true, false, func(i *volume.Ingredients) { i.Week = true }},
		{"without log", true, false, func(i *volume.Ingredients) { i.Log = true }},
		{"without pairs", true, false, func(i *volume.Ingredients) { i.Pair = true }},
		{"without habits", true, false, func(i *volume.Ingredients) { i.Habit = true }},
		{"without level", true, false, func(i *volume.Ingredients) { i.Level = true }},
		{"without texture", true, false, func(i *volume.Ingredients) { i.Texture = true }},
		{"without drift (CUSUM)", true, false, func(i *volume.Ingredients) { i.Drift = true }},
		{"means, not medians", true, false, func(i *volume.Ingredients) { i.Robust = true }},
		{"without doubt of few peaks", false, true, func(i *volume.Ingredients) { i.Doubt = true }},
		{"one scale for all levels", false, true, func(i *volume.Ingredients) { i.Spread = true }},
		{"without recent shift", false, true, func(i *volume.Ingredients) { i.Shift = true }},
		{"single points only", false, true, func(i *volume.Ingredients) { i.Sums = true }},
		{"without days' excess", false, true, func(i *volume.Ingredients) { i.Excess = true }},
	} {
		if ofScore && a.score || ofAlerts && a.alerts {
			v := variant{name: a.name, cfg: volume.Default()}
			a.off(&v.cfg.Off)
			out = append(out, v)
		}
	}
	return out
}

// judge gives the verdicts. With v.seen, the detector has been given the whole series before, as if whole weeks earlier.
func (v *variant) judge(points []volume.Point) []volume.Verdict {
	if !v.seen {
		return volume.Judge(v.cfg, points)
	}
	weeks := int(points[len(points)-1].At.Sub(points[0].At).Hours()/(7*24)) + 1
	d := volume.New(v.cfg)
	for _, p := range points {
		d.Push(volume.Point{At: p.At.AddDate(0, 0, -7*weeks), Value: p.Value})
	}
	out := make([]volume.Verdict, len(points))
	for i, p := range points {
		out[i] = d.Push(p)
	}
	return out
}

func benchmark(corpus []labelled, variants []variant) {
	fmt.Printf("%-26s %8s %8s %8s %8s %8s %6s %6s  per category, standard\n", "", "standard", "low FP", "low FN", "families", "halves", "hits", "false")
	report("windowed Gaussian", corpus, func(l *labelled) []float64 { return gaussian(l.points) })
	for _, v := range variants {
		report(v.name, corpus, func(l *labelled) []float64 {
			out := make([]float64, len(l.points))
			for i, w := range v.judge(l.points) {
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
	fmt.Printf("%-26s %8.1f %8.1f %8.1f %8.1f %8.1f %6d %6d ", name, r[0].score, r[1].score, r[2].score,
		heldOut(newSheet(corpus, scores, profiles[0]), profiles[0]), halves(corpus, scores, profiles[0]), r[0].hitWindows, r[0].falseHits)
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

// halves draws halves of the series: the threshold that is best for one half judges the other.
func halves(corpus []labelled, scores [][]float64, p profile) float64 {
	const draws = 20
	r := rand.New(rand.NewPCG(5, 5))
	sum := 0.0
	for range draws {
		var parts [2][]labelled
		var of [2][][]float64
		for i, j := range r.Perm(len(corpus)) {
			parts[i%2], of[i%2] = append(parts[i%2], corpus[j]), append(of[i%2], scores[j])
		}
		a, b := newSheet(parts[0], of[0], p), newSheet(parts[1], of[1], p)
		wa, wb := float64(len(a.windows)), float64(len(b.windows))
		sum += (a.at(b.best(p).threshold, p).score*wa + b.at(a.best(p).threshold, p).score*wb) / (wa + wb) / draws
	}
	return sum
}

// reportAlerts counts what the detector itself, not the benchmark's threshold, would have reported.
func reportAlerts(corpus []labelled) {
	fmt.Println("\nalerts at defaults: windows found, alerts outside windows, weeks")
	for _, c := range categories(corpus) {
		found, windows, outside, weeks := 0, 0, 0, 0.0
		for i := range corpus {
			l := &corpus[i]
			if l.category != c {
				continue
			}
			in, out := l.count(volume.Judge(volume.Default(), l.points))
			found, windows, outside = found+in, windows+len(l.windows), outside+out
			weeks += l.points[len(l.points)-1].At.Sub(l.points[0].At).Hours() / (7 * 24)
		}
		fmt.Printf("%-26s %3d of %3d %4d %6.1f\n", c, found, windows, outside, weeks)
	}
}

// count says in how many windows there is an alert, and how many alerts are in none.
func (l *labelled) count(vs []volume.Verdict) (found, outside int) {
	hit := map[int]bool{}
	for i, v := range vs {
		if !v.Alert {
			continue
		}
		w := slices.IndexFunc(l.windows, func(w [2]int) bool { return i >= w[0] && i <= w[1] })
		if w < 0 {
			outside++
		} else {
			hit[w] = true
		}
	}
	return len(hit), outside
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
