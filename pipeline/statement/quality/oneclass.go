package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// oneClass is a one-class support vector machine (Schölkopf et al. 2001, Gaussian kernel) on numbers counted in a
// statement's text, in the manner of Li et al.: the kind of detector that published comparisons use.
type oneClass struct {
	mean, scale []float64
	vectors     [][]float64
	alpha       []float64
	threshold   float64 // the 99.9th percentile of what it says of other learned statements
}

const (
	sampleSize = 1000
	nu         = 0.01
)

func newOneClass(learned []row) *oneClass {
	m := &oneClass{threshold: math.Inf(1)}
	if len(learned) < 20 {
		return m
	}
	rng := rand.New(rand.NewPCG(5, 6))
	order := rng.Perm(len(learned))
	n := min(sampleSize, len(learned)/2)
	xs := make([][]float64, n)
	for i := range xs {
		xs[i] = counts(learned[order[i]].SQL)
	}
	m.normalise(xs)
	m.train(xs)
	rest := order[n:min(len(order), n+20*sampleSize)]
	scores := make([]float64, len(rest))
	for i, k := range rest {
		scores[i] = m.score(learned[k])
	}
	slices.Sort(scores)
	m.threshold = math.Nextafter(scores[len(scores)*999/1000], math.Inf(1))
	return m
}

func (m *oneClass) normalise(xs [][]float64) {
	d := len(xs[0])
	m.mean, m.scale = make([]float64, d), make([]float64, d)
	for j := range d {
		for _, x := range xs {
			m.mean[j] += x[j] / float64(len(xs))
		}
		for _, x := range xs {
			m.scale[j] += (x[j] - m.mean[j]) * (x[j] - m.mean[j]) / float64(len(xs))
		}
		if m.scale[j] = math.Sqrt(m.scale[j]); m.scale[j] < 1e-9 {
			m.scale[j] = 1
		}
	}
	for _, x := range xs {
		m.shift(x)
	}
}

func (m *oneClass) shift(x []float64) {
	for j := range x {
		x[j] = (x[j] - m.mean[j]) / m.scale[j]
	}
}

func kernel(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return math.Exp(-sum / float64(len(a)))
}

// train solves the dual by sequential minimal optimisation: the pair that violates the conditions most, until none does.
func (m *oneClass) train(xs [][]float64) {
	n := len(xs)
	limit := 1 / (nu * float64(n))
	k := make([][]float64, n)
	for i := range k {
		k[i] = make([]float64, n)
		for j := range i + 1 {
			k[i][j] = kernel(xs[i], xs[j])
			k[j][i] = k[i][j]
		}
	}
	alpha, grad := make([]float64, n), make([]float64, n)
	left := 1.0
	for i := 0; left > 0 && i < n; i++ {
		alpha[i] = min(limit, left)
		left -= alpha[i]
	}
	for i := range grad {
		for j := range alpha {
			grad[i] += alpha[j] * k[i][j]
		}
	}
	for range 50 * n {
		up, down := -1, -1
		for i := range alpha {
			if alpha[i] < limit && (up < 0 || grad[i] < grad[up]) {
				up = i
			}
			if alpha[i] > 0 && (down < 0 || grad[i] > grad[down]) {
				down = i
			}
		}
		if up < 0 || down < 0 || grad[down]-grad[up] < 1e-6 {
			break
		}
		step := (grad[down] - grad[up]) / max(k[up][up]+k[down][down]-2*k[up][down], 1e-12)
		step = min(step, limit-alpha[up], alpha[down])
		alpha[up] += step
		alpha[down] -= step
		for i := range grad {
			grad[i] += step * (k[i][up] - k[i][down])
		}
	}
	for i, a := range alpha {
		if a > 0 {
			m.vectors, m.alpha = append(m.vectors, xs[i]), append(m.alpha, a)
		}
	}
}

// score grows with the distance from what was learned.
func (m *oneClass) score(r row) float64 {
	if len(m.vectors) == 0 {
		return 0
	}
	x := counts(r.SQL)
	m.shift(x)
	sum := 0.0
	for i, v := range m.vectors {
		sum += m.alpha[i] * kernel(v, x)
	}
	return -math.Log(max(sum, 1e-300)) // so that what is very far is still told apart
}

var countedSigns = [...]string{"'", `"`, "(", ",", ".", ";", "-", "--", "/*", "#", "=", "<", ">", "*", "%", "+", "|", "&", "@", "0x"}

var countedWords = [...][]string{
	{"select"}, {"union"}, {"and", "or", "xor"}, {"where"}, {"from", "join"}, {"insert", "update", "delete"}, {"null"}, {"case", "when", "if"},
	{"sleep", "pg_sleep", "benchmark", "generate_series"}, {"information_schema", "pg_catalog", "pg_class"}, {"char", "chr", "concat", "ascii", "substring"}, {"drop", "exec"},
}

// counts gives the numbers that stand for a text.
func counts(s string) []float64 {
	low := strings.ToLower(s)
	out := []float64{float64(len(s))}
	for _, sign := range countedSigns {
		out = append(out, float64(strings.Count(low, sign)))
	}
	words := map[string]int{}
	var digits, spaces, longest, tokens int
	start := -1
	for i := 0; i <= len(low); i++ {
		c := byte(' ')
		if i < len(low) {
			c = low[i]
		}
		letter := c >= 'a' && c <= 'z' || c == '_'
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == ' ' && i < len(low):
			spaces++
		}
		if letter && start < 0 {
			start = i
		}
		if !letter && start >= 0 {
			words[low[start:i]]++
			tokens++
			longest = max(longest, i-start)
			start = -1
		}
	}
	for _, group := range countedWords {
		n := 0
		for _, w := range group {
			n += words[w]
		}
		out = append(out, float64(n))
	}
	return append(out, float64(digits), float64(spaces), float64(longest), float64(tokens), float64(digits)/float64(max(1, len(s))), entropy(s))
}

func entropy(s string) float64 {
	var n [256]float64
	for i := range len(s) {
		n[s[i]]++
	}
	sum := 0.0
	for _, c := range n {
		if c > 0 {
			p := c / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
