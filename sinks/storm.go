package sinks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// StormRule is the rule that summaries name.
const StormRule = "AW-STORM"

const (
	stormMinute = time.Minute
	// stormWindow is how long summaries share one identity, and so one incident.
	stormWindow = 10 * time.Minute
)

// storm decides what is sent one by one and what is summed up.
type storm struct {
	perMinute int // 0: no limit
	recent    []time.Time
	last      time.Time // of the last summary
}

func (s *storm) sent(now time.Time) {
	if s.perMinute > 0 {
		s.recent = append(s.recent, now)
	}
}

func (s *storm) summed(now time.Time) { s.last = now }

// plan splits what is due, worst first: single is to be sent one by one, folded in a summary. What is in neither waits
// for the next minute.
func (s *storm) plan(now time.Time, due []pipeline.Delivery) (single, folded []pipeline.Delivery) {
	if s.perMinute == 0 {
		return due, nil
	}
	s.recent = slices.DeleteFunc(s.recent, func(t time.Time) bool { return now.Sub(t) >= stormMinute })
	room := max(s.perMinute-len(s.recent), 0)
	if len(due) <= room {
		return due, nil
	}
	single, rest := due[:room], due[room:]
	if len(rest) == 1 || now.Sub(s.last) < stormMinute {
		return single, nil
	}
	return single, rest
}

// summary stands for many alerts. Its identity depends on the earliest of them only, so that a summary sent again after
// a crash is the same alert, and a storm of minutes is one incident.
func summary(sink string, perMinute int, many []pipeline.Delivery) pipeline.Alert {
	first := many[0].Alert
	a := pipeline.Alert{
		Rule: StormRule, Title: "Many alerts at once", Severity: first.Severity, FirstSeen: first.FirstSeen, LastSeen: first.LastSeen,
		DetectedAt: first.DetectedAt, Cluster: first.Cluster, Database: first.Database, Role: first.Role, Client: first.Client,
		Numbers: map[string]string{"alerts": fmt.Sprint(len(many)), "limit per minute": fmt.Sprint(perMinute)},
	}
	latest := first.DetectedAt
	rules, roles := map[string]int{}, map[string]int{}
	for _, d := range many {
		merge(&a, d.Alert)
		latest = later(latest, d.Alert.DetectedAt)
		rules[d.Alert.Rule]++
		roles[d.Alert.Role]++
	}
	a.ID = pipeline.AlertID(StormRule, sink, a.DetectedAt.UTC().Truncate(stormWindow).Format(time.RFC3339))
	a.Summary = fmt.Sprintf("%d more alerts: %s", len(many), top(rules))
	if delete(roles, ""); len(roles) > 0 {
		a.Summary += "; roles " + top(roles)
	}
	a.Reason = fmt.Sprintf("More than %d alerts came within a minute. These %d were not sent one by one; all of them are stored.", perMinute, len(many))
	a.Response = "List them with the query below, worst first. Look for one cause: a release, a scanner, an attack on one role."
	a.Query = fmt.Sprintf("SELECT severity, rule, title, cluster, database, role, client, summary, detected_at, id FROM alerts FINAL "+
		"WHERE detected_at BETWEEN parseDateTime64BestEffort('%s', 6) AND parseDateTime64BestEffort('%s', 6) "+
		"ORDER BY indexOf(['critical', 'error', 'warning', 'info'], severity), detected_at",
		a.DetectedAt.UTC().Format(queryTime), latest.UTC().Add(time.Microsecond).Format(queryTime))
	return a
}

const queryTime = "2006-01-02T15:04:05.000000Z"

// merge widens a by one alert: the worst severity, the whole span, and what all have in common.
func merge(a *pipeline.Alert, b pipeline.Alert) {
	if b.Severity.Rank() > a.Severity.Rank() {
		a.Severity = b.Severity
	}
	if b.FirstSeen.Before(a.FirstSeen) {
		a.FirstSeen = b.FirstSeen
	}
	if b.DetectedAt.Before(a.DetectedAt) {
		a.DetectedAt = b.DetectedAt
	}
	a.LastSeen = later(a.LastSeen, b.LastSeen)
	a.Events += b.Events
	for _, p := range []struct {
		common *string
		other  string
	}{{&a.Cluster, b.Cluster}, {&a.Database, b.Database}, {&a.Role, b.Role}, {&a.Client, b.Client}} {
		if *p.common != p.other {
			*p.common = ""
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// top lists the five most frequent keys: "12 × AW-INJ-001, 3 × AW-PRV-002 and 4 others".
func top(counts map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, k := range keys[:min(len(keys), 5)] {
		parts = append(parts, fmt.Sprintf("%d × %s", counts[k], k))
	}
	out := strings.Join(parts, ", ")
	if more := len(keys) - len(parts); more > 0 {
		out += fmt.Sprintf(" and %d others", more)
	}
	return out
}
