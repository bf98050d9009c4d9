package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// role is simulated traffic: a rhythm of the day and the week, slow wandering, and counts that vary more than Poisson's.
type role struct {
	seed       uint64
	level      float64 // usual count of a bucket at the busiest hour
	rhythm     func(at time.Time) float64
	dispersion float64 // of the negative binomial distribution; small is wild
	start      time.Time
	wander     float64 // standard deviation of the autocorrelated part, on the logarithm
}

var monday = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

func hour(at time.Time) float64 { return float64(at.Hour()) + float64(at.Minute())/60 }

func weekend(at time.Time) bool { return at.Weekday() == time.Saturday || at.Weekday() == time.Sunday }

// hump rises and falls around a centre within an hour on either side.
func hump(x, from, to float64) float64 {
	return 1/(1+math.Exp(-4*(x-from))) - 1/(1+math.Exp(-4*(x-to)))
}

var rhythms = []func(time.Time) float64{
	func(at time.Time) float64 { // shop: day and night, quieter weekends
		r := 0.15 + 0.85*math.Pow(math.Sin(math.Pi*(hour(at)+2)/26), 4)
		if weekend(at) {
			r *= 0.6
		}
		return r
	},
	func(at time.Time) float64 { // office: working hours of working days, a lunch break
		if weekend(at) {
			return 0.01
		}
		return 0.01 + hump(hour(at), 8, 18) - 0.4*hump(hour(at), 12, 13)
	},
	func(at time.Time) float64 { // nightly job beside a trickle
		return 0.02 + hump(hour(at), 2, 3.5)
	},
	func(time.Time) float64 { return 1 }, // steady
	func(at time.Time) float64 { // a report on the hour
		if at.Minute() < 5 {
			return 1
		}
		return 0.1
	},
	func(at time.Time) float64 { // leisure: evenings and weekends
		r := 0.1 + hump(hour(at), 17, 23)
		if weekend(at) {
			r += 0.6 * hump(hour(at), 10, 17)
		}
		return r
	},
}

func newRole(i int) role {
	r := rand.New(rand.NewPCG(uint64(i), 11))
	return role{
		seed:       uint64(i),
		start:      monday.Add(time.Duration(r.IntN(7*24*12)) * 5 * time.Minute),
		level:      math.Exp(r.Float64()*math.Log(200)) * 5, // 5 to 1000
		rhythm:     rhythms[i%len(rhythms)],
		dispersion: 5 + 45*r.Float64(),
		wander:     0.05 + 0.2*r.Float64(),
	}
}

// series gives the points and the rate of each.
func (o *role) series(step time.Duration, n int) ([]volume.Point, []float64) {
	r := rand.New(rand.NewPCG(o.seed, uint64(step)))
	points, rates := make([]volume.Point, n), make([]float64, n)
	perBucket := float64(step) / float64(5*time.Minute)
	keep := math.Exp(-float64(step) / float64(3*time.Hour))
	state := 0.0
	for i := range points {
		at := o.start.Add(time.Duration(i) * step)
		state = keep*state + math.Sqrt(1-keep*keep)*r.NormFloat64()
		rates[i] = o.level * perBucket * o.rhythm(at) * math.Exp(o.wander*state)
		points[i] = volume.Point{At: at, Value: negativeBinomial(r, rates[i], o.dispersion)}
	}
	return points, rates
}

func negativeBinomial(r *rand.Rand, mean, dispersion float64) float64 {
	return poisson(r, mean*gamma(r, dispersion)/dispersion)
}

