package detect

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// spreads says that campaigns of this combination of group columns may go over several clients.
func spreads(shape string) bool { return shape == strings.Join(defaultGroup, ",") }

// crowd is the key without the client, for campaigns that may go over several clients. A program that the log does not name
// cannot be told from another, so there is none then.
func (k key) crowd() (key, bool) {
	if k[4] == "" {
		return k, false
	}
	k[3] = ""
	return k, true
}

// spread cuts the minutes of one family by one role and program, of whatever clients, into campaigns. An attack through a
// website that runs on two hosts comes from both of them: what a program's hosts do at a time belongs together. Behind an
// interactive program there are people, each at a machine of their own: they belong together only where they sent the same shape
// of statement.
func spread(family, shape string, minutes []minute, gap time.Duration) []campaign {
	var out []campaign
	for _, all := range sessions(family, shape, minutes, gap) {
		for _, clients := range all.together() {
			of := slices.DeleteFunc(slices.Clone(all.minutes), func(m minute) bool { return !slices.Contains(clients, m.key) })
			out = append(out, sessions(family, shape, of, gap)...)
		}
	}
	for i := range out {
		out[i].claim()
	}
	return out
}

var interactive = regexp.MustCompile(interactivePattern)

// together parts the campaign's clients into those that belong together, directly or over others.
func (c *campaign) together() [][]key {
	group := map[key]int{} // client's key to the number of its group
	first := map[string]key{}
	var order []key
	people := interactive.MatchString(c.minutes[0].key[4])
	for i := range c.minutes {
		m := &c.minutes[i]
		if _, ok := group[m.key]; !ok {
			group[m.key] = len(order)
			order = append(order, m.key)
		}
		shapes := m.shapes
		if !people {
			shapes = []string{"any"}
		}
		for _, s := range shapes {
			other, seen := first[s]
			if s == "" || !seen {
				first[s] = m.key
				continue
			}
			from, to := group[m.key], group[other]
			for k, g := range group {
				if g == from {
					group[k] = to
				}
			}
		}
	}
	var out [][]key
	at := map[int]int{}
	for _, k := range order {
		n, ok := at[group[k]]
		if !ok {
			n = len(out)
			at[group[k]] = n
			out = append(out, nil)
		}
		out[n] = append(out[n], k)
	}
	return out
}

// claim notes the campaign's keys. Its own is that of the client that began it.
func (c *campaign) claim() {
	c.keys = nil
	for i := range c.minutes {
		if k := c.minutes[i].key; !slices.Contains(c.keys, k) {
			c.keys = append(c.keys, k)
		}
	}
	c.key = c.minutes[0].key
}

// clients lists the addresses of a campaign that goes over several; nil for others.
func (c *campaign) clients() []string {
	if len(c.keys) < 2 {
		return nil
	}
	out := make([]string, len(c.keys))
	for i, k := range c.keys {
		out[i] = k[3]
	}
	return out
}
