package baseline

import (
	"math"
	"sort"
)

// deviations is how many robust standard deviations above the usual a record must lie, on a logarithmic scale.
const deviations = 4

// Verdict is what is said of one value, with the numbers that it was judged by.
type Verdict struct {
	Spike      bool
	Expected   float64 // what is usual
	Threshold  float64 // what had to be exceeded
	Score      float64 // of the detector: 0…1, 0.5 is FalseAlarm; of [Judge]: robust deviations on a logarithmic scale
	FalseAlarm float64 // probability of an ordinary value as odd as that, as far as the past tells; 0 if not judged by it
	Days       float64 // of history that it was compared with
	Gauge      string  // what is odd: value, level, texture or drift (docs/volume.md), record, newcomer, goes on, days
}

// record knows the hours so far: what has never been so much by far is odd, whatever the distribution.
type record struct {
	at    []int32
	value []float64
	peak  float64
}

func (r *record) add(n int32, x float64) {
	if x > 0 {
		r.at, r.value, r.peak = append(r.at, n), append(r.value, x), max(r.peak, x)
	}
}

// judge says whether an hour is more than factor times the highest so far, and odd for the time of day.
func (r *record) judge(k *walk, n int32, x float64) (Verdict, bool) {
	if x < k.w.MinValue || x <= k.w.Factor*r.peak {
		return Verdict{}, false
	}
	var usual []float64
	for i, at := range r.at {
		if apart := (at%24 - n%24 + 24) % 24; apart <= 1 || apart == 23 {
			usual = append(usual, r.value[i])
		}
	}
	days := int(n-k.origin) / 24
	v := Judge(usual, max(3*days-len(usual), 0), x, deviations, k.w.Factor)
	v.Threshold = max(v.Threshold, k.w.Factor*r.peak, k.w.MinValue)
	v.Days, v.Gauge = k.history(n), "record"
	return v, v.Spike && x >= v.Threshold
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
