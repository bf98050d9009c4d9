package volume

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// traffic is days of five-minute counts with a rhythm of the day.
func traffic(days int, level float64, seed uint64) []Point {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]Point, days*288)
	for i := range out {
		at := start.Add(time.Duration(i) * 5 * time.Minute)
		rate := level * (0.1 + math.Pow(math.Sin(math.Pi*float64(i%288)/288), 2))
		out[i] = Point{at, math.Round(max(rate+math.Sqrt(rate)*r.NormFloat64(), 0))}
	}
	return out
}

func alerts(vs []Verdict) (at []int) {
	for i, v := range vs {
		if v.Alert {
			at = append(at, i)
		}
	}
	return at
}

func TestQuietTrafficIsQuiet(t *testing.T) {
	n := 0
	for seed := range uint64(10) {
		n += len(alerts(Judge(Default(), traffic(14, 100, seed))))
	}
	if n > 2 {
		t.Errorf("%d alerts in 20 quiet weeks", n)
	}
}

func TestSpikeIsFound(t *testing.T) {
	tests := []struct {
		name   string
		factor float64
		length int
	}{
		{"one bucket ten times", 10, 1}, {"one bucket five times", 5, 1}, {"an hour three times", 3, 12},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := traffic(14, 100, 7)
			from := 13*288 + 144
			before := alerts(Judge(Default(), p)[:from])
			for i := range tc.length {
				p[from+i].Value *= tc.factor
			}
			vs := Judge(Default(), p)
			got := alerts(vs)
			if len(got) > len(before) && slices.Equal(got[:len(before)], before) {
				got = got[len(before):]
			}
			if len(got) != 1 || got[0] < from || got[0] >= from+tc.length {
				t.Fatalf("alerts at %v, want one in %d…%d", got, from, from+tc.length-1)
			}
			v := vs[got[0]]
			highest := v.Score // what is no higher than usual in one bucket may be in two
			for _, later := range vs[got[0] : from+tc.length] {
				highest = max(highest, later.Score)
			}
			if highest < 0.5 || !v.Rise || v.Gauge == None {
				t.Errorf("score up to %v, verdict %+v", highest, v)
			}
			if want := p[got[0]].Value / tc.factor; v.Expected < 0.7*want || v.Expected > 1.4*want {
				t.Errorf("expected %v, usual is %v", v.Expected, want)
			}
		})
	}
}

func TestNightSpikeBelowTheDayIsFound(t *testing.T) {
	p := traffic(14, 100, 3)
	from := 13*288 + 3 // night: 10 of 110
	for i := range 3 {
		p[from+i].Value = 70
	}
	if got := alerts(Judge(Default(), p)); len(got) != 1 || got[0] < from || got[0] > from+2 {
		t.Errorf("alerts at %v, want one at %d", got, from)
	}
	cfg := Default()
	cfg.Off.Season = true
	for _, at := range alerts(Judge(cfg, p)) {
		if at >= from && at <= from+2 {
			t.Error("found without season as well: the test shows nothing")
		}
	}
}

func TestFallsAlertOnlyTwoSided(t *testing.T) {
	p := traffic(14, 1000, 5)
	for i := range 12 {
		p[13*288+144+i].Value = 0
	}
	vs := Judge(Default(), p)
	if got := alerts(vs); len(got) != 0 {
		t.Errorf("one-sided: alerts at %v", got)
	}
	if s := vs[13*288+144].Score; s < 0.4 {
		t.Errorf("a fall to nothing has score %v", s)
	}
	cfg := Default()
	cfg.TwoSided = true
	if got := alerts(Judge(cfg, p)); len(got) != 1 {
		t.Errorf("two-sided: alerts at %v, want one", got)
	}
}

// TestSlowExcess lets a role do half as much again for five days, no bucket of which is odd.
func TestSlowExcess(t *testing.T) {
	p := traffic(28, 100, 11)
	plain := alerts(Judge(Default(), p))
	for i := 21 * 288; i < 26*288; i++ {
		p[i].Value = math.Round(p[i].Value * 1.5)
	}
	vs := Judge(Default(), p)
	for _, i := range alerts(vs) {
		if vs[i].Gauge == Drift && !slices.Contains(plain, i) {
			if i < 21*288 || i > 24*288 {
				t.Errorf("found at %d, want the first three days from %d", i, 21*288)
			}
			return
		}
	}
	t.Error("not found")
}