// gamma draws by Marsaglia and Tsang's method; shape is 1 or more.
func gamma(r *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(1-r.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func poisson(r *rand.Rand, mean float64) float64 {
	if mean > 50 {
		return math.Round(max(mean+math.Sqrt(mean)*r.NormFloat64(), 0))
	}
	n, p := -1.0, 1.0
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= 1 - r.Float64()
	}
	return n
}

const weeks = 6

func simulate(first, n int, variants []variant, scenarios []scenario) {
	roles := make([]role, n)
	for i := range roles {
		roles[i] = newRole(first + i)
	}
	for _, step := range []time.Duration{5 * time.Minute, time.Hour} {
		fmt.Printf("\n%d roles, %d weeks, buckets of %v: false alarms per role-week (week 1, 2, 3-6; all; with falls); recall in %%\n%-26s", n, weeks, step, "")
		fmt.Printf(" %6s %6s %6s %6s %6s |", "1", "2", "3-6", "all", "falls")
		for _, s := range scenarios {
			fmt.Printf(" %6s", s.name)
		}
		fmt.Println()
		for _, v := range variants {
			fmt.Printf("%-26s", v.name)
			row(roles, step, v.cfg, scenarios)
		}
	}
}

// scenario changes what a role does from a bucket on.
type scenario struct {
	name    string
	from    int // first day at which it may begin, and
	until   int // last
	length  time.Duration
	buckets int                                                          // instead of length
	busy    bool                                                         // begins when something goes on
	falls   bool                                                         // needs two-sided judgement
	change  func(x, usual float64, share float64, level float64) float64 // share of the length that is over
}

func times(k float64) func(x, usual, share, level float64) float64 {
	return func(x, _, _, _ float64) float64 { return math.Round(x * k) }
}

const day = 24 * time.Hour

var allScenarios = func() (out []scenario) {
	for _, k := range []float64{2, 3, 5, 10} {
		for _, l := range []int{1, 3, 12} {
			out = append(out, scenario{name: fmt.Sprintf("x%g/%d", k, l), from: 14, until: 34, buckets: l, busy: true, change: times(k)})
		}
	}
	for _, w := range []struct {
		name        string
		from, until int
	}{{"w1", 2, 6}, {"w2", 8, 13}} {
		out = append(out,
			scenario{name: w.name + "x3/3", from: w.from, until: w.until, buckets: 3, busy: true, change: times(3)},
			scenario{name: w.name + "x10/1", from: w.from, until: w.until, buckets: 1, busy: true, change: times(10)})
	}
	for _, k := range []float64{1.5, 2, 3} {
		out = append(out, scenario{name: fmt.Sprintf("x%g/5d", k), from: 14, until: 28, length: 5 * day, change: times(k)})
	}
	out = append(out, scenario{name: "+20%/5d", from: 14, until: 28, length: 5 * day,
		change: func(x, _, _, level float64) float64 { return x + math.Round(0.2*level) }})
	for _, k := range []float64{2, 3} {
		out = append(out, scenario{name: fmt.Sprintf("to%g/2w", k), from: 14, until: 20, length: 14 * day,
			change: func(x, _, share, _ float64) float64 { return math.Round(x * (1 + (k-1)*share)) }})
	}
	for _, h := range []int{1, 6, 24} {
		out = append(out, scenario{name: fmt.Sprintf("no %dh", h), from: 14, until: 34, length: time.Duration(h) * time.Hour, busy: true, falls: true,
			change: func(_, _, _, _ float64) float64 { return 0 }})
	}
	return out
}()

func row(roles []role, step time.Duration, cfg volume.Config, scenarios []scenario) {
	perWeek := int(7 * day / step)
	both := cfg
	both.TwoSided = true
	var alarms [weeks]float64
	falls := 0.0
	n := float64(len(roles))
	found, put := make([]float64, len(scenarios)), make([]float64, len(scenarios))
	for i := range roles {
		points, rates := roles[i].series(step, weeks*perWeek)
		plain, plainBoth := volume.Judge(cfg, points), volume.Judge(both, points)
		for j := range points {
			if plain[j].Alert {
				alarms[j/perWeek]++
			}
			if plainBoth[j].Alert {
				falls++
			}
		}
		for j := range scenarios {
			s := &scenarios[j]
			c, p := cfg, plain
			if s.falls {
				c, p = both, plainBoth
			}
			f, ok := s.run(&roles[i], step, points, rates, c, p, uint64(j))
			if ok {
				put[j]++
			}
			if f {
				found[j]++
			}
		}
	}
	later, all := 0.0, 0.0
	for i, a := range alarms {
		all += a / weeks
		if i >= 2 {
			later += a / (weeks - 2)
		}
	}
	fmt.Printf(" %6.3f %6.3f %6.3f %6.3f %6.3f |", alarms[0]/n, alarms[1]/n, later/n, all/n, falls/n/weeks)
	for i := range scenarios {
		fmt.Printf(" %6.0f", 100*found[i]/put[i])
	}
	fmt.Println()
}

// run puts the scenario into a series once, at a random time, and says whether there is an alert in it that the same series
// without it does not have.
func (s *scenario) run(o *role, step time.Duration, points []volume.Point, rates []float64, cfg volume.Config, plain []volume.Verdict, salt uint64) (found, put bool) {
	r := rand.New(rand.NewPCG(o.seed, 77+salt))
	perDay := int(day / step)
	l := s.buckets
	if l == 0 {
		l = max(int(s.length/step), 1)
	}
	at := -1
	for range 200 {
		i := s.from*perDay + r.IntN((s.until-s.from+1)*perDay)
		if i+l <= len(points) && (!s.busy || rates[i] >= 5) {
			at = i
			break
		}
	}
	if at < 0 {
		return false, false
	}
	changed := append([]volume.Point(nil), points[:at+l]...)
	for j := at; j < at+l; j++ {
		changed[j].Value = s.change(points[j].Value, rates[j], float64(j-at)/float64(l), o.level*float64(step)/float64(5*time.Minute))
	}
	verdicts := volume.Judge(cfg, changed)
	for j := at; j < at+l; j++ {
		if verdicts[j].Alert && !plain[j].Alert {
			return true, true
		}
	}
	return false, true
}
