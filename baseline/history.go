package baseline

import (
	"slices"
	"sort"
	"time"
)

// The lengths of buckets.
const (
	Minute      = time.Minute
	FiveMinutes = 5 * time.Minute
	AnHour      = time.Hour
)

// Steps are the lengths of buckets that are judged.
var Steps = [...]time.Duration{Minute, FiveMinutes, AnHour}

// History is what one role did, in buckets of one length. Buckets without activity are left out.
type History struct {
	Step   time.Duration
	At     []int32                 // numbers of buckets since 1970, in order
	Values [len(metrics)][]float32 // of each metric
}

// bucket is the number of the bucket that a time lies in.
func bucket(t time.Time, step time.Duration) int32 { return int32(t.Unix() / int64(step/time.Second)) }

func bucketTime(n int32, step time.Duration) time.Time {
	return time.Unix(int64(n)*int64(step/time.Second), 0).UTC()
}

// from is the index of the first bucket that is not before n.
func (h *History) from(n int32) int {
	i, _ := slices.BinarySearch(h.At, n)
	return i
}

// Merge puts the buckets of more in the place of those of the same time.
func (h *History) Merge(more *History) {
	for i, n := range more.At {
		j, found := slices.BinarySearch(h.At, n)
		if !found {
			h.At = slices.Insert(h.At, j, n)
		}
		for m := range h.Values {
			if !found {
				h.Values[m] = slices.Insert(h.Values[m], j, 0)
			}
			h.Values[m][j] = more.Values[m][i]
		}
	}
}

// Forget drops what lies before a time.
func (h *History) Forget(before time.Time) {
	n := h.from(bucket(before, h.Step))
	h.At = slices.Delete(h.At, 0, n)
	for m := range h.Values {
		h.Values[m] = slices.Delete(h.Values[m], 0, n)
	}
}

// Reaches says whether a bucket at or after a time has at least so much of a metric.
func (h *History) Reaches(metric string, begin time.Time, least float64) bool {
	m := slices.Index(metrics[:], metric)
	for i := h.from(bucket(begin, h.Step)); i < len(h.At); i++ {
		if float64(h.Values[m][i]) >= least {
			return true
		}
	}
	return false
}

// Series is one metric of the history.
func (h *History) Series(metric string) *Series {
	return &Series{Step: h.Step, At: h.At, Values: h.Values[slices.Index(metrics[:], metric)]}
}

// Span is when, within a time, a metric was not zero: beginning of the first bucket and end of the last. Where it never was
// it is that time.
func (h *History) Span(metric string, begin, end time.Time) (first, last time.Time) {
	m := slices.Index(metrics[:], metric)
	for i := h.from(bucket(begin, h.Step)); i < len(h.At) && h.At[i] < bucket(end, h.Step); i++ {
		if h.Values[m][i] > 0 {
			if first.IsZero() {
				first = bucketTime(h.At[i], h.Step)
			}
			last = bucketTime(h.At[i]+1, h.Step)
		}
	}
	if first.IsZero() {
		return begin, end
	}
	return first, last
}

func (h *History) sort() {
	if slices.IsSorted(h.At) {
		return
	}
	order := make([]int, len(h.At))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return h.At[order[a]] < h.At[order[b]] })
	at := make([]int32, len(order))
	for i, o := range order {
		at[i] = h.At[o]
	}
	h.At = at
	for m := range h.Values {
		v := make([]float32, len(order))
		for i, o := range order {
			v[i] = h.Values[m][o]
		}
		h.Values[m] = v
	}
}
