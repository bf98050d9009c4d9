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

// ranking holds rows sorted by score, so that draws of campaigns are weighed without sorting again.
type ranking struct {
	scores   []float64 // descending
	campaign []int     // -1 for a benign row
	names    int
}

func newRanking(rows []row, scores []float64) *ranking {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	ids := map[string]int{}
	r := &ranking{scores: make([]float64, len(rows)), campaign: make([]int, len(rows))}
	for at, i := range order {
		r.scores[at], r.campaign[at] = scores[i], -1
		if rows[i].attack() {
			id, ok := ids[rows[i].Campaign]
			if !ok {
				id = len(ids)
				ids[rows[i].Campaign] = id
			}
			r.campaign[at] = id
		}
	}
	r.names = len(ids)
	return r
}

// measure gives the area under the precision-recall curve (average precision; ties count as one step) and the recall at
// the lowest threshold whose false positive rate is at most the given share. drawn says how often each campaign counts.
func (r *ranking) measure(drawn []int, most float64) (area, recall float64) {
	times := func(c int) int {
		if drawn == nil {
			return 1
		}
		return drawn[c]
	}
	attacks, benign := 0, 0
	for _, c := range r.campaign {
		if c < 0 {
			benign++
		} else {
			attacks += times(c)
		}
	}
	tp, fp := 0, 0
	last := 0.0
	for i := 0; i < len(r.scores); {
		j := i
		for ; j < len(r.scores) && r.scores[j] == r.scores[i]; j++ {
			if c := r.campaign[j]; c < 0 {
				fp++
			} else {
				tp += times(c)
			}
		}
		now := float64(tp) / float64(max(attacks, 1))
		area += (now - last) * float64(tp) / float64(max(tp+fp, 1))
		last = now
		if float64(fp) <= most*float64(benign) && r.scores[i] > 0 {
			recall = now
		}
		i = j
	}
	return area, 100 * recall
}

// intervals gives the 2.5th and 97.5th percentiles of both measures when whole campaigns are drawn again, with replacement.
func (r *ranking) intervals(most float64) (areaLow, areaHigh, recallLow, recallHigh float64) {
	const draws = 200
	rng := rand.New(rand.NewPCG(3, 4))
	areas, recalls := make([]float64, draws), make([]float64, draws)
	for d := range draws {
		drawn := make([]int, r.names)
		for range r.names {
			drawn[rng.IntN(r.names)]++
		}
		areas[d], recalls[d] = r.measure(drawn, most)
	}
	slices.Sort(areas)
	slices.Sort(recalls)
	low, high := draws*25/1000, draws*975/1000-1
	return areas[low], areas[high], recalls[low], recalls[high]
}
