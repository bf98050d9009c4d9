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
		at := monday.Add(time.Duration(i) * step)
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

const (
	weeks   = 6
	trained = 2 // weeks before the first injection
)

func simulate(n int, variants []variant) {
	roles := make([]role, n)
	for i := range roles {
		roles[i] = newRole(i)
	}
	for _, step := range []time.Duration{5 * time.Minute, time.Hour} {
		fmt.Printf("\n%d roles, %d weeks, buckets of %v: false alarms per role-week (week 1, 2, later); recall in %%: times over buckets; drifts\n%-22s", n, weeks, step, "")
		fmt.Printf(" %6s %6s %6s |", "1", "2", "later")
		for _, k := range factors {
			for _, l := range lengths {
				fmt.Printf(" %6s", fmt.Sprintf("x%g/%d", k, l))
			}
		}
		fmt.Printf(" | %6s %6s\n", "2 in2w", "3 in2w")
		for _, v := range variants {
			fmt.Printf("%-22s", v.name)
			row(roles, step, v.cfg)
		}
	}
}

var (
	factors = []float64{2, 3, 5, 10}
	lengths = []int{1, 3, 12}
)

func row(roles []role, step time.Duration, cfg volume.Config) {
	perWeek := int(7 * 24 * time.Hour / step)
	var alarms [weeks]float64
	for i := range roles {
		points, _ := roles[i].series(step, weeks*perWeek)
		for j, v := range volume.Judge(cfg, points) {
			if v.Alert {
				alarms[j/perWeek]++
			}
		}
	}
	later := 0.0
	for _, a := range alarms[2:] {
		later += a / (weeks - 2)
	}
	n := float64(len(roles))
	fmt.Printf(" %6.3f %6.3f %6.3f |", alarms[0]/n, alarms[1]/n, later/n)
	for _, k := range factors {
		for _, l := range lengths {
			found, put := 0, 0
			for i := range roles {
				f, p := inject(&roles[i], step, perWeek, k, l, cfg)
				found, put = found+f, put+p
			}
			fmt.Printf(" %6.1f", 100*float64(found)/float64(put))
		}
	}
	fmt.Printf(" |")
	for _, k := range []float64{2, 3} {
		found := 0
		for i := range roles {
			found += drift(&roles[i], step, perWeek, k, cfg)
		}
		fmt.Printf(" %6.1f", 100*float64(found)/n)
	}
	fmt.Println()
}

// inject multiplies l buckets by k, at random times at which something goes on, once in the third and once in
// the fourth week, and counts those that an alert lies in.
func inject(o *role, step time.Duration, perWeek int, k float64, l int, cfg volume.Config) (found, put int) {
	points, rates := o.series(step, (trained+2)*perWeek)
	r := rand.New(rand.NewPCG(o.seed, 77))
	var at []int
	for from := trained * perWeek; from < len(points); from += perWeek {
		for range 100 {
			i := from + r.IntN(perWeek)
			if i+l <= len(points) && rates[i] >= 5 {
				at = append(at, i)
				for j := i; j < i+l; j++ {
					points[j].Value = math.Round(points[j].Value * k)
				}
				break
			}
		}
	}
	verdicts := volume.Judge(cfg, points)
	for _, i := range at {
		for j := i; j < i+l; j++ {
			if verdicts[j].Alert {
				found++
				break
			}
		}
	}
	return found, len(at)
}

// drift lets a series grow to k times within two weeks, and says whether there is an alert in them or the week after
// that the same series without growth does not have.
func drift(o *role, step time.Duration, perWeek int, k float64, cfg volume.Config) int {
	points, _ := o.series(step, weeks*perWeek)
	plain := volume.Judge(cfg, points)
	for i := range points {
		weeksIn := float64(i-trained*perWeek) / float64(perWeek)
		points[i].Value = math.Round(points[i].Value * (1 + (k-1)*min(max(weeksIn/2, 0), 1)))
	}
	for i, v := range volume.Judge(cfg, points) {
		if v.Alert && !plain[i].Alert && i >= trained*perWeek && i < (trained+3)*perWeek {
			return 1
		}
	}
	return 0
}
