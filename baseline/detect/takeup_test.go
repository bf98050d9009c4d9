package detect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
)

// TestTakeUp: whose work it is, put off by a detector that then ended, is asked by the next one.
func TestTakeUp(t *testing.T) {
	y := newDiary(t)
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	work := func(role string, at time.Time, times int, shapes ...string) (events []pipeline.Event) {
		for n := range times {
			for _, shape := range shapes {
				e := webEvent(at.Add(time.Duration(n)*time.Second), "10.0.0.5", shape)
				e.Role = role
				events = append(events, e)
			}
		}
		return events
	}
	var reports []string
	for n := range 8 {
		reports = append(reports, fmt.Sprintf("report%d", n))
	}
	var week []pipeline.Event
	for n := range 7 {
		day := start.AddDate(0, 0, n)
		week = append(week, work("report", day, 20, reports...)...)
		week = append(week, work("web", day, 400, "page")...)
	}
	week = append(week, work("web", start, 1, reports...)...)
	y.write(week...)
	y.d.PutOff()
	y.write(work("web", start.AddDate(0, 0, 7), 1, reports...)...)
	if len(y.alerts.of("AW-NEW-012")) != 0 {
		t.Fatal("asked at once: the test would show nothing")
	}
	next, err := detect.New(detect.Default(), detect.Options{Conn: y.db.Conn(), Alerts: y.alerts, Clock: func() time.Time { return y.clock }, Logger: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	steps(t, next)
	if got := y.alerts.of("AW-NEW-012"); len(got) != 1 || got[0].Role != "web" {
		t.Errorf("the next detector did not ask: %v", got)
	}
}
