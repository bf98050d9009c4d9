package baseline

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	born = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) // a Monday
	rows = Watch{Name: "r", Metric: "rows_read", MinValue: 1000, Factor: 3}
)

// rhythm is how busy a role is at a time, around 1.
type rhythm func(at time.Time) float64

func hourOf(at time.Time) float64 { return float64(at.Hour()) + float64(at.Minute())/60 }

var rhythms = map[string]rhythm{
	"shop": func(at time.Time) float64 { return 0.2 + 1.6*math.Pow(math.Sin(math.Pi*hourOf(at)/24), 4) },
	"office": func(at time.Time) float64 {
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday || at.Hour() < 8 || at.Hour() >= 18 {
			return 0
		}
		return 2
	},
	"nightly": func(at time.Time) float64 {
		if at.Hour() == 2 {
			return 20
		}
		return 0.01
	},
	"steady": func(time.Time) float64 { return 1 },
}

// simulate makes days of a role's buckets: counts with more noise than Poisson's, around a level that wanders slowly.
func simulate(r rhythm, step time.Duration, days int, level float64, seed uint64) *Series {
	rng := rand.New(rand.NewPCG(seed, uint64(step)))
	s := &Series{Step: step, Born: born, Settled: born}
	wander, keep := 0.0, math.Exp(-step.Hours()/3)
	for at := born.Truncate(step); at.Before(born.AddDate(0, 0, days)); at = at.Add(step) {
		wander = keep*wander + math.Sqrt(1-keep*keep)*rng.NormFloat64()
		mean := level * step.Hours() * r(at) * math.Exp(0.15*wander)
		x := math.Round(max(mean+math.Sqrt(mean+0.05*mean*mean)*rng.NormFloat64(), 0))
		if x > 0 {
			s.At, s.Values = append(s.At, bucket(at, step)), append(s.Values, float32(x))
		}
	}
	return s
}

// set gives the bucket of a time another value.
func (s *Series) set(at time.Time, x float64) {
	h := History{Step: s.Step, At: s.At}
	more := History{Step: s.Step, At: []int32{bucket(at, s.Step)}}
	for m := range h.Values {
		h.Values[m], more.Values[m] = slices.Clone(s.Values), []float32{float32(x)}
	}
	h.Merge(&more)
	s.At, s.Values = h.At, h.Values[0]
}

func times(found []Spike) (out []string) {
	for _, f := range found {
		out = append(out, f.At.Format("01-02 15:04"))
	}
	return out
}

// TestSpikes: what is found does not depend on how many buckets are judged at once, nor on what comes later.
func TestSpikes(t *testing.T) {
	c := Default()
	for _, step := range Steps {
		t.Run(step.String(), func(t *testing.T) {
			s := simulate(rhythms["shop"], step, 23, 30_000, 3)
			odd := born.AddDate(0, 0, 19).Truncate(time.Hour)
			for at := odd; at.Before(odd.Add(max(step, 20*time.Minute))); at = at.Add(step) {
				s.set(at, 40*30_000*step.Hours())
			}
			judged := odd.Add(-3 * time.Hour)
			whole := s.Spikes(judged, rows, &c)
			if len(whole) == 0 || whole[0].At != odd || whole[len(whole)-1].At.After(odd.Add(time.Hour)) {
				t.Fatalf("odd are %v, want those from %v on", times(whole), odd)
			}
			v := whole[0].Verdict
			usual := 30_000 * step.Hours() * rhythms["shop"](odd)
			if v.Expected < usual/2 || v.Expected > 2*usual || v.Threshold < v.Expected*3 || v.Threshold > whole[0].Value || v.Days < 12 || v.Gauge == "" {
				t.Errorf("verdict %+v, usual is %.0f", v, usual)
			}
			var single []Spike
			for i, n := range s.At {
				if at := bucketTime(n, step); !at.Before(judged) && at.Before(odd.Add(2*time.Hour)) {
					part := *s
					part.At, part.Values = s.At[:i+1], s.Values[:i+1]
					single = append(single, part.Spikes(at, rows, &c)...)
				}
			}
			if !slices.Equal(whole, single) {
				t.Errorf("one by one odd are %v, at once %v", times(single), times(whole))
			}
		})
	}
}

