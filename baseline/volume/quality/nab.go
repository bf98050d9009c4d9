package main

import (
	"math"
	"slices"
)

// profile weighs what a detector does (NAB v1.1, config/profiles.json).
type profile struct {
	name                string
	hit, falseHit, miss float64
}

var profiles = []profile{
	{"standard", 1, 0.11, 1},
	{"reward low FP", 1, 0.22, 1},
	{"reward low FN", 1, 0.11, 2},
}

// scored is a point with what a detection there is worth.
type scored struct {
	score, worth float64
	window       int // of the corpus; -1 outside
	category     string
}

// sheet is all that NAB counts of a corpus: its points after the probationary 15 %, and the category of each window.
type sheet struct {
	points  []scored
	windows []string
}

// position weighs a detection by where it lies: -1 at a window's left end, 0 at its right end, above 0 behind it.
func position(x float64) float64 {
	if x >= 3 {
		return -1
	}
	return 2/(1+math.Exp(5*x)) - 1
}

func newSheet(corpus []labelled, scores [][]float64, p profile) *sheet {
	s := &sheet{}
	for i := range corpus {
		s.add(&corpus[i], scores[i], p)
	}
	slices.SortStableFunc(s.points, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	return s
}

func (s *sheet) add(l *labelled, scores []float64, p profile) {
	first := len(s.windows)
	for range l.windows {
		s.windows = append(s.windows, l.category)
	}
	probation := min(math.Floor(0.15*float64(len(l.points))), 0.15*5000)
	in, next, last := -1, 0, -1
	width := func(w int) float64 { return float64(l.windows[w][1] - l.windows[w][0] + 1) }
	for i := range l.points {
		if next < len(l.windows) && i == l.windows[next][0] {
			in = next
			next++
		}
		pt := scored{score: scores[i], window: -1, category: l.category}
		switch {
		case in >= 0:
			pt.window = first + in
			pt.worth = position(-float64(l.windows[in][1]-i+1)/width(in)) * p.hit / position(-1)
		case last >= 0:
			pt.worth = position(float64(i-l.windows[last][1])/(width(last)-1)) * p.falseHit
		default:
			pt.worth = -p.falseHit
		}
		if float64(i) >= probation {
			s.points = append(s.points, pt)
		}
		if in >= 0 && i == l.windows[in][1] {
			last, in = in, -1
		}
	}
}

// result is a corpus's score: 0 is that of a detector that never fires, 100 that of a perfect one.
type result struct {
	score      float64
	threshold  float64
	category   map[string]float64
	falseHits  int
	hitWindows int
}

// best tries every score as the threshold, as NAB's optimiser does, and counts with the best.
func (s *sheet) best(p profile) result {
	windows := s.missed(p)
	sum, most, used := 0.0, 0.0, 0
	for i := 0; i < len(s.points); {
		j := i
		for ; j < len(s.points) && s.points[j].score == s.points[i].score; j++ {
			sum += s.points[j].gain(windows)
		}
		if sum > most {
			most, used = sum, j
		}
		i = j
	}
	threshold := math.Inf(1)
	if used > 0 {
		threshold = s.points[used-1].score
	}
	return s.at(threshold, p)
}

func (s *sheet) missed(p profile) []float64 {
	w := make([]float64, len(s.windows))
	for i := range w {
		w[i] = -p.miss
	}
	return w
}

// gain is what a detection adds: of those in a window only the best counts.
func (pt *scored) gain(windows []float64) float64 {
	if pt.window < 0 {
		return pt.worth
	}
	g := max(pt.worth-windows[pt.window], 0)
	windows[pt.window] += g
	return g
}

// at counts with a given threshold.
func (s *sheet) at(threshold float64, p profile) result {
	windows := s.missed(p)
	r := result{threshold: threshold, category: map[string]float64{}}
	hit := map[int]bool{}
	of := map[string]float64{}
	for _, c := range s.windows {
		of[c]++
	}
	sum := 0.0
	for i := range s.points {
		pt := &s.points[i]
		if pt.score < threshold {
			break
		}
		g := pt.gain(windows)
		sum += g
		r.category[pt.category] += g
		if pt.window < 0 {
			r.falseHits++
		} else {
			hit[pt.window] = true
		}
	}
	r.hitWindows = len(hit)
	r.score = 100 * sum / (float64(len(s.windows)) * (p.hit + p.miss))
	for c, g := range r.category {
		if of[c] > 0 {
			r.category[c] = 100 * g / (of[c] * (p.hit + p.miss))
		} else {
			r.category[c] = g // no windows: the points that false alarms cost
		}
	}
	return r
}

// without is the sheet of all categories but one; only is its counterpart.
func (s *sheet) without(category string) *sheet {
	return s.filter(func(c string) bool { return c != category })
}

func (s *sheet) only(category string) *sheet {
	return s.filter(func(c string) bool { return c == category })
}

func (s *sheet) filter(keep func(string) bool) *sheet {
	out := &sheet{}
	place := make([]int, len(s.windows))
	for i, c := range s.windows {
		if keep(c) {
			place[i] = len(out.windows)
			out.windows = append(out.windows, c)
		}
	}
	for _, pt := range s.points {
		if !keep(pt.category) {
			continue
		}
		if pt.window >= 0 {
			pt.window = place[pt.window]
		}
		out.points = append(out.points, pt)
	}
	return out
}
