package main

import (
	"math"

	"github.com/auditwarden/auditwarden/baseline"
)

// deed is a statement as all the methods need it.
type deed struct {
	line
	work     baseline.Deed
	command  string
	quiplets map[byte][]string
}

// method learns statements under a name and then says whether a window fits the name it carries.
type method interface {
	learn(class string, d *deed)
	odd(class string, window []*deed) bool
}

// bayes is a naive Bayes classifier over the features of one representation: odd is what is likeliest of another class.
// Features are counted as present, with one added to each count.
type bayes struct {
	fine     byte
	total    map[string]float64
	features map[string]map[string]float64
	all      float64
	known    map[string]bool
}

func newBayes(fine byte) *bayes {
	return &bayes{fine: fine, total: map[string]float64{}, features: map[string]map[string]float64{}, known: map[string]bool{}}
}

func (b *bayes) learn(class string, d *deed) {
	if b.features[class] == nil {
		b.features[class] = map[string]float64{}
	}
	b.total[class]++
	b.all++
	for _, f := range d.quiplets[b.fine] {
		b.features[class][f]++
		b.known[f] = true
	}
}

func (b *bayes) odd(class string, window []*deed) bool {
	best, likeliest := "", math.Inf(-1)
	for c, n := range b.total {
		sum := math.Log(n / b.all)
		for _, d := range window {
			for _, f := range d.quiplets[b.fine] {
				sum += math.Log((b.features[c][f] + 1) / (n + 2))
			}
		}
		if sum > likeliest || (sum == likeliest && c < best) {
			best, likeliest = c, sum
		}
	}
	return best != class
}

// known is a set of things per class: odd is a window with something that its class never did.
type known struct {
	of   func(*deed) []string
	seen map[string]map[string]bool
}

func newKnown(of func(*deed) []string) *known { return &known{of, map[string]map[string]bool{}} }

func (k *known) learn(class string, d *deed) {
	if k.seen[class] == nil {
		k.seen[class] = map[string]bool{}
	}
	for _, x := range k.of(d) {
		k.seen[class][x] = true
	}
}

func (k *known) odd(class string, window []*deed) bool {
	for _, d := range window {
		for _, x := range k.of(d) {
			if !k.seen[class][x] {
				return true
			}
		}
	}
	return false
}

// ours is what the product does.
type ours struct{ *baseline.Work }

func (o ours) learn(class string, d *deed) { o.Learn(class, d.work) }

func (o ours) odd(class string, window []*deed) bool {
	deeds := make([]baseline.Deed, len(window))
	for i, d := range window {
		deeds[i] = d.work
	}
	return o.Judge(class, deeds).Found
}
