package baseline

import (
	"math"
	"sort"
)

// Verdict is what [Judge] says of one value.
type Verdict struct {
	Spike     bool
	Expected  float64 // what is usual
	Threshold float64 // what had to be exceeded
	Score     float64 // how many robust deviations above what is usual, on a logarithmic scale
}

// Judge judges one value against what the same role did at comparable times. It is one-sided (only more is odd), robust
// (median and median deviation of log1p, so that one bad hour in the history neither hides nor makes a spike) and needs a
// minimum effect: factor times the usual. missing is how many comparable times had no activity at all.
func Judge(usual []float64, missing int, value, deviations, factor float64) Verdict {
	logs := make([]float64, 0, len(usual)+missing)
	for range missing {
		logs = append(logs, 0)
	}
	for _, v := range usual {
		logs = append(logs, math.Log1p(max(v, 0)))
	}
	if len(logs) == 0 {
		return Verdict{Spike: true, Score: math.Inf(1)}
	}
	mid := median(logs)
	away := make([]float64, len(logs))
	for i, v := range logs {
		away[i] = math.Abs(v - mid)
	}
	// 1.4826 makes the median deviation that of a normal distribution; a quarter keeps constant series from being touchy.
	spread := max(1.4826*median(away), 0.25)
	v := Verdict{Expected: math.Expm1(mid), Score: (math.Log1p(max(value, 0)) - mid) / spread}
	v.Threshold = max(math.Expm1(mid+deviations*spread), factor*v.Expected)
	v.Spike = value > v.Threshold
	return v
}

func median(values []float64) float64 {
	s := append([]float64(nil), values...)
	sort.Float64s(s)
	n := len(s)
	if n%2 == 1 {
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}
