package main

import (
	"fmt"
	"io"
	"sort"
	"text/tabwriter"

	"github.com/auditwarden/auditwarden/baseline"
)

// set is what is learned and what is judged.
type set struct {
	name        string
	train, test []*deed
	sessions    bool // windows are sessions; otherwise so many statements in a row of one role
}

// unit is a statement or a window of one account.
type unit struct {
	role, account string
	deeds         []*deed
}

const window = 20

func (s *set) units(most int) []unit {
	var out []unit
	open := map[string]int{}
	for _, d := range s.test {
		k := d.account
		if s.sessions {
			k = fmt.Sprint(d.account, d.session)
		}
		i, ok := open[k]
		if !ok || len(out[i].deeds) == most {
			i = len(out)
			open[k] = i
			out = append(out, unit{role: d.role, account: d.account})
		}
		out[i].deeds = append(out[i].deeds, d)
	}
	return out
}

// others gives, for each role but one, an account that does its work.
func (s *set) others(role string, n int) []string {
	by := map[string][]string{}
	seen := map[string]bool{}
	for _, d := range s.train {
		if d.role != role && !seen[d.account] {
			seen[d.account] = true
			by[d.role] = append(by[d.role], d.account)
		}
	}
	roles := make([]string, 0, len(by))
	for r := range by {
		roles = append(roles, r)
	}
	sort.Strings(roles)
	var out []string
	for _, r := range roles {
		out = append(out, by[r][n%len(by[r])])
	}
	return out
}

// result counts what a method got wrong.
type result struct {
	own, flagged     int
	renamed, missed  int
	pairs, pairsMiss map[string]int
}

// measure gives every unit each other role's name in turn. byAccount has methods learn accounts rather than roles.
func (s *set) measure(m method, units []unit, byAccount bool) result {
	for _, d := range s.train {
		if byAccount {
			m.learn(d.account, d)
		} else {
			m.learn(d.role, d)
		}
	}
	roleOf := map[string]string{}
	for _, d := range s.train {
		roleOf[d.account] = d.role
	}
	r := result{pairs: map[string]int{}, pairsMiss: map[string]int{}}
	class := func(account string) string {
		if byAccount {
			return account
		}
		return roleOf[account]
	}
	others := map[string][][]string{}
	for i, u := range units {
		r.own++
		if m.odd(class(u.account), u.deeds) {
			r.flagged++
			r.pairs["FP "+u.role]++
		}
		if others[u.role] == nil {
			for n := range 5 {
				others[u.role] = append(others[u.role], s.others(u.role, n))
			}
		}
		for _, o := range others[u.role][i%5] {
			pair := u.role + " as " + roleOf[o]
			r.renamed++
			r.pairs[pair]++
			if !m.odd(class(o), u.deeds) {
				r.missed++
				r.pairsMiss[pair]++
			}
		}
	}
	return r
}

func (r result) String() string {
	return fmt.Sprintf("%.2f\t%.2f", 100*float64(r.flagged)/float64(max(r.own, 1)), 100*float64(r.missed)/float64(max(r.renamed, 1)))
}

func (s *set) report(w io.Writer, tune bool) {
	single, windows := s.units(1), s.units(window)
	fmt.Fprintf(w, "\n%s: %d statements learned, %d judged, in %d windows\n\n", s.name, len(s.train), len(s.test), len(windows))
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "method\tFP %\tFN %\tFP % (window)\tFN % (window)")
	for _, m := range []struct {
		name      string
		make      func() method
		byAccount bool
	}{
		{"naive Bayes, c-quiplets", func() method { return newBayes('c') }, false},
		{"naive Bayes, m-quiplets", func() method { return newBayes('m') }, false},
		{"naive Bayes, f-quiplets", func() method { return newBayes('f') }, false},
		{"templates of the role", func() method { return newKnown(func(d *deed) []string { return []string{d.work.Shape} }) }, false},
		{"(command, table) of the role", func() method {
			return newKnown(func(d *deed) []string {
				out := []string{d.command}
				for _, a := range d.work.Access {
					out = append(out, d.command+" "+a)
				}
				return out
			})
		}, false},
		{"auditwarden", func() method { return ours{baseline.NewWork(baseline.DefaultWork())} }, true},
	} {
		one := s.measure(m.make(), single, m.byAccount)
		many := s.measure(m.make(), windows, m.byAccount)
		fmt.Fprintf(t, "%s\t%s\t%s\n", m.name, one, many)
		if tune && m.byAccount {
			defer many.detail(w)
		}
	}
	t.Flush()
	if tune {
		s.tune(w)
	}
}

// tune shows what other numbers would give.
func (s *set) tune(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\nwindow\tcap\tcap known\tthreshold\tFP %\tFN %")
	for _, n := range []int{10, 20, 40} {
		for _, limit := range []float64{3, 4, 5} {
			for _, knownCap := range []float64{0.7, 1, 1.5} {
				for _, threshold := range []float64{5, 6, 7, 8} {
					c := baseline.DefaultWork()
					c.Threshold, c.Cap, c.CapKnown = threshold, limit, knownCap
					fmt.Fprintf(t, "%d\t%g\t%g\t%g\t%s\n", n, limit, knownCap, threshold, s.measure(ours{baseline.NewWork(c)}, s.units(n), true))
				}
			}
		}
	}
	t.Flush()
}

func (r result) detail(w io.Writer) {
	keys := make([]string, 0, len(r.pairs))
	for k := range r.pairs {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(w, "  %s: %d, missed %d\n", k, r.pairs[k], r.pairsMiss[k])
	}
}