func TestSilenceAlertsOnlyTwoSided(t *testing.T) {
	p := traffic(28, 100, 12)
	from := 24*288 + 100
	for i := from; i < from+36; i++ {
		p[i].Value = 0
	}
	if got := alerts(Judge(Default(), p)); slices.ContainsFunc(got, func(i int) bool { return i >= from }) {
		t.Errorf("one-sided: alerts at %v", got)
	}
	cfg := Default()
	cfg.TwoSided = true
	if got := alerts(Judge(cfg, p)); !slices.ContainsFunc(got, func(i int) bool { return i >= from && i < from+6 }) {
		t.Errorf("two-sided: alerts at %v, want one in half an hour of %d", got, from)
	}
}

// TestSpikeDoesNotHideTheNext repeats an hour of three times the usual a week later.
func TestSpikeDoesNotHideTheNext(t *testing.T) {
	p := traffic(28, 100, 13)
	for _, from := range []int{20*288 + 144, 27*288 + 144} {
		for i := range 12 {
			p[from+i].Value *= 3
		}
	}
	got := alerts(Judge(Default(), p))
	for _, from := range []int{20*288 + 144, 27*288 + 144} {
		if !slices.ContainsFunc(got, func(i int) bool { return i >= from && i < from+12 }) {
			t.Errorf("alerts at %v, want one in the hour from %d", got, from)
		}
	}
}

// TestReportOnTheHour checks that minutes of the hour are told apart: what is usual at :00 is a spike at :30.
func TestReportOnTheHour(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var p []Point
	for i := range 21 * 288 {
		x := float64(20 + r.IntN(8))
		if i%12 == 0 {
			x *= 10
		}
		p = append(p, Point{start.Add(time.Duration(i) * 5 * time.Minute), x})
	}
	if got := alerts(Judge(Default(), p)); len(got) > 0 {
		t.Errorf("alerts at %v without a spike", got)
	}
	p[20*288+126].Value = 240
	if got := alerts(Judge(Default(), p)); len(got) != 1 || got[0] != 20*288+126 {
		t.Errorf("alerts at %v, want one at %d", got, 20*288+126)
	}
}

// TestHabitIsNoNews runs a job every night at another minute: its score must fall once it is known, and only at that hour.
func TestHabitIsNoNews(t *testing.T) {
	const night, noon = 40, 144
	r := rand.New(rand.NewPCG(8, 8))
	job := func(p []Point, at int) { p[at].Value = 400 + float64(r.IntN(40)) }
	p := traffic(14, 100, 14)
	var at []int
	for day := range 14 {
		at = append(at, day*288+night+r.IntN(8))
		job(p, at[day])
	}
	vs := Judge(Default(), p)
	for day := 8; day < 14; day++ {
		if s := vs[at[day]].Score; s > 0.25 {
			t.Errorf("night %d: score %v", day, s)
		}
	}
	cfg := Default()
	cfg.Off.Habit = true
	if s := Judge(cfg, p)[at[13]].Score; s < 0.35 {
		t.Errorf("score %v without habits as well: the test shows nothing", s)
	}
	job(p, 13*288+noon)
	if s := Judge(Default(), p)[13*288+noon].Score; s < 0.35 {
		t.Errorf("at another hour: score %v", s)
	}
}

// TestFewPeaksAreDoubted teaches tails of exponential values: what five peaks say is far less sure than what three hundred say.
func TestFewPeaksAreDoubted(t *testing.T) {
	surprise := func(n int, doubt float64) float64 {
		r := rand.New(rand.NewPCG(1, 1))
		g := tail{heaviest: alarmHeaviest, doubt: doubt}
		for range n {
			g.add(r.ExpFloat64())
		}
		return g.judge(16, 0) // nominally 6.9
	}
	if sure, doubted := surprise(100, 0), surprise(100, alarmDoubt); doubted > 0.75*sure {
		t.Errorf("of 100 values: surprise %v, with doubt %v", sure, doubted)
	}
	if sure, doubted := surprise(10_000, 0), surprise(10_000, alarmDoubt); doubted < 0.95*sure || doubted >= sure {
		t.Errorf("of 10000 values: surprise %v, with doubt %v", sure, doubted)
	}
}

