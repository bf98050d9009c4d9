package baseline

import (
	"math"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// Watch is one kind of rise to look for.
type Watch struct {
	Name     string  // of the rule
	Metric   string  // one of Metrics
	MinValue float64 // least that a bucket must exceed what is expected by
	Factor   float64 // how many times what is expected it must reach
	Slow     bool    // look at days instead of buckets, see [Slow]
}

// falseAlarms is how many false alarms a week each series may raise by chance, as far as its past tells: from it follows
// the probability that a bucket must fall below.
const falseAlarms = 0.005

// minuteDays is over how many days minutes are compared.
const minuteDays = 7

// Where on so many of the days before there was something odd too, it is how it is now: no longer odd, and taught.
const (
	lastingDays = 3
	lastingOf   = 7
)

// Series is one metric of one role in buckets of one length, with what must be known to judge it.
type Series struct {
	Step   time.Duration
	At     []int32 // numbers of buckets with activity, in order
	Values []float32
	// Untaught says of a bucket's number that it must not teach.
	Untaught func(int32) bool
	Born     time.Time // of the role's profile; zero if it has none
	Settled  time.Time // of its cluster's
}

// Spike is a bucket that the history does not explain.
type Spike struct {
	At    time.Time
	Step  time.Duration
	Value float64
	Verdict
}

// WindowStart is where the history begins that a bucket is compared with: at midnight UTC of the Monday HistoryDays (seven days, for
// minutes) before the bucket's week. So all buckets of a week are compared with the same past, however they arrive.
func (c *Config) WindowStart(at time.Time, step time.Duration) time.Time {
	days := c.HistoryDays
	if step == Minute {
		days = minuteDays
	}
	return monday(at).AddDate(0, 0, -7*((days+6)/7))
}

func monday(at time.Time) time.Time {
	day := at.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, -int(day.Weekday()+6)%7)
}

// Spikes judges the buckets at or after begin, each by what lies before it in its window and by nothing else: the answer does
// not depend on how many are judged at once. Where the role's profile is not mature but its cluster's is, an hour is odd if it
// reaches the least value and the factor times the highest before it; where neither is, nothing is.
func (s *Series) Spikes(begin time.Time, w Watch, c *Config) []Spike {
	var out []Spike
	i, _ := slices.BinarySearch(s.At, bucket(begin, s.Step))
	for i < len(s.At) {
		from := c.WindowStart(s.time(i), s.Step)
		next, _ := slices.BinarySearch(s.At, bucket(monday(s.time(i)).AddDate(0, 0, 7), s.Step))
		out = append(out, s.week(from, i, next, w, c)...)
		i = next
	}
	return out
}

func (s *Series) time(i int) time.Time { return bucketTime(s.At[i], s.Step) }

// week judges the buckets from the i-th up to the next week's, which share a window.
func (s *Series) week(from time.Time, i, next int, w Watch, c *Config) []Spike {
	var out []Spike
	last := -1
	for j := i; j < next; j++ {
		v := float64(s.Values[j])
		if v < w.MinValue {
			continue
		}
		at := s.time(j)
		mature, settled := past(s.Born, at, s.Step, c), past(s.Settled, at, s.Step, c)
		switch {
		case mature && s.possible(j, from, w):
			last = j
		case !mature && settled && s.Step == AnHour && v > w.Factor*s.highest(from, j):
			out = append(out, Spike{at, s.Step, v, Verdict{Spike: true, Threshold: w.MinValue, Gauge: "newcomer"}})
		}
	}
	if last < 0 {
		return out
	}
	k := newWalk(s, from, w, c)
	return append(out, k.to(last, s.At[i])...)
}

// past says whether what was born then is settled in the bucket that begins at a time.
func past(born, at time.Time, step time.Duration, c *Config) bool {
	return !born.IsZero() && !at.Before(born.Truncate(step).Add(c.Learning()))
}

// highest is the highest value from a time up to the j-th bucket.
func (s *Series) highest(from time.Time, j int) float64 {
	i, _ := slices.BinarySearch(s.At, bucket(from, s.Step))
	most := float32(0)
	for ; i < j; i++ {
		most = max(most, s.Values[i])
	}
	return float64(most)
}

// possible is the least effect, and a cheap test: whether a bucket reaches the factor times what is usual then. Usual is the least of the
// medians of the same time on earlier days, on days alike, and on the same weekday, of which the detector expects one; a
// fifth is left for what it expects less. Where that is nothing, because the role mostly rests at that time, it is what
// one in ten of its active buckets exceeds.
func (s *Series) possible(j int, from time.Time, w Watch) bool {
	perDay := int32(24 * time.Hour / s.Step)
	first := max(bucket(from, s.Step), bucket(s.Born, s.Step))
	working := func(n int32) bool {
		wd := bucketTime(n, s.Step).Weekday()
		return wd != time.Saturday && wd != time.Sunday
	}
	var daily, alike, weekly []float64
	n := s.At[j]
	for k := int32(1); n-k*perDay >= first; k++ {
		v := s.value(n - k*perDay)
		daily = append(daily, v)
		if working(n) == working(n-k*perDay) {
			alike = append(alike, v)
		}
		if k%7 == 0 {
			weekly = append(weekly, v)
		}
	}
	usual := math.Inf(1)
	for _, values := range [][]float64{daily, alike, weekly} {
		if len(values) > 0 {
			usual = min(usual, median(values))
		}
	}
	x := float64(s.Values[j])
	if usual > 0 && !math.IsInf(usual, 1) {
		return x >= 0.8*w.Factor*usual
	}
	return x >= w.Factor*s.active(first, j)
}

// active is the value that one in ten of the buckets with activity exceeds, from bucket first up to the j-th.
func (s *Series) active(first int32, j int) float64 {
	i, _ := slices.BinarySearch(s.At, first)
	var values []float32
	for ; i < j; i++ {
		if s.Values[i] > 0 {
			values = append(values, s.Values[i])
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return float64(values[len(values)*9/10])
}

// value is that of a bucket; without activity it is zero.
func (s *Series) value(n int32) float64 {
	if i, found := slices.BinarySearch(s.At, n); found {
		return float64(s.Values[i])
	}
	return 0
}

// detector gives the parameters by which a series of a watch is judged.
func (s *Series) detector(w Watch) volume.Config {
	cfg := volume.Default()
	cfg.FalseAlarm = falseAlarms * float64(s.Step) / float64(7*24*time.Hour)
	cfg.MinFactor, cfg.MinValue = w.Factor, w.MinValue
	cfg.Refractory = 0 // what follows an odd bucket is decided by the walk, which takes back what the detector saw of it
	return cfg
}
