package main

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// rate is a share with its parts.
type rate struct{ hit, n int }

func (r *rate) add(hit bool) {
	r.n++
	if hit {
		r.hit++
	}
}

func (r rate) percent() float64 {
	if r.n == 0 {
		return 0
	}
	return 100 * float64(r.hit) / float64(r.n)
}

// interval gives the 2.5th and 97.5th percentile of recall when whole campaigns are drawn again, with replacement.
func interval(rows []row, flagged []bool) (low, high float64) {
	groups := map[string]*rate{}
	var order []*rate
	for i, r := range rows {
		if !r.attack() {
			continue
		}
		g := groups[r.Campaign]
		if g == nil {
			g = &rate{}
			groups[r.Campaign] = g
			order = append(order, g)
		}
		g.add(flagged[i])
	}
	if len(order) == 0 {
		return 0, 0
	}
	rng := rand.New(rand.NewPCG(1, 2))
	const draws = 1000
	shares := make([]float64, draws)
	for d := range shares {
		var sum rate
		for range order {
			g := order[rng.IntN(len(order))]
			sum.hit += g.hit
			sum.n += g.n
		}
		shares[d] = sum.percent()
	}
	slices.Sort(shares)
	return shares[draws*25/1000], shares[draws*975/1000]
}

// ranking gives the area under the precision-recall curve (average precision; ties count as one step) and the recall at
// the lowest threshold whose false positive rate is at most the given share.
func ranking(rows []row, scores []float64, most float64) (area, recall float64) {
	type point struct {
		score  float64
		attack bool
	}
	ps := make([]point, len(rows))
	attacks, benign := 0, 0
	for i, r := range rows {
		ps[i] = point{scores[i], r.attack()}
		if r.attack() {
			attacks++
		} else {
			benign++
		}
	}
	slices.SortFunc(ps, func(a, b point) int { return cmp.Compare(b.score, a.score) })
	tp, fp := 0, 0
	last := 0.0
	for i := 0; i < len(ps); {
		j := i
		for j < len(ps) && ps[j].score == ps[i].score {
			if ps[j].attack {
				tp++
			} else {
				fp++
			}
			j++
		}
		r := float64(tp) / float64(max(attacks, 1))
		area += (r - last) * float64(tp) / float64(tp+fp)
		last = r
		if float64(fp) <= most*float64(benign) && ps[i].score > 0 {
			recall = r
		}
		i = j
	}
	return area, 100 * recall
}
