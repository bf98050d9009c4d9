package volume

import "time"

const (
	daySlots  = 96  // quarters of an hour
	dayKept   = 21  // values in each: a week of five-minute buckets, three weeks of hours
	weekSlots = 168 // hours
	weekKept  = 36  // three weeks of five-minute buckets
	longKept  = 1000

	weekTrials = 1000 // predictions by the hour of the week before it may be believed
	weekMargin = 0.8  // share of the time of day's error that its error must stay below
)

// season knows what is usual at a time of day and of the week, and which of the two explains the series better.
type season struct {
	day  [daySlots]*window
	week [weekSlots]*window
	long *window
	err  [3]float64 // mean absolute errors of long, day and week
	n    [3]float64
	off  Ingredients
}

func newSeason(off Ingredients) *season { return &season{long: newWindow(longKept), off: off} }

func (s *season) centre(w *window) float64 {
	if s.off.Robust {
		return w.mean()
	}
	return w.median()
}

func slots(at time.Time) (day, week int) {
	sec := at.Unix()
	return int(floorMod(sec, 86400) / 900), int(floorMod(sec, 7*86400) / 3600)
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }

// predictions are what the long window, the time of day and the hour of the week expect; ok says who has an opinion.
func (s *season) predictions(at time.Time) (p [3]float64, ok [3]bool) {
	d, w := slots(at)
	p[0], ok[0] = s.centre(s.long), s.long.len() > 0
	if x := s.day[d]; x != nil && !s.off.Season {
		p[1], ok[1] = s.centre(x), true
	}
	if x := s.week[w]; x != nil && !s.off.Season && !s.off.Week {
		p[2], ok[2] = s.centre(x), true
	}
	return p, ok
}

// expect is the prediction of who has been best. A season needs a clear margin over the plain median's error only when it
// is young: to say "at this hour" of a series without rhythm costs little.
func (s *season) expect(p [3]float64, ok [3]bool) float64 {
	best := 0
	if ok[1] {
		best = 1
	}
	if ok[2] && s.n[2] >= weekTrials && s.err[2] < weekMargin*s.err[1] {
		best = 2
	}
	return p[best]
}

func (s *season) add(at time.Time, x float64, p [3]float64, ok [3]bool) {
	for i := range p {
		if !ok[i] {
			continue
		}
		s.n[i] = min(s.n[i]+1, 4*longKept)
		d := x - p[i]
		if d < 0 {
			d = -d
		}
		s.err[i] += (d - s.err[i]) / s.n[i]
	}
	d, w := slots(at)
	if s.day[d] == nil {
		s.day[d] = newWindow(dayKept)
	}
	if s.week[w] == nil {
		s.week[w] = newWindow(weekKept)
	}
	s.day[d].push(x)
	s.week[w].push(x)
	s.long.push(x)
}
