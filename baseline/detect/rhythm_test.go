package detect_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// TestRhythm holds v_role_rhythm, and what show prints of it, to three weeks that can be reckoned by hand.
func TestRhythm(t *testing.T) {
	y := newDiary(t)
	monday := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	night := monday.AddDate(0, 0, 15).Add(-6 * time.Hour) // Tuesday 03:30 of the third week
	var events []pipeline.Event
	for week, times := range []int{2, 4, 6} {
		for n := range times {
			events = append(events, webEvent(monday.AddDate(0, 0, 7*week).Add(time.Duration(n)*time.Second), "10.0.0.5", "usual"))
		}
	}
	y.write(append(events, webEvent(night, "10.0.0.5", "usual"))...)
	list, err := y.d.Profiles().Show(t.Context(), "c1", "shop", "web", y.clock)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d profiles, %v", len(list), err)
	}
	r := list[0].Rhythm[0]
	for _, q := range list[0].Rhythm {
		if q.Metric == "events" {
			r = q
		}
	}
	const nine, three = 9, 24 + 3
	if r.Low[nine] != 2 || r.Median[nine] != 4 || r.High[nine] != 6 {
		t.Errorf("Monday at nine: %v, %v, %v; want 2, 4, 6", r.Low[nine], r.Median[nine], r.High[nine])
	}
	if r.Median[three] != 0 || r.High[three] != 1 {
		t.Errorf("Tuesday at three: %v, %v; want 0, 1: weeks without count", r.Median[three], r.High[three])
	}
	// The last 168 hours hold 7 events, the 187 before them 6.
	if want := 7.0 / 168; math.Abs(r.Level-want) > 1e-9 {
		t.Errorf("level %v, want %v", r.Level, want)
	}
	if want := (7.0 / 168) / (6.0 / 187); r.Trend == nil || math.Abs(*r.Trend-want) > 1e-9 {
		t.Errorf("trend %v, want %v", r.Trend, want)
	}
	var b strings.Builder
	if err := list[0].WriteText(&b, 3); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Mon ·········█··············\n", "Tue ························\n", "last week 0.0417 on average, 1.30 of the weeks before"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