// TestLongSeries goes on for years of five minutes: what was high once and never again, or always the same, must not use up a tail.
func TestLongSeries(t *testing.T) {
	for _, scale := range []float64{0, 1} {
		g := single{learn: 100, tail: tail{heaviest: alarmHeaviest, doubt: alarmDoubt}}
		r := rand.New(rand.NewPCG(4, 4))
		odd := 0
		for i := range 400_000 {
			u := scale * r.ExpFloat64()
			if i < 2000 {
				u += 100
			}
			if g.surprise(u, logFloor) > 5 {
				odd++
			}
		}
		if odd > 20 || len(g.top) < 2 {
			t.Errorf("scale %v: %d of 400000 values odd, %d kept", scale, odd, len(g.top))
		}
	}
}

func TestConstantIsSilent(t *testing.T) {
	for _, x := range []float64{0, 1, 1e-300, 1e12, -7, math.MaxFloat64} {
		p := make([]Point, 3000)
		for i := range p {
			p[i] = Point{start.Add(time.Duration(i) * time.Minute), x}
		}
		for i, v := range Judge(Default(), p) {
			if v.Alert || v.Score > 0.4 {
				t.Fatalf("constant %v: point %d %+v", x, i, v)
			}
		}
	}
}

func TestNoLookAhead(t *testing.T) {
	p := traffic(6, 50, 9)
	whole := Judge(Default(), p)
	for _, n := range []int{1, 100, 700, 1500} {
		q := append([]Point(nil), p[:n]...)
		q = append(q, Point{p[n].At, 1e9})
		for i, v := range Judge(Default(), q)[:n] {
			if v != whole[i] {
				t.Fatalf("verdict %d depends on what follows %d", i, n)
			}
		}
	}
}

func TestMissingTeachesNothing(t *testing.T) {
	p := traffic(6, 50, 9)
	whole := Judge(Default(), p)
	d := New(Default())
	for i, x := range p {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if v := d.Push(Point{x.At, bad}); v.Score != 0 || v.Alert {
				t.Fatalf("missing value %+v", v)
			}
		}
		if v := d.Push(x); v != whole[i] {
			t.Fatalf("point %d differs after missing values", i)
		}
	}
}

func TestLinearScaleInvariance(t *testing.T) {
	cfg := Default()
	cfg.Off.Log, cfg.Off.Pair, cfg.Off.Drift = true, true, true // the logarithm's 1 has a unit
	cfg.MinValue = 0
	p := traffic(8, 60, 4)
	p[7*288+100].Value *= 6
	a := Judge(cfg, p)
	for i := range p {
		p[i].Value *= 1024
	}
	for i, v := range Judge(cfg, p) {
		if math.Abs(v.Score-a[i].Score) > 1e-9 || v.Alert != a[i].Alert {
			t.Fatalf("point %d: %+v, at another scale %+v", i, a[i], v)
		}
	}
}

// TestMoreIsMoreUnusual checks the order: of two values above all so far, the higher is no less unusual.
func TestMoreIsMoreUnusual(t *testing.T) {
	p := traffic(8, 60, 2)
	last := 0.0
	for _, x := range []float64{100, 150, 200, 400, 1e3, 1e4, 1e6, 1e9, 1e200} {
		q := append(append([]Point(nil), p...), Point{start.AddDate(0, 0, 8), x})
		v := Judge(Default(), q)
		if s := v[len(v)-1].Surprise; s < last {
			t.Errorf("%v has surprise %v, a lower value %v", x, s, last)
		} else {
			last = s
		}
	}
}

func FuzzPush(f *testing.F) {
	f.Add(uint64(1), 1.0, 1e300, int64(0))
	f.Add(uint64(2), -1e308, math.MaxFloat64, int64(-1))
	f.Add(uint64(3), math.SmallestNonzeroFloat64, 0.0, int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, seed uint64, a, b float64, step int64) {
		r := rand.New(rand.NewPCG(seed, 2))
		d := New(Config{FalseAlarm: 1e-4, MinFactor: 1, Learn: minLearn, Refractory: 5, TwoSided: true})
		at := start
		for range 300 {
			x := a
			switch r.IntN(4) {
			case 0:
				x = b
			case 1:
				x = math.Float64frombits(r.Uint64())
			case 2:
				x = a + b*r.Float64()
			}
			v := d.Push(Point{at, x})
			if !(v.Score >= 0 && v.Score <= 1) || math.IsNaN(v.Expected) || v.Alert && v.Surprise < 4 {
				t.Fatalf("value %v: %+v", x, v)
			}
			at = at.Add(time.Duration(step))
		}
	})
}

func BenchmarkPush(b *testing.B) {
	p := traffic(30, 100, 1)
	d := New(Default())
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		d.Push(p[i%len(p)])
		i++
	}
}
