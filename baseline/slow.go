package baseline

import (
	"math"
	"time"
)

// Day is the length of the buckets that [Slow] looks at.
const Day = 24 * time.Hour

// What a day is compared with, and over how many days small departures add up.
const (
	slowLag       = 14 // days before a day that are not compared with: a slow rise would be in them
	slowReference = 49 // days before those that are
	slowSpan      = 28 // days over which departures are added up
	slowLeast     = 5  // alike days that there must be to compare with
	slowQuiet     = 7  // days after an alert without another
	slowAllowance = 0.75
	slowClip      = 4.0
	slowLimit     = 16.0
	slowSpread    = 0.15 // least deviation, on a logarithmic scale
)

// slowWindow is how many days a sum is made of, and SlowWindow how far back days are read to judge one.
const (
	slowWindow = slowSpan + slowLag + slowReference
	SlowWindow = (slowWindow + slowQuiet) * Day
)

// Slow looks for a rise that is too slow for [Series.Spikes]: small departures that add up over days. Each day is compared with the days
// of its kind (working days, weekends) of seven weeks that ended a fortnight before, so that what grows a little every day does not
// become its own measure. The departures, in robust deviations on a logarithmic scale, clipped, less an allowance, are added up over
// four weeks. A day is odd if the sum is above its limit there, what came since the sum began is Factor times what was expected
// and MinValue more, and no day of the week before was odd. born is when the role began: the first whole day after it counts. Only the
// days from begin up to end, which is not included, are judged.
func (h *History) Slow(begin, end, born time.Time, w Watch) []Spike {
	s := h.Series(w.Metric)
	type sum struct {
		v        Verdict
		observed float64
	}
	sums := map[int32]sum{}
	at := func(n int32) sum {
		d, known := sums[n]
		if !known {
			d.v, d.observed = s.slowDay(n, max(bucket(born, Day)+1, n-slowWindow+1), w)
			sums[n] = d
		}
		return d
	}
	var out []Spike
	for n := bucket(begin, Day); n < bucket(end, Day); n++ {
		d := at(n)
		for before := n - slowQuiet; before < n && d.v.Spike; before++ {
			d.v.Spike = !at(before).v.Spike
		}
		if d.v.Spike {
			out = append(out, Spike{bucketTime(n, Day), Day, d.observed, d.v})
		}
	}
	return out
}

// slowDay adds up to day n, by the days from first on.
func (s *Series) slowDay(n, first int32, w Watch) (v Verdict, observed float64) {
	var sum, expected float64
	for d := max(n-slowSpan+1, first); d <= n; d++ {
		usual, spread, ok := s.reference(d, first)
		if !ok {
			continue
		}
		x := s.value(d)
		z := (math.Log1p(x) - usual) / spread
		sum += min(max(z, -slowClip), slowClip) - slowAllowance
		if sum <= 0 {
			sum, observed, expected = 0, 0, 0
			continue
		}
		observed, expected = observed+x, expected+math.Expm1(usual)
	}
	least := max(w.Factor*expected, expected+w.MinValue)
	return Verdict{Spike: sum >= slowLimit && observed >= least, Expected: expected, Threshold: least, Score: sum, Days: float64(n - first), Gauge: "days"}, observed
}

// reference gives the median and the deviation of the logarithms of the days that d is compared with.
func (s *Series) reference(d, first int32) (usual, spread float64, ok bool) {
	weekend := func(n int32) bool { w := bucketTime(n, Day).Weekday(); return w == time.Saturday || w == time.Sunday }
	var logs []float64
	for n := max(first, d-slowLag-slowReference); n < d-slowLag; n++ {
		if weekend(n) == weekend(d) {
			logs = append(logs, math.Log1p(s.value(n)))
		}
	}
	if len(logs) < slowLeast {
		return 0, 0, false
	}
	usual = median(logs)
	for i, v := range logs {
		logs[i] = math.Abs(v - usual)
	}
	return usual, max(1.4826*median(logs), slowSpread), true
}
