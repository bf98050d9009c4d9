package volume

import (
	"math"
	"slices"
)

const (
	tailKept      = 512    // highest values that are kept
	tailShare     = 0.03   // of all values are peaks that the tail is fitted to
	tailHorizon   = 20_000 // values after which the past counts half
	tailFewest    = 32     // highest values that are left of it, or it is learnt anew
	tailBelieved  = 4.5    // surprise of the highest value that is taught as it is
	oddHeaviest   = 0.9    // heaviest shape that is believed for the score
	alarmHeaviest = 0.3    // and of departures in units of what is usual at their level
	alarmDoubt    = 1.0    // an exponential tail of n peaks is predicted, their scale being uncertain, by one of shape 1/n
	tailRefit     = 16     // values between two fits, if none exceeds the threshold
)

// tail is the upper tail of the values seen so far: the generalised Pareto distribution of what exceeds a high quantile
// (Siffer et al., Anomaly Detection in Streams with Extreme Value Theory, 2017), fitted by probability-weighted moments
// (Hosking and Wallis, 1987), which need no search and stand few peaks.
type tail struct {
	top   []float64 // sorted; the highest of seen values
	cut   bool      // top lacks values, all of which are at or below least
	seen  int
	least float64

	heaviest float64 // shape that is believed
	doubt    float64 // of that, divided by the number of peaks, the shape may be heavier than it looks
	believed float64 // what is taught at most, so that what is odd does not become usual at once

	threshold, scale, shape float64
	share                   float64 // of the values exceeds the threshold
	age                     int     // values since the fit
	normal                  bool    // take a normal distribution instead (to measure what the fit adds)
	sum, squares            float64
}

// judge gives -log10 of the probability that a value is as high as u, by the values before it. floor is the least scale that
// is believed.
func (t *tail) judge(u, floor float64) float64 {
	if t.normal {
		t.believed = math.Inf(1)
		return t.gaussian(u, floor)
	}
	if t.age == 0 || t.age >= tailRefit || u > t.threshold {
		t.fit(floor)
	}
	t.age++
	if u <= t.threshold {
		i, _ := slices.BinarySearch(t.top, u)
		if i == 0 && t.cut {
			return 0
		}
		return -math.Log10((float64(len(t.top)-i) + 0.5) / float64(t.seen+1))
	}
	over := (u - t.threshold) / t.scale
	if t.shape > 1e-6 {
		over = math.Log1p(t.shape*over) / t.shape
	}
	return over/math.Ln10 - math.Log10(t.share)
}

func (t *tail) gaussian(u, floor float64) float64 {
	n := float64(t.seen)
	mean := t.sum / n
	sd := math.Sqrt(max(t.squares/n-mean*mean, 0)) + floor
	return -math.Log10(max(0.5*math.Erfc((u-mean)/sd/math.Sqrt2), 1e-300))
}

func (t *tail) add(u float64) {
	t.sum, t.squares = t.sum+u, t.squares+u*u
	t.seen++
	if !t.cut || u > t.least {
		t.insert(u)
	}
	if t.seen >= tailHorizon {
		t.forget()
	}
}

func (t *tail) insert(u float64) {
	i, _ := slices.BinarySearch(t.top, u)
	t.top = slices.Insert(t.top, i, u)
	if len(t.top) > tailKept {
		t.least, t.cut = t.top[0], true
		t.top = slices.Delete(t.top, 0, 1)
	}
}

// forget halves the weight of the past: every second value goes.
func (t *tail) forget() {
	kept := t.top[:0]
	for i := 1; i < len(t.top); i += 2 {
		kept = append(kept, t.top[i])
	}
	t.top = kept
	t.seen /= 2
	t.sum, t.squares = t.sum/2, t.squares/2
	if len(t.top) < tailFewest { // nothing has been as high for long
		t.seen, t.cut = len(t.top), false
		t.sum, t.squares = 0, 0
		for _, u := range t.top {
			t.sum, t.squares = t.sum+u, t.squares+u*u
		}
	}
}

func (t *tail) fit(floor float64) {
	t.age = 0
	n := len(t.top)
	m := min(max(int(tailShare*float64(t.seen)), 5), n-1)
	peaks := t.top[n-m:]
	t.threshold = t.top[n-m-1]
	t.share = float64(m) / float64(t.seen)
	var mean, weighted float64 // E[X] and E[X(1-F(X))] of the excesses
	for i, x := range peaks {
		mean += x - t.threshold
		weighted += (x - t.threshold) * float64(m-1-i) / float64(m-1)
	}
	mean, weighted = mean/float64(m), weighted/float64(m)
	t.shape, t.scale = 0, mean
	if gap := mean - 2*weighted; gap > 1e-12*mean {
		t.shape = 2 - mean/gap
		t.scale = 2 * mean * weighted / gap
	}
	switch {
	case !(t.shape > 0): // never believe in an end of the tail
		t.shape, t.scale = 0, mean
	case t.shape > t.heaviest:
		t.shape, t.scale = t.heaviest, mean*(1-t.heaviest)
	}
	t.shape += t.doubt / float64(m)
	t.scale = max(t.scale, floor, 1e-3*math.Abs(t.threshold), 1e-12)
	over := (tailBelieved + math.Log10(t.share)) * math.Ln10
	if t.shape > 1e-6 {
		over = math.Expm1(t.shape*over) / t.shape
	}
	t.believed = t.threshold + over*t.scale
}
