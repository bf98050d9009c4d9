package baseline

import (
	"math"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// walk goes through a window bucket by bucket as if it were happening: each is judged by those before it, and teaches
// unless it is odd or must not.
type walk struct {
	s      *Series
	w      Watch
	c      *Config
	cfg    volume.Config
	det    *volume.Detector
	from   time.Time
	origin int32 // first bucket
	warm   int32 // from here on something may be odd
	saved  *volume.Detector
	index  int            // of the bucket at hand, if it has activity
	at     int32          // bucket that saved and the next Push stand before
	since  int32          // bucket that saved stands before
	masked map[int32]bool // did not teach
	rises  []rise         // odd buckets, in order
	level  float64        // what stays: median of the odd buckets that it was taken from
	odd    int32          // last odd bucket, if it did not teach
	hours  record
}

// saveEvery is after how many buckets the detector's state is kept, to go back to.
const saveEvery = 1024

func newWalk(s *Series, from time.Time, w Watch, c *Config) *walk {
	k := &walk{s: s, w: w, c: c, from: from, cfg: s.detector(w), masked: map[int32]bool{}, odd: -1}
	k.origin = bucket(from, s.Step)
	if born := bucket(s.Born, s.Step); !s.Born.IsZero() && born > k.origin {
		k.origin = born
	}
	k.warm = k.origin + int32(c.Learning()/s.Step)
	k.det = volume.New(k.cfg)
	k.saved, k.at, k.since = k.det.Clone(), k.origin, k.origin
	return k
}

// to goes up to the i-th bucket with activity and gives what is odd from bucket begin on.
func (k *walk) to(i int, begin int32) []Spike {
	var out []Spike
	j, _ := slices.BinarySearch(k.s.At, k.origin)
	for k.at <= k.s.At[i] {
		n, x := k.at, 0.0
		if k.s.At[j] == n {
			x = float64(k.s.Values[j])
			j++
		}
		k.index = j - 1
		v, odd := k.judge(n, x, n >= begin)
		if odd && n >= begin {
			out = append(out, Spike{bucketTime(n, k.s.Step), k.s.Step, x, v})
		}
	}
	return out
}

func (k *walk) point(n int32, x float64) volume.Point {
	return volume.Point{At: bucketTime(n, k.s.Step), Value: x}
}

// judge judges the next bucket and learns from it. wanted says that the verdict will be shown.
func (k *walk) judge(n int32, x float64, wanted bool) (Verdict, bool) {
	if k.at-k.since >= saveEvery {
		k.saved, k.since = k.det.Clone(), k.at
	}
	k.at++
	if k.odd >= 0 && k.odd == n-1 { // still the same rise
		if v, goes := k.on(n, x); goes {
			return v, true
		}
	}
	untaught := k.s.Untaught != nil && k.s.Untaught(n)
	det := k.det
	if untaught {
		k.masked[n] = true
		if x < k.w.MinValue {
			return Verdict{}, false
		}
		det = k.det.Clone()
	}
	v := det.Push(k.point(n, x))
	v.Alert = v.Alert && x >= k.w.MinValue && k.s.possible(k.index, k.from, k.w)
	out := k.verdict(v, n)
	if k.s.Step == AnHour {
		if r, odd := k.hours.judge(k, n, x); odd && !v.Alert {
			out, v.Alert = r, true
		}
	}
	if n < k.warm || !v.Alert || k.settled(n, x) {
		if !untaught {
			k.hours.add(n, x)
		}
		return Verdict{}, false
	}
	if !untaught {
		k.masked[n] = true
		k.rewind(n)
	}
	k.note(n, x)
	return k.threshold(out, n, x, wanted), true
}

// on says whether a rise goes on in the bucket after an odd one: then it is not judged anew, and does not teach.
func (k *walk) on(n int32, x float64) (Verdict, bool) {
	if k.settled(n, x) {
		return Verdict{}, false
	}
	e := k.det.Push(k.point(n, math.NaN())).Expected
	least := max(e+k.w.MinValue, e*k.w.Factor)
	if x < least {
		return Verdict{}, false
	}
	k.masked[n] = true
	k.note(n, x)
	return Verdict{Spike: true, Expected: e, Threshold: least, FalseAlarm: k.cfg.FalseAlarm, Days: k.history(n), Gauge: "goes on"}, true
}

func (k *walk) verdict(v volume.Verdict, n int32) Verdict {
	return Verdict{Spike: true, Expected: max(v.Expected, 0), Score: v.Score, FalseAlarm: k.cfg.FalseAlarm, Days: k.history(n), Gauge: v.Gauge.String()}
}

// history is how many days lie before a bucket in the window.
func (k *walk) history(n int32) float64 {
	return math.Round(10*float64(n-k.origin)*k.s.Step.Hours()/24) / 10
}

// rewind brings the detector back before bucket n.
func (k *walk) rewind(n int32) {
	k.det = k.saved.Clone()
	for b := k.since; b < n; b++ {
		if !k.masked[b] {
			k.det.Push(k.point(b, k.s.value(b)))
		}
	}
	k.saved, k.since = k.det.Clone(), n
}

// threshold looks for the least value that would have been odd. It can where the detector stands before the bucket.
func (k *walk) threshold(v Verdict, n int32, x float64, wanted bool) Verdict {
	if v.Threshold > 0 || !wanted {
		return v
	}
	lo, hi := max(v.Expected+k.w.MinValue, v.Expected*k.w.Factor), x
	for range 12 {
		if hi-lo < 0.01*hi {
			break
		}
		if mid := (lo + hi) / 2; k.det.Clone().Push(k.point(n, mid)).Alert {
			hi = mid
		} else {
			lo = mid
		}
	}
	v.Threshold = hi
	return v
}

// rise is an odd bucket.
type rise struct {
	day   int32
	value float64
}

func (k *walk) note(n int32, x float64) {
	k.odd = n
	k.rises = append(k.rises, rise{k.day(n), x})
}

func (k *walk) day(n int32) int32 { return bucket(bucketTime(n, k.s.Step), 24*time.Hour) }

// settled says that a value is no more than what has come to stay: on lastingDays of the lastingOf days before there was something odd as
// well, and this is below factor times the median of that.
func (k *walk) settled(n int32, x float64) bool {
	days := map[int32]bool{}
	var values []float64
	for i := len(k.rises) - 1; i >= 0 && k.rises[i].day >= k.day(n)-lastingOf; i-- {
		if r := k.rises[i]; r.day < k.day(n) {
			days[r.day] = true
			values = append(values, r.value)
		}
	}
	if len(days) >= lastingDays {
		k.level = max(k.level, median(values))
	}
	return x < k.w.Factor*k.level
}
