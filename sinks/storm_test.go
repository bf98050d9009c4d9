package sinks

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestStormBecomesASummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		n := named("page", s)
		n.PerMinute = 20
		q.add("page", makeAlerts(10, pipeline.Critical)...)
		q.add("page", makeAlerts(500, pipeline.Warning)...)
		_, stop := start(t, q, DispatcherOptions{}, n)
		synctest.Wait()
		got := s.alerts()
		if len(got) != 21 {
			t.Fatalf("%d alerts sent", len(got))
		}
		for i, a := range got[:10] {
			if a.Severity != pipeline.Critical {
				t.Errorf("alert %d is %s", i, a.ID)
			}
		}
		sum := got[20]
		if sum.Rule != StormRule || sum.Severity != pipeline.Warning || sum.Events != 490 || sum.Role != "shop_app" || sum.Client != "" {
			t.Errorf("summary %+v", sum)
		}
		if want := "490 more alerts: 490 × AW-INJ-001; roles 490 × shop_app"; sum.Summary != want {
			t.Errorf("summary says %q", sum.Summary)
		}
		if !strings.Contains(sum.Query, "FROM alerts") || len(sum.ID) != 32 {
			t.Errorf("query %q, id %q", sum.Query, sum.ID)
		}
		d := q.state("page", "warning-0499")
		if d.State != pipeline.DeliverySent || d.Detail != "sent as part of summary "+sum.ID {
			t.Errorf("a summarised delivery is recorded as %+v", d)
		}
		stop()
		if q.count("page", pipeline.DeliverySent) != 510 {
			t.Error("a delivery is not on record")
		}
	})
}

// TestLongStorm: five minutes of ten alerts a second page at most the limit and one summary a minute, as one incident.
func TestLongStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		n := named("page", s)
		n.PerMinute = 5
		d, stop := start(t, q, DispatcherOptions{}, n)
		for range 300 {
			for _, a := range makeAlerts(10, pipeline.High) {
				a.ID += a.DetectedAt.String()
				q.add("page", a)
			}
			d.Wake()
			time.Sleep(time.Second)
		}
		time.Sleep(2 * time.Minute)
		stop()
		if q.count("page", pipeline.DeliverySent) != 3000 {
			t.Errorf("%d of 3000 on record", q.count("page", pipeline.DeliverySent))
		}
		summaries := map[string]bool{}
		count, perMinute := 0, map[int64]int{}
		begin := s.times()[0]
		for i, a := range s.alerts() {
			perMinute[int64(s.times()[i].Sub(begin)/time.Minute)]++
			if a.Rule == StormRule {
				summaries[a.ID] = true
				count++
			}
		}
		if len(summaries) > 2 || count < 4 {
			t.Errorf("%d summaries under %d identities", count, len(summaries))
		}
		for minute, n := range perMinute {
			if n > 7 {
				t.Errorf("minute %d: %d pages", minute, n)
			}
		}
	})
}

// TestSummaryIsTheSameAfterACrash: it was sent, the process died before that was recorded, more alerts came.
func TestSummaryIsTheSameAfterACrash(t *testing.T) {
	many := func(n int) (out []pipeline.Delivery) {
		for _, a := range makeAlerts(n, pipeline.High) {
			a.DetectedAt = time.Date(2024, 5, 2, 10, 0, len(out), 0, time.UTC)
			out = append(out, pipeline.Delivery{Alert: a})
		}
		return out
	}
	if a, b := summary("page", 5, many(30)), summary("page", 5, many(40)); a.ID != b.ID {
		t.Error("the summary has another identity")
	}
	if a, b := summary("page", 5, many(30)), summary("other", 5, many(30)); a.ID == b.ID {
		t.Error("two sinks share a summary's identity")
	}
}

func TestRefusedSummary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		s.setAnswer(func(_ context.Context, a pipeline.Alert) (bool, error) {
			if a.Rule == StormRule {
				return false, errBusy
			}
			return false, nil
		})
		n := named("page", s)
		n.PerMinute = 10
		q.add("page", makeAlerts(45, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{}, n)
		time.Sleep(10 * time.Minute)
		stop()
		if got := len(s.ids()); got != 45 {
			t.Errorf("%d alerts sent one by one", got)
		}
	})
}

func TestTop(t *testing.T) {
	got := top(map[string]int{"a": 1, "b": 9, "c": 3, "d": 3, "e": 2, "f": 1, "g": 1})
	if want := "9 × b, 3 × c, 3 × d, 2 × e, 1 × a and 2 others"; got != want {
		t.Errorf("got %q", got)
	}
}
