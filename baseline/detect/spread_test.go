package detect_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// attack makes so many injected statements and failing ones of a role through the program of these hosts, each from the next
// host, three seconds apart.
func attack(start time.Time, role, application string, hosts []string, statements int) []pipeline.Event {
	var out []pipeline.Event
	for i := range statements {
		e := pipeline.Event{
			Engine: pipeline.PostgreSQL, Format: "test", Kind: pipeline.KindStatement, Outcome: pipeline.OutcomeSuccess, TimeCertainty: pipeline.TimeExact,
			Cluster: "c1", Database: "shop", Role: role, Application: application, ClientAddr: hosts[i%len(hosts)],
			EventTime: start.Add(time.Duration(i) * 3 * time.Second),
		}
		shape := fmt.Sprintf("%s union %d", application, i%7)
		e.SQL = &pipeline.Statement{Engine: e.Engine, Fingerprint: shape, FingerprintVersion: 1, Normalized: "SELECT /* " + shape + " */ ?", Kinds: []string{"select"},
			Suspicious: true, Score: 0.95, Signals: []pipeline.Signal{{Name: "union_catalog"}}}
		if i < 6 { // first it fails
			e.Kind, e.Outcome, e.SQLState = pipeline.KindError, pipeline.OutcomeFailure, "42601"
		}
		out = append(out, e)
	}
	return out
}

// positions numbers the events by time, as one source would.
func positions(events []pipeline.Event) []pipeline.Event {
	sort.SliceStable(events, func(i, j int) bool { return events[i].EventTime.Before(events[j].EventTime) })
	for i := range events {
		r := pipeline.Record{Source: "s", Stream: "f", Offset: int64(i)}
		events[i].IngestedAt = events[i].EventTime
		events[i].RecordID, events[i].Source, events[i].Stream, events[i].Offset, events[i].Lines = r.ID(), "s", "f", int64(i), 1
	}
	return events
}

// TestSpread: an attack that comes through two web hosts is one alert, which keeps its id as it grows; two attackers behind one
// address who use two roles, and two people who use one role from two machines, are two.
func TestSpread(t *testing.T) {
	start := time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)
	hosts := []string{"10.0.0.11", "10.0.0.12"}
	var events []pipeline.Event
	events = append(events, attack(start, "web", "shop", hosts, 40)...)
	events = append(events, attack(start.Add(time.Second), "crm", "crm", []string{"10.0.9.9"}, 20)...)
	events = append(events, attack(start.Add(2*time.Second), "erp", "erp", []string{"10.0.9.9"}, 20)...)
	for i, host := range []string{"10.0.5.1", "10.0.5.2"} {
		typed := attack(start.Add(time.Second), "analyst", "psql", []string{host}, 9)
		for j := range typed {
			typed[j].SQL.Fingerprint += fmt.Sprint(" of person ", i)
		}
		events = append(events, typed...)
	}
	// Without a name in the log one program cannot be told from another.
	events = append(events, attack(start, "anon", "", hosts, 20)...)
	events = positions(events)
	backlog := judgeAll(t, [][]pipeline.Event{events})
	got := map[string][]string{}
	for _, a := range backlog {
		got[a.Role] = append(got[a.Role], a.Client)
		t.Logf("%s\n%s\n%v", a.Summary, a.Reason, a.Numbers)
		if a.Role == "web" {
			checkSpread(t, a, hosts)
		}
	}
	for role, want := range map[string]int{"web": 1, "crm": 1, "erp": 1, "analyst": 2, "anon": 2} {
		if len(got[role]) != want {
			t.Errorf("%s: alerts from %v, want %d", role, got[role], want)
		}
	}
	// As it comes: the first batch holds the first statement of one host alone.
	live := append([][]pipeline.Event{events[:1]}, cut(events[1:], 4, rand.New(rand.NewPCG(3, 4)))...)
	if got, want := judgeAll(t, live).what(), backlog.what(); !slices.Equal(got, want) {
		t.Errorf("live traffic gives other alerts:\n%s", difference(got, want))
	}
}

func checkSpread(t *testing.T, a pipeline.Alert, hosts []string) {
	for _, h := range hosts {
		if !strings.Contains(a.Summary, h) || !strings.Contains(a.Query, h) || !strings.Contains(a.Numbers["clients"], h) {
			t.Errorf("%s is not named in the summary, the query and the numbers: %s\n%s\n%v", h, a.Summary, a.Query, a.Numbers)
		}
	}
	if a.Client != hosts[0] || a.Events != 40 || a.Severity != pipeline.Critical {
		t.Errorf("client %s, %d events, severity %s; want where it began, 40, critical", a.Client, a.Events, a.Severity)
	}
	if !strings.HasPrefix(a.Numbers["stages"], "10:00:00 ") || !strings.Contains(a.Reason, "10:00:18 success after errors") {
		t.Errorf("stages %q; reason: %s", a.Numbers["stages"], a.Reason)
	}
	if strings.Count(a.Reason, "statements") < 3 || !strings.Contains(a.Reason, " Also: ") {
		t.Errorf("a reason explains the worst three rules and names the others: %s", a.Reason)
	}
	if a.Evidence[0].Time != a.FirstSeen || a.Numbers["worst_statement"] == "" || a.Numbers["first_statement"] != a.Evidence[0].Fingerprint {
		t.Errorf("first evidence at %v of %v, numbers %v", a.Evidence[0].Time, a.FirstSeen, a.Numbers)
	}
}
