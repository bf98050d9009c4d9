package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// line is one statement of a log, with who ran it.
type line struct {
	at      time.Time
	role    string // the work it belongs to
	account string // the database account
	session int
	sql     string
}

// workload writes the statements of a shop in the manner of TPC-C: clerks take orders and payments, a help desk looks
// orders up, warehouse managers deliver and count stock, analysts ask, jobs load and clean, administrators maintain.
// Several accounts do each kind of work, each in a mix of its own. Much is shared: the desk's look-ups are a clerk's
// order status, a manager's deliveries are a clerk's, administrators now and then run what others run.
type workload struct {
	rng     *rand.Rand
	out     []line
	cur     line
	session int
}

type job struct {
	name     string
	accounts int
	sessions int // a day and account
	acts     []act
	length   [2]int // acts a session
}

type act struct {
	weight float64
	do     func(*workload)
}

func jobs() []job {
	return []job{
		{"clerk", 5, 8, []act{{45, (*workload).newOrder}, {43, (*workload).payment}, {4, (*workload).orderStatus}, {4, (*workload).delivery}, {4, (*workload).stockLevel}}, [2]int{2, 12}},
		{"desk", 4, 8, []act{{60, (*workload).orderStatus}, {25, (*workload).ticket}, {15, (*workload).customerChange}}, [2]int{3, 15}},
		{"manager", 3, 5, []act{{30, (*workload).delivery}, {30, (*workload).stockLevel}, {30, (*workload).restock}, {10, (*workload).orderStatus}}, [2]int{3, 12}},
		{"report", 3, 5, []act{{60, (*workload).standardReport}, {30, (*workload).adHoc}, {10, (*workload).stockLevel}}, [2]int{4, 20}},
		{"etl", 2, 4, []act{{50, (*workload).load}, {30, (*workload).reprice}, {20, (*workload).export}}, [2]int{4, 15}},
		{"dba", 2, 4, []act{{45, (*workload).maintain}, {35, (*workload).inspect}, {12, (*workload).change}, {4, (*workload).adHoc}, {4, (*workload).orderStatus}}, [2]int{4, 15}},
	}
}

// simulate gives the statements of days in order of time; the same seed gives the same statements.
func simulate(seed uint64, first time.Time, days int) []line {
	w := &workload{rng: rand.New(rand.NewPCG(seed, 5))}
	type mix struct{ weights []float64 }
	mixes := map[string]mix{}
	for _, j := range jobs() {
		for n := range j.accounts {
			var m mix
			for _, a := range j.acts {
				m.weights = append(m.weights, a.weight*(0.3+1.4*w.rng.Float64()))
			}
			mixes[fmt.Sprint(j.name, n)] = m
		}
	}
	for day := range days {
		at := first.AddDate(0, 0, day)
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			continue
		}
		for _, j := range jobs() {
			for n := range j.accounts {
				account := fmt.Sprint(j.name, n)
				for range j.sessions {
					w.session++
					w.cur = line{at: at.Add(8*time.Hour + time.Duration(w.rng.IntN(9*3600))*time.Second), role: j.name, account: account, session: w.session}
					for range j.length[0] + w.rng.IntN(j.length[1]-j.length[0]+1) {
						j.acts[w.pick(mixes[account].weights)].do(w)
						w.cur.at = w.cur.at.Add(time.Duration(5+w.rng.IntN(60)) * time.Second)
					}
				}
			}
		}
	}
	return w.out
}

func (w *workload) pick(weights []float64) int {
	sum := 0.0
	for _, v := range weights {
		sum += v
	}
	x := w.rng.Float64() * sum
	for i, v := range weights {
		if x -= v; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func (w *workload) n(most int) int { return 1 + w.rng.IntN(most) }

// run adds statements; # stands for a number and @ for a word.
func (w *workload) run(statements ...string) {
	for _, s := range statements {
		var b strings.Builder
		for _, c := range s {
			switch c {
			case '#':
				fmt.Fprint(&b, w.n(9999))
			case '@':
				fmt.Fprintf(&b, "'w%d'", w.n(9999))
			default:
				b.WriteRune(c)
			}
		}
		l := w.cur
		l.sql = b.String()
		w.out = append(w.out, l)
		w.cur.at = w.cur.at.Add(time.Duration(w.n(400)) * time.Millisecond)
	}
}

func (w *workload) chance(percent int) bool { return w.rng.IntN(100) < percent }