// TestWindow: a bucket is judged by what lies in its window, from its first bucket on, and by nothing before.
func TestWindow(t *testing.T) {
	c := Default()
	judged := time.Date(2026, 5, 20, 14, 0, 0, 0, time.UTC) // a Wednesday
	for step, start := range map[time.Duration]time.Time{
		AnHour:      time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC),
		FiveMinutes: time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC),
		Minute:      time.Date(2026, 5, 11, 0, 0, 0, 0, time.UTC),
	} {
		if got := c.WindowStart(judged, step); got != start {
			t.Fatalf("%v: the window starts at %v, want %v", step, got, start)
		}
		var first int32
		verdict := func(from, until time.Time) Verdict {
			s := simulate(rhythms["steady"], step, 80, 30_000, 5)
			s.set(judged, 60*30_000*step.Hours())
			for i, n := range s.At {
				if at := bucketTime(n, step); !at.Before(from) && at.Before(until) {
					s.Values[i] *= 40
				}
			}
			first = math.MaxInt32
			s.Untaught = func(n int32) bool { first = min(first, n); return false }
			got := s.Spikes(judged, rows, &c)
			if len(got) == 0 {
				return Verdict{}
			}
			return got[0].Verdict
		}
		plain := verdict(judged, judged)
		if !plain.Spike {
			t.Fatalf("%v: nothing odd", step)
		}
		if first != bucket(start, step) {
			t.Errorf("%v: the first bucket looked at is of %v, want %v", step, bucketTime(first, step), start)
		}
		if got := verdict(start.AddDate(0, 0, -20), start); got != plain {
			t.Errorf("%v: what lies before the window matters: %+v, %+v without", step, got, plain)
		}
		if got := verdict(start, start.AddDate(0, 0, 3)); got == plain {
			t.Errorf("%v: the window's first days do not matter: %+v", step, got)
		}
	}
}

// TestWindowToTheBucket: of a newcomer the highest hour of the window counts, be it its first.
func TestWindowToTheBucket(t *testing.T) {
	c := Default()
	judged := time.Date(2026, 5, 20, 14, 0, 0, 0, time.UTC)
	start := c.WindowStart(judged, AnHour)
	for at, odd := range map[time.Time]bool{start.Add(-AnHour): true, start: false} {
		s := &Series{Step: AnHour, Born: judged.AddDate(0, 0, -1), Settled: born}
		s.set(at, 50_000)
		s.set(judged, 50_000)
		if got := s.Spikes(judged, rows, &c); (len(got) == 1) != odd {
			t.Errorf("with as much at %v odd are %v", at, times(got))
		}
	}
}

// TestOddDoesNotTeach: a spike leaves the verdict on the next one as it would have been; a change that stays is taught after three
// days, and then no longer odd.
func TestOddDoesNotTeach(t *testing.T) {
	c := Default()
	s := simulate(rhythms["steady"], FiveMinutes, 26, 30_000, 9)
	second := born.AddDate(0, 0, 20).Truncate(time.Hour)
	s.set(second, 60_000)
	alone := s.Spikes(second, rows, &c)
	for i := range 30 { // two and a half hours of it, days before
		s.set(second.AddDate(0, 0, -4).Add(time.Duration(i)*FiveMinutes), 60_000)
	}
	both := s.Spikes(second, rows, &c)
	if len(alone) != 1 || len(both) != 1 || math.Abs(both[0].Expected-alone[0].Expected) > 0.03*alone[0].Expected || both[0].Threshold > 1.05*alone[0].Threshold {
		t.Errorf("after another spike %+v, without %+v", both, alone)
	}
	change := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	for _, step := range []time.Duration{FiveMinutes, AnHour} {
		lasting := simulate(rhythms["steady"], step, 34, 30_000, 9)
		for i, n := range lasting.At {
			if !bucketTime(n, step).Before(change) {
				lasting.Values[i] *= 6
			}
		}
		days := map[int]int{}
		for _, f := range lasting.Spikes(change, rows, &c) {
			days[f.At.YearDay()-change.YearDay()]++
		}
		if days[0] == 0 || days[1] == 0 || days[2] == 0 || len(days) != 3 {
			t.Errorf("%v: a change that stays is odd in %v buckets of its days: want the first three, and no more", step, days)
		}
		again := change.AddDate(0, 0, 9)
		lasting.set(again, 20*6*30_000)
		if got := lasting.Spikes(again, rows, &c); step == AnHour && (len(got) != 1 || !got[0].At.Equal(again)) {
			t.Errorf("an hour of twenty times what has come to stay is odd at %v", times(got))
		}
	}
}

// TestUntaught: what must not teach is judged, and leaves no trace.
func TestUntaught(t *testing.T) {
	c := Default()
	s := simulate(rhythms["steady"], FiveMinutes, 26, 30_000, 2)
	judged := born.AddDate(0, 0, 22).Truncate(time.Hour)
	s.set(judged, 60_000)
	plain := s.Spikes(judged, rows, &c)
	bad := map[int32]bool{}
	for i := range 300 { // below what is odd, but suspected
		at := judged.AddDate(0, 0, -5).Add(time.Duration(i) * FiveMinutes)
		s.set(at, 6000)
		bad[bucket(at, FiveMinutes)] = true
	}
	taught := s.Spikes(judged, rows, &c)
	s.Untaught = func(n int32) bool { return bad[n] }
	untaught := s.Spikes(judged, rows, &c)
	if len(plain) != 1 || len(taught) != 1 || len(untaught) != 1 {
		t.Fatalf("odd: %v, %v, %v", times(plain), times(taught), times(untaught))
	}
	if a, b := plain[0].Threshold, untaught[0].Threshold; math.Abs(a-b) > 0.1*a || taught[0].Threshold < 1.05*b {
		t.Errorf("threshold %.0f, %.0f with suspected buckets left out, %.0f with them taught", a, b, taught[0].Threshold)
	}
	at := judged.AddDate(0, 0, -5).Add(time.Hour)
	s.set(at, 90_000)
	if got := s.Spikes(at, rows, &c); len(got) == 0 || got[0].At != at {
		t.Errorf("a suspected bucket is not judged: %v", times(got))
	}
}

