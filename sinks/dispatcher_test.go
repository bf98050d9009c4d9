package sinks

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/time/rate"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

func named(name string, sink pipeline.Sink) *Named {
	return &Named{Name: name, Kind: "fake", Sink: sink, Rate: rate.Inf, Burst: 1}
}

// start runs a dispatcher; the returned function ends it and waits.
func start(t *testing.T, q Queue, o DispatcherOptions, sinks ...*Named) (*Dispatcher, func()) {
	t.Helper()
	d, err := NewDispatcher(sinks, q, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	return d, func() { cancel(); <-done }
}

func refuse(err error, retry bool) func(context.Context, pipeline.Alert) (bool, error) {
	return func(context.Context, pipeline.Alert) (bool, error) { return retry, err }
}

var errBusy = errors.New("busy")

func TestDeliversWorstFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		q.add("a", makeAlerts(3, pipeline.Info)...)
		q.add("a", makeAlerts(2, pipeline.Critical)...)
		d, stop := start(t, q, DispatcherOptions{}, named("a", s))
		synctest.Wait()
		want := []string{"critical-0000", "critical-0001", "info-0000", "info-0001", "info-0002"}
		if got := s.ids(); !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		q.add("a", makeAlerts(1, pipeline.Warning)...)
		d.Wake()
		synctest.Wait()
		if got := s.ids(); len(got) != 6 {
			t.Errorf("after Wake: %v", got)
		}
		stop()
		if q.count("a", pipeline.DeliverySent) != 6 {
			t.Error("not recorded as sent")
		}
	})
}

func TestHangingSinkHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, quick, hang := newMemory(), &fake{}, &fake{}
		hang.setAnswer(func(ctx context.Context, _ pipeline.Alert) (bool, error) {
			<-ctx.Done()
			return true, context.Cause(ctx)
		})
		q.add("quick", makeAlerts(50, pipeline.High)...)
		q.add("hang", makeAlerts(50, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{Drain: 3 * time.Second}, named("hang", hang), named("quick", quick))
		synctest.Wait()
		if n := len(quick.ids()); n != 50 {
			t.Errorf("%d delivered", n)
		}
		begin := time.Now()
		stop()
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("shutdown took %s", took)
		}
		if d := q.state("hang", "error-0000"); d.State != pipeline.DeliveryPending || d.Attempts != 0 {
			t.Errorf("a delivery cut short is %+v", d)
		}
	})
}

func TestRetriesForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		tries := 0
		s.setAnswer(func(context.Context, pipeline.Alert) (bool, error) { tries++; return true, errBusy })
		q.add("a", makeAlerts(1, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{}, named("a", s))
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		// At most one try in 2.5 minutes (half of the cap by chance), at least one in 5 minutes and a poll.
		if tries < 48*60/6 || tries > 48*60*60/150+20 {
			t.Errorf("%d tries in two days", tries)
		}
		if d := q.state("a", "error-0000"); d.State != pipeline.DeliveryPending || d.Attempts != tries || d.Detail != "busy" {
			t.Errorf("%+v", d)
		}
		s.setAnswer(nil)
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if q.state("a", "error-0000").State != pipeline.DeliverySent {
			t.Error("not delivered after the sink came back")
		}
		stop()
	})
}

func TestPoisonDoesNotBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		s.setAnswer(func(_ context.Context, a pipeline.Alert) (bool, error) {
			switch a.ID {
			case "error-0000":
				return true, errBusy
			case "error-0001":
				return false, errors.New("too long")
			}
			return false, nil
		})
		q.add("a", makeAlerts(20, pipeline.High)...)
		var log bytes.Buffer
		_, stop := start(t, q, DispatcherOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}, named("a", s))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := q.count("a", pipeline.DeliverySent); n != 18 {
			t.Errorf("%d sent", n)
		}
		if d := q.state("a", "error-0001"); d.State != pipeline.DeliveryFailed || d.Detail != "too long" || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
		if !strings.Contains(log.String(), `level=ERROR msg="alert refused for good"`) {
			t.Errorf("log: %s", log.String())
		}
		stop()
	})
}

func TestRetryAfterIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		var tries []time.Time
		s.setAnswer(func(context.Context, pipeline.Alert) (bool, error) {
			tries = append(tries, time.Now())
			if len(tries) == 1 {
				return true, &post.Error{Status: 429, Retry: true, RetryAfter: 90 * time.Second}
			}
			return false, nil
		})
		q.add("a", makeAlerts(3, pipeline.High)...)
		d, stop := start(t, q, DispatcherOptions{}, named("a", s))
		for range 80 {
			d.Wake() // news must not shorten the pause
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if len(tries) != 4 || tries[1].Sub(tries[0]) < 90*time.Second || tries[1].Sub(tries[0]) > 92*time.Second {
			t.Errorf("tries at %v", tries)
		}
		stop()
	})
}

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s, p := newMemory(), &fake{}, &fake{}
		slack, pager := named("slack", s), named("pager", p)
		slack.Rate, slack.Burst = limits("slack")
		pager.Rate, pager.Burst = limits("pagerduty")
		q.add("slack", makeAlerts(90, pipeline.High)...)
		q.add("pager", makeAlerts(400, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{}, slack, pager)
		time.Sleep(10 * time.Minute)
		stop()
		when := s.times()
		for i := 1; i < len(when); i++ {
			if when[i].Sub(when[i-1]) < time.Second {
				t.Fatalf("slack: %s between two messages", when[i].Sub(when[i-1]))
			}
		}
		when = p.times()
		for i := 120; i < len(when); i++ {
			if when[i].Sub(when[i-120]) < time.Minute {
				t.Fatalf("pagerduty: more than 120 in a minute")
			}
		}
		if len(s.ids()) != 90 || len(when) != 400 {
			t.Errorf("sent %d and %d", len(s.ids()), len(when))
		}
	})
}

func TestShutdownAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		s.setAnswer(refuse(errBusy, true))
		q.add("a", makeAlerts(5, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{}, named("a", s))
		time.Sleep(10 * time.Second)
		stop()
		if q.count("a", pipeline.DeliveryPending) != 5 {
			t.Fatal("something is no longer pending")
		}
		time.Sleep(time.Hour)
		s.setAnswer(nil)
		_, stop = start(t, q, DispatcherOptions{}, named("a", s))
		time.Sleep(time.Second)
		synctest.Wait()
		if q.count("a", pipeline.DeliverySent) != 5 {
			t.Errorf("sent after the restart: %v", s.ids())
		}
		// What is stored in the last moment is still sent while draining.
		q.add("a", makeAlerts(3, pipeline.Critical)...)
		stop()
		if q.count("a", pipeline.DeliverySent) != 8 {
			t.Errorf("not drained: %v", s.ids())
		}
	})
}

func TestQueueOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s := newMemory(), &fake{}
		s.setAnswer(func(context.Context, pipeline.Alert) (bool, error) { q.setDown(true); return false, nil })
		q.add("a", makeAlerts(2, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{}, named("a", s))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := s.ids(); len(got) != 1 {
			t.Fatalf("sent %v while the queue could not record it", got)
		}
		s.setAnswer(nil)
		q.setDown(false)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := s.ids(); len(got) != 2 || q.count("a", pipeline.DeliverySent) != 2 {
			t.Errorf("sent %v", got)
		}
		stop()
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, s, r := newMemory(), &fake{}, prometheus.NewRegistry()
		s.setAnswer(func(_ context.Context, a pipeline.Alert) (bool, error) {
			if a.ID == "error-0000" {
				return true, errBusy
			}
			return false, errors.New("no")
		})
		q.add("a", makeAlerts(2, pipeline.High)...)
		_, stop := start(t, q, DispatcherOptions{Registerer: r}, named("a", s))
		time.Sleep(70 * time.Second)
		stop()
		want := `
# HELP auditwarden_sink_failed_total Alerts that the sink refused for good.
# TYPE auditwarden_sink_failed_total counter
auditwarden_sink_failed_total{sink="a"} 1
# HELP auditwarden_sink_pending Alerts that wait for delivery, counted up to 1000.
# TYPE auditwarden_sink_pending gauge
auditwarden_sink_pending{sink="a"} 1
`
		if err := testutil.GatherAndCompare(r, strings.NewReader(want), "auditwarden_sink_failed_total", "auditwarden_sink_pending"); err != nil {
			t.Error(err)
		}
		if _, err := NewDispatcher(nil, q, DispatcherOptions{Registerer: r}); err == nil {
			t.Error("metrics registered twice without an error")
		}
	})
}

func TestWanted(t *testing.T) {
	a, b := named("a", &fake{}), named("b", &fake{})
	b.filter.min = pipeline.Critical
	d, err := NewDispatcher([]*Named{a, b}, newMemory(), DispatcherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Wanted(pipeline.Alert{Severity: pipeline.High}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v", got)
	}
}
