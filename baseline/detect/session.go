package detect

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// maxValues bounds how many different values of one column a minute's hits keep for counting.
const maxValues = 64

// maxCampaign is after how long a campaign that never pauses becomes another alert.
const maxCampaign = 24 * time.Hour

// key says who a campaign belongs to: the values of groupColumns, empty for those that do not separate.
type key [5]string

// minute is what one group's events of one rule amount to within one minute of event time.
type minute struct {
	rule        string
	key         key
	bucket      time.Time
	first, last time.Time
	record      string
	events      uint64
	failures    uint64
	level       int
	rows        int64
	signals     []string
	subjects    []string
	roles       []string
	clients     []string
	apps        []string
	databases   []string
	shapes      []string
	numbers     [3]float64 // observed, expected, threshold
	verdict     verdict
	leadsUp     bool // of a sequence, but not of its last step
}

// begun is when what the rule is about began; zero where the minute only leads up to it.
func (m *minute) begun() time.Time {
	if m.leadsUp {
		return time.Time{}
	}
	return m.first
}

func (m *minute) values(distinct string) []string {
	switch distinct {
	case "role":
		return m.roles
	case "client":
		return m.clients
	case "application":
		return m.apps
	case "database":
		return m.databases
	case "fingerprint":
		return m.shapes
	}
	return m.subjects
}

// over keeps the minutes that lie in some window of the threshold's length whose events reach it. The input is one
// group's minutes of one rule in order of time. Windows are counted in whole minutes, so that the answer does not depend
// on how the events were cut into batches.
func (t *Threshold) over(in []minute) []minute {
	keep := make([]bool, len(in))
	start := 0
	var events uint64
	count := map[string]int{}
	add := func(m *minute, by int) {
		for _, v := range m.values(t.Distinct) {
			if count[v] += by; count[v] == 0 {
				delete(count, v)
			}
		}
	}
	for i := range in {
		events += in[i].events
		add(&in[i], 1)
		for in[i].bucket.Sub(in[start].bucket) > t.Within {
			events -= in[start].events
			add(&in[start], -1)
			start++
		}
		if events >= t.Events && (t.Values == 0 || len(count) >= t.Values) {
			for j := start; j <= i; j++ {
				keep[j] = true
			}
		}
	}
	var out []minute
	for i, k := range keep {
		if k {
			out = append(out, in[i])
		}
	}
	return out
}

// follow keeps the minutes that take part in the rule's sequence: each step's events reach their number, each step goes on
// after the one before it began to count, and all lies within the window. steps[n] holds one group's minutes of step n.
func (r *Rule) follow(steps [][]minute) []minute {
	var out []minute
	for i := range steps[0] {
		taken, ok := r.chain(steps, i)
		if ok {
			out = append(out, taken...)
		}
	}
	slices.SortStableFunc(out, func(a, b minute) int {
		if c := a.bucket.Compare(b.bucket); c != 0 {
			return c
		}
		return strings.Compare(a.rule, b.rule)
	})
	return slices.CompactFunc(out, func(a, b minute) bool { return a.rule == b.rule && a.bucket.Equal(b.bucket) })
}

// chain tries to find the sequence that begins with the i-th minute of the first step.
func (r *Rule) chain(steps [][]minute, i int) ([]minute, bool) {
	start := steps[0][i].bucket
	after := time.Time{}
	var taken []minute
	for n, minutes := range steps {
		need := max(r.Steps[n].Events, 1)
		var have uint64
		var reached time.Time
		for j := range minutes {
			m := &minutes[j]
			if m.bucket.Before(start) || m.bucket.Sub(start) > r.Window || (n > 0 && !m.last.After(after)) {
				continue
			}
			have += m.events
			taken = append(taken, *m)
			if have >= need {
				reached = m.first
				break
			}
		}
		if reached.IsZero() {
			return nil, false
		}
		after = reached
	}
	return taken, true
}

// campaign is what becomes one alert: hits of the rules of one family by one group, with no pause longer than the gap.
type campaign struct {
	family      string
	shape       string // the group's columns, comma-separated
	key         key
	keys        []key // of all its clients, where it goes over several; the first is key
	first, last time.Time
	window      time.Time // what the id is derived from
	minutes     []minute
}

// sessions cuts one group's minutes, of all rules of a family, into campaigns: where nothing happened for longer than gap,
// and where one has lasted for maxCampaign.
//
// A campaign's window is its beginning, rounded down to a multiple of gap. Two campaigns of a group never share one, since
// the later begins more than gap after the earlier; and a beginning that moves a little, because an earlier event arrived
// late, mostly keeps it.
func sessions(family, shape string, minutes []minute, gap time.Duration) []campaign {
	sort.SliceStable(minutes, func(i, j int) bool {
		if !minutes[i].first.Equal(minutes[j].first) {
			return minutes[i].first.Before(minutes[j].first)
		}
		if minutes[i].rule != minutes[j].rule {
			return minutes[i].rule < minutes[j].rule
		}
		return minutes[i].key[3] < minutes[j].key[3]
	})
	var out []campaign
	for _, m := range minutes {
		n := len(out) - 1
		if n < 0 || m.first.Sub(out[n].last) > gap || m.first.Sub(out[n].first) >= maxCampaign {
			out = append(out, campaign{family: family, shape: shape, key: m.key, first: m.first, last: m.last, window: m.first.Truncate(gap)})
			n++
		}
		out[n].minutes = append(out[n].minutes, m)
		if m.last.After(out[n].last) {
			out[n].last = m.last
		}
	}
	return out
}
