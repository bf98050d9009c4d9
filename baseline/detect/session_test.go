package detect

import (
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// at makes a minute of hits that many seconds after noon.
func at(rule string, seconds int, events uint64, subjects ...string) minute {
	t := noon.Add(time.Duration(seconds) * time.Second)
	return minute{rule: rule, bucket: t.Truncate(time.Minute), first: t, last: t, events: events, subjects: subjects}
}

func TestThreshold(t *testing.T) {
	tests := []struct {
		name string
		t    Threshold
		in   []minute
		want int // minutes kept
	}{
		{"enough in one minute", Threshold{Within: time.Minute, Events: 2}, []minute{at("r", 0, 2)}, 1},
		{"enough over a boundary", Threshold{Within: time.Minute, Events: 2}, []minute{at("r", 59, 1), at("r", 61, 1)}, 2},
		{"too far apart", Threshold{Within: time.Minute, Events: 2}, []minute{at("r", 0, 1), at("r", 125, 1)}, 0},
		{"only the window that reaches it", Threshold{Within: 5 * time.Minute, Events: 5}, []minute{at("r", 0, 1), at("r", 1200, 3), at("r", 1260, 2), at("r", 4000, 1)}, 2},
		{"distinct values count once", Threshold{Within: 5 * time.Minute, Events: 3, Distinct: "subject", Values: 3}, []minute{at("r", 0, 9, "a", "b"), at("r", 70, 9, "b")}, 0},
		{"distinct values over minutes", Threshold{Within: 5 * time.Minute, Events: 3, Distinct: "subject", Values: 3}, []minute{at("r", 0, 1, "a", "b"), at("r", 70, 2, "b", "c")}, 2},
		{"a value that left the window no longer counts", Threshold{Within: 2 * time.Minute, Events: 1, Distinct: "subject", Values: 2}, []minute{at("r", 0, 1, "a"), at("r", 300, 1, "b")}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := len(test.t.over(test.in)); got != test.want {
				t.Errorf("%d minutes kept, want %d", got, test.want)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	r := &Rule{ID: "R", Window: 10 * time.Minute, Steps: []Step{{Events: 5}, {}}}
	fail := func(s int, n uint64) minute { return at("R#0", s, n) }
	good := func(s int) minute { return at("R#1", s, 1) }
	tests := []struct {
		name  string
		steps [][]minute
		want  int
	}{
		{"in order", [][]minute{{fail(0, 5)}, {good(90)}}, 2},
		{"in the same minute", [][]minute{{fail(0, 5)}, {good(30)}}, 2},
		{"the other way round", [][]minute{{fail(90, 5)}, {good(0)}}, 0},
		{"too few", [][]minute{{fail(0, 4)}, {good(90)}}, 0},
		{"gathered over minutes", [][]minute{{fail(0, 3), fail(70, 3)}, {good(130)}}, 3},
		{"too late", [][]minute{{fail(0, 5)}, {good(1000)}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := len(r.follow(test.steps)); got != test.want {
				t.Errorf("%d minutes taken, want %d", got, test.want)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	const gap = 30 * time.Minute
	tests := []struct {
		name    string
		seconds []int
		want    int
	}{
		{"one after the other", []int{0, 100, 1700}, 1},
		{"a pause of just the gap", []int{0, 1800}, 1},
		{"a pause longer than the gap", []int{0, 1801}, 2},
		{"given out of order", []int{1700, 0, 900}, 1},
		{"over midnight", []int{12*3600 - 60, 12*3600 + 60}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var in []minute
			for _, s := range test.seconds {
				in = append(in, at("r", s, 1))
			}
			got := sessions("f", "cluster", in, gap)
			if len(got) != test.want {
				t.Fatalf("%d campaigns, want %d", len(got), test.want)
			}
			windows := map[time.Time]bool{}
			for _, c := range got {
				windows[c.window] = true
			}
			if len(windows) != len(got) {
				t.Error("two campaigns share a window, and so an id")
			}
		})
	}
}

// TestSessionsNeverPausing cuts what never pauses after each day, at the same places however it is given.
func TestSessionsNeverPausing(t *testing.T) {
	var in []minute
	for i := range 60 * 50 {
		in = append(in, at("r", i*60, 1))
	}
	got := sessions("f", "cluster", slices.Clone(in), 30*time.Minute)
	if len(got) != 3 {
		t.Fatalf("%d campaigns in 50 hours, want 3", len(got))
	}
	slices.Reverse(in)
	for i, c := range sessions("f", "cluster", in, 30*time.Minute) {
		if !c.window.Equal(got[i].window) {
			t.Errorf("campaign %d begins at %v, want %v", i, c.window, got[i].window)
		}
	}
}

func TestMemory(t *testing.T) {
	c := campaign{family: "f", shape: "cluster", key: key{"c1"}, first: noon, last: noon.Add(time.Hour), window: noon}
	fresh := c.memory(nil)
	if fresh.id == "" || fresh.id != c.memory(nil).id {
		t.Fatal("the id of a new campaign is not the same each time")
	}
	stored := memory{family: "f", key: key{"c1"}, id: "kept", first: noon.Add(10 * time.Minute), last: noon.Add(20 * time.Minute)}
	if got := c.memory([]memory{stored}).id; got != "kept" {
		t.Errorf("a campaign whose beginning came late has id %s, want that of its alert", got)
	}
	other := stored
	other.key = key{"c2"}
	before := stored
	before.first, before.last = noon.Add(-2*time.Hour), noon.Add(-time.Hour)
	if got := c.memory([]memory{other, before}).id; got != fresh.id {
		t.Error("a campaign took the alert of another cluster or time")
	}
}