// TestMaturity: nothing is odd while a role is learnt on a new cluster; on a settled one a newcomer's hours count by themselves.
func TestMaturity(t *testing.T) {
	c := Default()
	s := simulate(rhythms["steady"], AnHour, 10, 500, 4)
	s.set(born.AddDate(0, 0, 3), 50_000)
	if got := s.Spikes(born, rows, &c); len(got) != 0 {
		t.Errorf("a profile still being learnt has odd hours %v", times(got))
	}
	s.Settled = born.AddDate(0, 0, -30)
	got := s.Spikes(born, rows, &c)
	if len(got) != 1 || got[0].Gauge != "newcomer" {
		t.Errorf("a newcomer on a settled cluster has odd hours %v, want one", times(got))
	}
	s.set(born.AddDate(0, 0, 8), 50_000)
	if got := s.Spikes(born.AddDate(0, 0, 6), rows, &c); len(got) != 0 {
		t.Errorf("what it did before is odd again: %v", times(got))
	}
	s.set(born.AddDate(0, 0, 9), 500_000)
	if got := s.Spikes(born.AddDate(0, 0, 6), rows, &c); len(got) != 1 {
		t.Errorf("a mature profile has odd hours %v, want one", times(got))
	}
}

// TestLateEvents: buckets that arrive late are put where they belong, and what follows from them is as if they had been there.
func TestLateEvents(t *testing.T) {
	c := Default()
	s := simulate(rhythms["shop"], FiveMinutes, 20, 30_000, 8)
	at := born.AddDate(0, 0, 16).Truncate(time.Hour)
	s.set(at, 300_000)
	want := s.Spikes(at, rows, &c)
	all := History{Step: s.Step, At: slices.Clone(s.At)}
	for m := range all.Values {
		all.Values[m] = slices.Clone(s.Values)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	order := rng.Perm(len(s.At))
	order = append(order, order[:200]...) // some twice
	h := History{Step: s.Step}
	for len(order) > 0 {
		n := min(1+rng.IntN(400), len(order))
		part := History{Step: s.Step}
		for _, i := range order[:n] {
			part.At = append(part.At, s.At[i])
			for m := range part.Values {
				part.Values[m] = append(part.Values[m], s.Values[i])
			}
		}
		part.sort()
		h.Merge(&part)
		order = order[n:]
	}
	if !slices.Equal(h.At, all.At) || !slices.Equal(h.Values[3], all.Values[3]) {
		t.Fatal("the buckets differ")
	}
	late := h.Series("rows_read")
	late.Born, late.Settled = born, born
	if got := late.Spikes(at, rows, &c); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("odd are %v, want %v", times(got), times(want))
	}
}

// TestFleet measures false alarms and what is found of injected rises, on roles of four rhythms. AUDITWARDEN_FLEET=200 makes it so many
// roles, and minutes too.
func TestFleet(t *testing.T) {
	c := Default()
	const days = 28
	each, steps := 3, Steps[1:]
	if text := os.Getenv("AUDITWARDEN_FLEET"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < len(rhythms) {
			t.Fatalf("AUDITWARDEN_FLEET is %q: write a number of roles", text)
		}
		each, steps = n/len(rhythms), Steps[:]
	}
	weeks := 0.0
	alarms := map[time.Duration]int{}
	found, injected := 0, 0
	for name, r := range rhythms {
		for i := range each {
			level := 2000 * math.Pow(6, float64(i%3))
			for _, step := range steps {
				s := simulate(r, step, days, level, uint64(i))
				for _, f := range s.Spikes(born, rows, &c) {
					t.Logf("false alarm: %s %.0f %v %+v", name, level, f.At, f)
					alarms[step]++
				}
			}
			weeks += (days - 5) / 7.0
			at := born.AddDate(0, 0, 24).Truncate(24 * time.Hour).Add(14 * time.Hour)
			s := simulate(r, AnHour, days, level, uint64(i))
			s.set(at, max(10*level*max(r(at), 0.3), 3000))
			injected++
			if got := s.Spikes(at, rows, &c); len(got) > 0 && got[0].At.Equal(at) {
				found++
			} else {
				t.Logf("not found: %s at level %.0f", name, level)
			}
		}
	}
	summary := fmt.Sprintf("%.0f role-weeks: %v false alarms; of %d rises to ten times in an hour %d found", weeks, alarms, injected, found)
	t.Log(summary)
	if n := alarms[Minute] + alarms[FiveMinutes] + alarms[AnHour]; float64(n) > weeks/10 || found < injected*3/4 {
		t.Error(summary)
	}
}
