package volume

import "time"

// excess gathers, hour by hour and over days, what a series has more than usual: slow exfiltration. What is usual of an hour is
// the median of its totals on days of the same kind. The sum counts in usual days: 1 is the volume of a day on top of what
// is usual and an allowance.
type excess struct {
	hour    int64
	total   float64 // of this hour so far
	totals  [2 * 24]*window
	day     [24]float64 // what was usual of the last hours
	filled  int
	next    int
	sum     float64
	highest float64 // sum of earlier times, fading
	now     float64 // highest since the sum was zero
}

const (
	excessAllowance = 0.25 // of what is usual is not counted
	excessMost      = 3    // times the usual of an hour are counted at most: more is a spike
	excessDays      = 0.5  // usual days are needed for an alert
	excessRecord    = 1.5  // times the highest earlier sum are needed

	totalsKept = 20
	excessFade = 0.999 // of the highest sum counts an hour later: half in four weeks
)

// add gives the sum in units of the series, and its share of what an alert needs; zero unless an hour is complete.
func (e *excess) add(at time.Time, x float64) (sum, share float64) {
	if hour := floorDiv(at.Unix(), 3600); hour != e.hour {
		sum, share = e.close()
		e.hour = hour
	}
	e.total += x
	return sum, share
}

func (e *excess) close() (sum, share float64) {
	total := e.total
	e.total = 0
	w := &e.totals[hourOf(e.hour)]
	if *w == nil {
		*w = newWindow(totalsKept)
	}
	usual, known := (*w).median(), (*w).len() > 0
	(*w).push(total)
	if !known {
		return 0, 0
	}
	e.day[e.next] = usual
	e.next = (e.next + 1) % len(e.day)
	if e.filled < len(e.day) {
		e.filled++
		return 0, 0
	}
	day := 0.0
	for _, u := range e.day {
		day += u
	}
	if !(day > 0) {
		return 0, 0
	}
	gain := min(total, excessMost*usual) - (1+excessAllowance)*usual
	e.sum = max(0, e.sum+gain/day)
	if e.sum == 0 {
		e.highest, e.now = max(e.highest, e.now), 0
	}
	e.highest *= excessFade
	e.now = max(e.now, e.sum)
	if gain <= 0 {
		return 0, 0
	}
	return e.sum * day, e.sum / max(excessDays, excessRecord*e.highest)
}

func (e *excess) reset() { e.highest, e.now, e.sum = max(e.highest, e.now), 0, 0 }

// hourOf is the hour of the day, of working days or of weekends.
func hourOf(hour int64) int {
	i := int(floorMod(hour, 24))
	if d := floorMod(floorDiv(hour, 24), 7); d == 2 || d == 3 {
		i += 24
	}
	return i
}

func floorDiv(a, b int64) int64 { return (a - floorMod(a, b)) / b }

// silence adds up what was expected while nothing came.
type silence struct {
	single
	run float64
}

const silent = 0.02 // of what is expected counts as nothing

func (s *silence) surprise(x, expected float64) (surprise, run float64) {
	if x > silent*expected {
		s.run = 0
	} else {
		s.run += max(expected, 0)
	}
	return s.single.surprise(s.run, 1), s.run
}
