package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

type Series struct {
	Name, Cat string
	T         []time.Time
	V         []float64
	Win       [][2]int
}

func load(dir string) []*Series {
	b, _ := os.ReadFile(filepath.Join(dir, "windows.json"))
	var w map[string][][2]string
	if err := json.Unmarshal(b, &w); err != nil {
		panic(err)
	}
	var out []*Series
	for name, wins := range w {
		raw, err := exec.Command("xz", "-dc", filepath.Join(dir, name+".xz")).Output()
		if err != nil {
			panic(err)
		}
		s := &Series{Name: name, Cat: filepath.Dir(name)}
		sc := bufio.NewScanner(strings.NewReader(string(raw)))
		sc.Scan()
		idx := map[string]int{}
		for sc.Scan() {
			f := strings.Split(sc.Text(), ",")
			t, err := time.Parse("2006-01-02 15:04:05", f[0])
			if err != nil {
				panic(err)
			}
			v, _ := strconv.ParseFloat(f[1], 64)
			if _, ok := idx[f[0]]; !ok {
				idx[f[0]] = len(s.T)
			}
			s.T = append(s.T, t)
			s.V = append(s.V, v)
		}
		for _, x := range wins {
			l, ok1 := idx[x[0][:19]]
			r, ok2 := idx[x[1][:19]]
			if !ok1 || !ok2 {
				panic(name)
			}
			s.Win = append(s.Win, [2]int{l, r})
		}
		out = append(out, s)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

type pt struct {
	score, sweep float64
	win          int // -1
	cat          int
}
type Profile struct{ tp, fp, fn float64 }

var profiles = []Profile{{1, .11, 1}, {1, .22, 1}, {1, .11, 2}}

func sig(x float64) float64 {
	if x >= 3 {
		return -1
	}
	return 2/(1+math.Exp(5*x)) - 1
}

// score: normalised per profile, at the best threshold; per category at that threshold
func nab(ss []*Series, scores [][]float64, p Profile) (all float64, th float64, per map[string]float64, fps, tps int) {
	var pts []pt
	nwin := 0
	winCat := []string{}
	cats := []string{}
	ci := map[string]int{}
	for k, s := range ss {
		if _, ok := ci[s.Cat]; !ok {
			ci[s.Cat] = len(cats)
			cats = append(cats, s.Cat)
		}
		n := len(s.V)
		prob := math.Min(math.Floor(.15*float64(n)), .15*5000)
		base := nwin
		nwin += len(s.Win)
		for range s.Win {
			winCat = append(winCat, s.Cat)
		}
		cur, next := -1, 0
		pr, pw := -1, 0.0
		for i := range s.V {
			if next < len(s.Win) && i == s.Win[next][0] {
				cur = next
				next++
			}
			var sw float64
			w := -1
			if cur >= 0 {
				width := float64(s.Win[cur][1] - s.Win[cur][0] + 1)
				sw = sig(-float64(s.Win[cur][1]-i+1)/width) * p.tp / sig(-1)
				w = base + cur
			} else {
				pos := 3.0
				if pr >= 0 {
					pos = math.Abs(float64(pr-i)) / (pw - 1)
				}
				sw = sig(pos) * p.fp
			}
			if float64(i) >= prob {
				pts = append(pts, pt{scores[k][i], sw, w, ci[s.Cat]})
			}
			if cur >= 0 && i == s.Win[cur][1] {
				pr, pw = i, float64(s.Win[cur][1]-s.Win[cur][0]+1)
				cur = -1
			}
		}
	}
	sort.SliceStable(pts, func(i, j int) bool { return pts[i].score > pts[j].score })
	win := make([]float64, nwin)
	for i := range win {
		win[i] = -p.fn
	}
	run := -p.fn * float64(nwin)
	best, bi := run, 0
	for i := 0; i < len(pts); {
		j := i
		for ; j < len(pts) && pts[j].score == pts[i].score; j++ {
			if pts[j].win < 0 {
				run += pts[j].sweep
			} else if pts[j].sweep > win[pts[j].win] {
				run += pts[j].sweep - win[pts[j].win]
				win[pts[j].win] = pts[j].sweep
			}
		}
		if run > best {
			best, bi = run, j
		}
		i = j
	}
	null, perf := -p.fn*float64(nwin), p.tp*float64(nwin)
	all = 100 * (best - null) / (perf - null)
	per = map[string]float64{}
	cw := map[string]float64{}
	for i := range win {
		win[i] = -p.fn
		cw[winCat[i]]++
		per[winCat[i]] -= p.fn
	}
	if bi > 0 {
		th = pts[bi-1].score
	} else {
		th = 1.1
	}
	hit := map[int]bool{}
	for _, q := range pts[:bi] {
		c := cats[q.cat]
		if q.win < 0 {
			per[c] += q.sweep
			fps++
		} else {
			hit[q.win] = true
			if q.sweep > win[q.win] {
				per[c] += q.sweep - win[q.win]
				win[q.win] = q.sweep
			}
		}
	}
	tps = len(hit)
	for c := range per {
		if cw[c] > 0 {
			per[c] = 100 * (per[c] + p.fn*cw[c]) / ((p.tp + p.fn) * cw[c])
		}
	}
	return
}

func report(name string, ss []*Series, f func(*Series) []float64) [][]float64 {
	sc := make([][]float64, len(ss))
	t0 := time.Now()
	for i, s := range ss {
		sc[i] = f(s)
	}
	d := time.Since(t0)
	fmt.Printf("%-28s", name)
	for k, p := range profiles {
		a, th, per, fp, tp := nab(ss, sc, p)
		fmt.Printf(" %5.1f", a)
		if k == 0 {
			defer func() {
				fmt.Printf("  th %.3f fp %d tp %d |", th, fp, tp)
				for _, c := range []string{"realTweets", "realTraffic", "realAWSCloudwatch", "realKnownCause", "realAdExchange", "artificialWithAnomaly", "artificialNoAnomaly"} {
					fmt.Printf(" %s %.0f", strings.TrimPrefix(c, "real")[:4], per[c])
				}
				fmt.Printf(" (%.1fs)\n", d.Seconds())
			}()
		}
	}
	return sc
}

func gaussian(s *Series) []float64 {
	out := make([]float64, len(s.V))
	var w []float64
	for i, x := range s.V {
		if len(w) > 0 {
			m, v := 0.0, 0.0
			for _, y := range w {
				m += y
			}
			m /= float64(len(w))
			for _, y := range w {
				v += (y - m) * (y - m)
			}
			sd := math.Sqrt(v / float64(len(w)))
			if sd == 0 {
				sd = 1e-6
			}
			z := (x - m) / sd
			if z < 0 {
				z = -z
			}
			out[i] = 1 - .5*math.Erfc(z/math.Sqrt2)
		}
		w = append(w, x)
		if len(w) > 1000 {
			w = w[1:]
		}
	}
	return out
}
