package baseline

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var slowly = Watch{Name: "s", Metric: "rows_read", MinValue: 5000, Factor: 1.5, Slow: true}

// daily makes a history of days: level on working days, a third of it on weekends, noise of so much on the logarithm.
func daily(days int, level, noise float64, seed uint64) *History {
	rng := rand.New(rand.NewPCG(seed, 3))
	h := &History{Step: Day}
	wander := 0.0
	for d := range days {
		at := born.Truncate(Day).AddDate(0, 0, d)
		wander = 0.7*wander + 0.7*rng.NormFloat64()
		x := level * math.Exp(noise*(0.7*rng.NormFloat64()+0.7*wander))
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			x /= 3
		}
		h.At = append(h.At, bucket(at, Day))
		for m := range h.Values {
			h.Values[m] = append(h.Values[m], float32(math.Round(x)))
		}
	}
	return h
}

// grow multiplies the days from one on by a factor that grows every day.
func (h *History) grow(from int, every float64) *History {
	for m := range h.Values {
		h.Values[m] = slices.Clone(h.Values[m])
		for i := from; i < len(h.At); i++ {
			h.Values[m][i] *= float32(math.Pow(every, float64(i-from+1)))
		}
	}
	return h
}

func (h *History) until(n int) *History {
	out := &History{Step: h.Step, At: h.At[:n]}
	for m := range h.Values {
		out.Values[m] = h.Values[m][:n]
	}
	return out
}

func day(n int) time.Time { return born.Truncate(Day).AddDate(0, 0, n) }

// TestSlowPoisoning: a little more every day is noticed, though no hour of it is odd.
func TestSlowPoisoning(t *testing.T) {
	for _, test := range []struct {
		every  float64
		within int // days
	}{{1.02, 40}, {1.03, 30}, {1.05, 20}, {1.10, 12}} {
		for seed := range uint64(5) {
			h := daily(160, 20_000, 0.15, seed).grow(80, test.every)
			got := h.Slow(day(80), day(150), born, slowly)
			if len(got) == 0 || got[0].At.After(day(80+test.within)) {
				t.Errorf("%.0f %% more every day: found on %v, want within %d days", 100*test.every-100, times(got), test.within)
				continue
			}
			if f := got[0]; f.Value < 1.5*f.Expected || f.Threshold > f.Value || f.Days < 80 {
				t.Errorf("verdict %+v", f)
			}
		}
	}
}

// TestSlowPoisoningEscapesTheHours shows what the test above is for: hours judged by their own past follow five weeks of growth.
func TestSlowPoisoningEscapesTheHours(t *testing.T) {
	c := Default()
	s := simulate(rhythms["shop"], AnHour, 65, 10_000, 6)
	for i, n := range s.At {
		if grown := bucketTime(n, AnHour).Sub(born.AddDate(0, 0, 30)); grown > 0 {
			s.Values[i] *= float32(math.Pow(1.03, grown.Hours()/24))
		}
	}
	if got := s.Spikes(born, rows, &c); len(got) > 0 {
		t.Errorf("hours found odd: %v", times(got))
	}
}

// TestSlowIsQuiet measures false alarms on ordinary days.
func TestSlowIsQuiet(t *testing.T) {
	alarms, years := 0, 0.0
	for seed := range uint64(60) {
		h := daily(200, 20_000, []float64{0.1, 0.3, 0.6}[seed%3], seed)
		got := h.Slow(day(0), day(200), born, slowly)
		alarms += len(got)
		years += 200.0 / 365
	}
	t.Logf("%d false alarms in %.0f role-years", alarms, years)
	if float64(alarms) > years/10 {
		t.Errorf("%d false alarms in %.0f role-years", alarms, years)
	}
}

// TestSlowIsOneAlert: a rise that stays is reported once, and a single large day not at all.
func TestSlowIsOneAlert(t *testing.T) {
	h := daily(120, 20_000, 0.1, 1)
	for m := range h.Values {
		h.Values[m] = slices.Clone(h.Values[m])
		for i := 90; i < 120; i++ {
			h.Values[m][i] *= 3
		}
	}
	got := h.Slow(day(80), day(118), born, slowly)
	if len(got) == 0 || len(got) > 1 || got[0].At.After(day(94)) {
		t.Errorf("three times as much from day 90 on, found on %v", times(got))
	}
	single := daily(120, 20_000, 0.1, 1)
	single.Values[1][100] = 2e6
	if got := single.Slow(day(80), day(118), born, slowly); len(got) != 0 {
		t.Errorf("a single day is found on %v", times(got))
	}
}

// TestSlowWindow: a day is judged by those of its window and by none before, and by no day after it.
func TestSlowWindow(t *testing.T) {
	const n = 130
	base := daily(160, 20_000, 0.1, 2).grow(110, 1.03)
	judge := func(from, until int, by float32) (out []Spike) {
		h := base.until(160)
		for m := range h.Values {
			h.Values[m] = slices.Clone(h.Values[m])
			for i := from; i < until; i++ {
				h.Values[m][i] *= by
			}
		}
		for i := n - 10; i < n+10; i++ { // the day on which it passes the limit
			out = append(out, h.Slow(day(i), day(i+1), born, slowly)...)
		}
		return out
	}
	plain := judge(0, 0, 1)
	if len(plain) == 0 {
		t.Fatal("nothing found")
	}
	found := int(plain[0].At.Sub(day(0)) / Day)
	first := found - int(SlowWindow/Day) + 1
	one := func(from, until int) Spike {
		h := base.until(160)
		for m := range h.Values {
			h.Values[m] = slices.Clone(h.Values[m])
			for i := from; i < until; i++ {
				h.Values[m][i] *= 30
			}
		}
		if got := h.Slow(day(found), day(found+1), born, slowly); len(got) == 1 {
			return got[0]
		}
		return Spike{}
	}
	if got := one(0, first); got != plain[0] {
		t.Errorf("days before the window matter: %+v, %+v without", got, plain[0])
	}
	if got := one(first, first+25); got == plain[0] {
		t.Error("the window's first days do not matter")
	}
	if got := one(found+1, 160); got != plain[0] {
		t.Error("days after the judged one matter")
	}
}
