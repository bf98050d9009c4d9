package volume

import (
	"math"
	"time"
)

const (
	daySlots  = 96  // quarters of an hour
	weekSlots = 168 // hours
	longKept  = 1000
	trials    = 150 // predictions before one may be believed that is not by the time of day alone
)

var (
	kept    = [3]int{21, 21, 36}         // values in a slot: of five-minute buckets those of seven, seven, and twenty-one days
	margins = [4]float64{0, 0, 0.6, 0.5} // share of the error of what is before it that it must stay below
)

// season knows what is usual at a time of day and of the week, and which of them explains the series best.
type season struct {
	slots  [3][]*window // by time of day; the same with weekends apart; by hour of the week
	long   *window
	errors [4]float64 // mean absolute errors of long and the slots
	tried  [4]float64
	off    Ingredients
}

// prediction is what the long window and the slots expect; known says who has an opinion.
type prediction struct {
	value [4]float64
	known [4]bool
}

func newSeason(off Ingredients) *season {
	s := &season{long: newWindow(longKept), off: off}
	s.slots = [3][]*window{make([]*window, daySlots), make([]*window, 2*daySlots), make([]*window, weekSlots)}
	return s
}

func (s *season) centre(w *window) float64 {
	if s.off.Robust {
		return w.mean()
	}
	return w.median()
}

// places are the slots of a time.
func places(at time.Time) [3]int {
	sec := at.Unix()
	day := int(floorMod(sec, 86400) / 900)
	week := int(floorMod(sec, 7*86400) / 3600) // 1970 began on a Thursday
	weekend := 0
	if week >= 48 && week < 96 {
		weekend = daySlots
	}
	return [3]int{day, weekend + day, week}
}

func floorMod(a, b int64) int64 { return ((a % b) + b) % b }

func (s *season) predict(at time.Time) (p prediction) {
	p.value[0], p.known[0] = s.centre(s.long), s.long.len() > 0
	if s.off.Season {
		return p
	}
	for i, place := range places(at) {
		if w := s.slots[i][place]; w != nil && (i == 0 || !s.off.Week) {
			p.value[i+1], p.known[i+1] = s.centre(w), true
		}
	}
	return p
}

// seasonal says whether the time of day has an opinion.
func (p *prediction) seasonal() bool { return p.known[1] }

// expect is the prediction of the time of day as soon as there is one: in a series without rhythm it costs little. The
// others have to have been clearly better, for long enough.
func (s *season) expect(p *prediction) float64 {
	best := 0
	for i := 1; i < len(p.known); i++ {
		if p.known[i] && (i == 1 || s.tried[i] >= trials && s.errors[i] < margins[i]*s.errors[best]) {
			best = i
		}
	}
	return p.value[best]
}

func (s *season) add(at time.Time, x float64, p *prediction) {
	for i := range p.value {
		if !p.known[i] {
			continue
		}
		s.tried[i] = min(s.tried[i]+1, 4*longKept)
		s.errors[i] += (math.Abs(x-p.value[i]) - s.errors[i]) / s.tried[i]
	}
	for i, place := range places(at) {
		if s.slots[i][place] == nil {
			s.slots[i][place] = newWindow(kept[i])
		}
		s.slots[i][place].push(x)
	}
	s.long.push(x)
}
