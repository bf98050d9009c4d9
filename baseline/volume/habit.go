package volume

import (
	"slices"
	"time"
)

// habit knows how far a series departs from its rhythm at about each time of day: a job that runs every night, but not at the
// same minute, is far from what is usual in its quarter of an hour, and nothing new.
type habit struct {
	hours [24]habitHour
}

type habitHour struct {
	day     int64
	highest [habitDays]float64 // residuals of the last days that had this hour, the latest first
	known   int
}

const (
	habitDays   = 7
	habitFactor = 1.5  // times the usual highest is still what is usual
	habitShare  = 0.25 // of its surprise has what is usual
)

// usual is the median, over the last days, of the highest residual within this hour and those beside it; this day counts as
// one. Of fewer than two days it knows nothing.
func (h *habit) usual(at time.Time) float64 {
	_, now := hourOfDay(at)
	days := habitDays
	var highest [habitDays]float64
	for i := now + 23; i <= now+25; i++ {
		beside := &h.hours[i%24]
		days = min(days, beside.known)
		for j, x := range beside.highest {
			highest[j] = max(highest[j], x)
		}
	}
	if days < 2 {
		return 0
	}
	of := highest[:days]
	slices.Sort(of)
	return (of[(days-1)/2] + of[days/2]) / 2
}

// damp takes from a surprise what its residual has in common with earlier days, and learns the residual.
func (h *habit) damp(at time.Time, surprise, residual float64) float64 {
	if residual <= habitFactor*h.usual(at) {
		surprise *= habitShare
	}
	h.add(at, residual)
	return surprise
}

func (h *habit) add(at time.Time, residual float64) {
	day, now := hourOfDay(at)
	o := &h.hours[now]
	if o.known == 0 || o.day != day {
		copy(o.highest[1:], o.highest[:])
		o.highest[0], o.day = 0, day
		o.known = min(o.known+1, habitDays)
	}
	o.highest[0] = max(o.highest[0], residual)
}

func hourOfDay(at time.Time) (day int64, hour int) {
	sec := at.Unix()
	return floorDiv(sec, 86400), int(floorMod(sec, 86400) / 3600)
}
