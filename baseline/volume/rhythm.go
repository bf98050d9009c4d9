package volume

import (
	"math"
	"time"
)

// rhythm expects what alerts are judged by: the median at the same time on days of the same kind, working days or weekends,
// moved by how far the last hour or two lay from it. The same time is a quarter of an hour, or five minutes where those
// have proved better (a report on the hour). Of a kind of day that has not been seen it expects nothing.
type rhythm struct {
	quarters, fives [2 * fiveSlots]*window
	errors          [2]float64 // mean absolute errors of quarters and fives
	tried           float64
	shift           float64      // of the last values, on the logarithm
	first           [2]time.Time // value of each kind of day
	slack           float64      // added to both sides of that, so that low counts do not shift it
}

const (
	fiveSlots    = 288  // of a day
	quartersKept = 60   // of five-minute buckets: of four weeks of working days
	fivesKept    = 20   // the same
	fivesMargin  = 0.7  // share of the quarters' error that the fives' must stay below
	shiftSpeed   = 0.05 // share of the way to a value that it moves
	shiftStep    = 0.3  // most of a value's distance that counts
	shiftLimit   = 0.7  // up; down it is less, so that what returns after silence is no spike
	shiftLow     = -0.3
)

// spots are the places of a time among quarters and fives.
func spots(at time.Time) (quarter, five int) {
	sec := at.Unix()
	kind := 0
	if day := floorMod(sec, 7*86400) / 86400; day == 2 || day == 3 { // 1970 began on a Thursday
		kind = fiveSlots
	}
	day := int(floorMod(sec, 86400))
	return kind + day/900, kind + day/300
}

// expect gives the median, and the median with the shift.
func (r *rhythm) expect(at time.Time) (usual, now float64, known bool) {
	q, f := spots(at)
	w := r.quarters[q]
	if w == nil || at.Sub(r.first[q/fiveSlots]) < 23*time.Hour { // only another day is a measure
		return 0, 0, false
	}
	usual = w.median()
	if f := r.fives[f]; f != nil {
		switch {
		case r.tried < trials: // who is right is not known
			usual = max(usual, f.median())
		case r.errors[1] < fivesMargin*r.errors[0]:
			usual = f.median()
		}
	}
	return usual, usual * math.Exp(r.shift), true
}

func (r *rhythm) add(at time.Time, x float64) {
	if usual, _, known := r.expect(at); known && (x > 0 || usual > 0) {
		off := math.Log((max(x, 0) + r.slack) / (max(usual, 0) + r.slack))
		r.shift += shiftSpeed * min(max(off-r.shift, -shiftStep), shiftStep)
		r.shift = min(max(r.shift, shiftLow), shiftLimit)
	}
	q, f := spots(at)
	if first := &r.first[q/fiveSlots]; first.IsZero() {
		*first = at
	}
	if r.quarters[q] == nil {
		r.quarters[q] = newWindow(quartersKept)
	}
	if r.fives[f] == nil {
		r.fives[f] = newWindow(fivesKept)
	} else {
		r.tried = min(r.tried+1, 4*longKept)
		r.errors[0] += (math.Abs(x-r.quarters[q].median()) - r.errors[0]) / r.tried
		r.errors[1] += (math.Abs(x-r.fives[f].median()) - r.errors[1]) / r.tried
	}
	r.quarters[q].push(x)
	r.fives[f].push(x)
}
