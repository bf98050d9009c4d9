package main

import (
	"math"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// example has 1000 points, hence 150 of probation, and two windows of 100.
func example() labelled {
	l := labelled{name: "a/b.csv", category: "a", windows: [][2]int{{300, 399}, {700, 799}}}
	for i := range 1000 {
		l.points = append(l.points, volume.Point{At: time.Unix(int64(i)*300, 0), Value: 1})
	}
	return l
}

// TestScore checks the formula of NAB by hand: position -1 at a window's left end, -1/100 of it for each later point.
func TestScore(t *testing.T) {
	worth := func(x float64) float64 { return 2/(1+math.Exp(5*x)) - 1 }
	tests := []struct {
		name string
		at   []int
		want [3]float64
	}{
		{"nothing", nil, [3]float64{0, 0, 0}},
		{"both at once", []int{300, 700}, [3]float64{100, 100, 100}},
		{"one of two", []int{300}, [3]float64{50, 50, 50}},
		{"twice in one window counts once", []int{300, 310}, [3]float64{50, 50, 50}},
		{"probation counts for nothing", []int{10, 300, 700}, [3]float64{100, 100, 100}},
		{"before any window costs all", []int{200, 300, 700}, [3]float64{100 - 100*.11/4, 100 - 100*.22/4, 100 - 100*.11/6}},
		{"in the middle", []int{350, 700}, [3]float64{
			100 * (3 + worth(-.5)/worth(-1)) / 4, 100 * (3 + worth(-.5)/worth(-1)) / 4, 100 * (5 + worth(-.5)/worth(-1)) / 6}},
		{"shortly after a window costs less", []int{300, 409, 700}, [3]float64{
			100 + 100*.11*worth(10.0/99)/4, 100 + 100*.22*worth(10.0/99)/4, 100 + 100*.11*worth(10.0/99)/6}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			l := example()
			scores := make([]float64, len(l.points))
			for _, i := range tc.at {
				scores[i] = 1
			}
			for k, p := range profiles {
				got := newSheet([]labelled{l}, [][]float64{scores}, p).at(1, p)
				if math.Abs(got.score-tc.want[k]) > 1e-9 {
					t.Errorf("%s: %v, want %v", p.name, got.score, tc.want[k])
				}
			}
		})
	}
}

func TestBestThreshold(t *testing.T) {
	l := example()
	scores := make([]float64, len(l.points))
	scores[300], scores[700], scores[200] = .9, .8, .7
	r := newSheet([]labelled{l}, [][]float64{scores}, profiles[0]).best(profiles[0])
	if r.threshold != .8 || r.score != 100 || r.falseHits != 0 || r.hitWindows != 2 {
		t.Errorf("%+v", r)
	}
}
