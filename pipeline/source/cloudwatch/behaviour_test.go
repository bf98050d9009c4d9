package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// steady makes one event a second for d, each ingested a moment later, and one in a hundred late.
func steady(s *service, group string, begin time.Time, d time.Duration, late func(i int) time.Duration) (want map[string]bool) {
	want = map[string]bool{}
	var events []fakeEvent
	for i := range int(d / time.Second) {
		at := begin.Add(time.Duration(i) * time.Second)
		e := fakeEvent{at: at.UnixMilli(), ingested: at.Add(time.Second + late(i)).UnixMilli(), stream: "s", message: fmt.Sprintf("%s %d", group, i)}
		events = append(events, e)
		want[e.message] = true
	}
	s.put(group, events...)
	return want
}

func onTime(int) time.Duration { return 0 }

func oneInHundredLate(i int) time.Duration {
	if i%100 == 7 {
		return time.Duration(1+i%50) * time.Minute
	}
	return 0
}

// TestNoRepeats: without crashes nothing is delivered twice, late events and the overlap included.
func TestNoRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 500)
		svc.faults = map[string]int{"duplicate": 100, "reorder": 100, "empty": 100, "token": 50, "throttle": 50}
		svc.create("/aws/rds/a", time.Now())
		want := steady(svc, "/aws/rds/a", time.Now(), 3*time.Hour, oneInHundredLate)
		cfg := testConfig()
		cfg.Horizon = 2 * time.Hour
		s := newStore(t)
		source := s.open(cfg, svc)
		s.drain(source, 7*time.Hour)
		source.Close()
		s.compare(want)
		if s.stored != len(want) {
			t.Errorf("%d records for %d events", s.stored, len(want))
		}
		if n := testutil.ToFloat64(source.metrics.late); n < 100 {
			t.Errorf("%v late events found", n)
		}
	})
}

// TestCost: each event is read a fixed number of times, and history before the start is not read at all.
func TestCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 10_000)
		time.Sleep(400 * 24 * time.Hour)
		svc.create("/aws/rds/a", time.Now().Add(-300*24*time.Hour))
		steady(svc, "/aws/rds/a", time.Now().Add(-24*time.Hour), 24*time.Hour-time.Minute, onTime)
		want := steady(svc, "/aws/rds/a", time.Now(), 8*time.Hour, onTime)
		cfg := testConfig()
		cfg.Horizon = 24 * time.Hour
		s := newStore(t)
		source := s.open(cfg, svc)
		s.drain(source, 38*time.Hour)
		source.Close()
		s.compare(want)
		requests, returned := svc.counts()
		perEvent := float64(returned) / float64(len(want))
		// Overlap and poll: (10 s + 5 s) / 5 s; verifiers: 80 s, 11 min, 85 min, 11 h, 24 h.
		if perEvent > 3.2+5.1 || perEvent < 5 {
			t.Errorf("each event was read %.1f times", perEvent)
		}
		if s.stored != len(want) {
			t.Errorf("%d records for %d events", s.stored, len(want))
		}
		t.Logf("each event read %.1f times, %d requests in 38 hours, %d saves", perEvent, requests, s.saves)
	})
}

// TestRestartIsCheap: a restart with nothing but the positions repeats the overlap and a slice, not the horizon.
func TestRestartIsCheap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 1000)
		svc.create("/aws/rds/a", time.Now())
		want := steady(svc, "/aws/rds/a", time.Now(), 4*time.Hour, onTime)
		s := newStore(t)
		restarts := 20
		for range restarts {
			source := s.open(testConfig(), svc)
			s.drain(source, 13*time.Minute)
			source.Close()
		}
		source := s.open(testConfig(), svc)
		s.drain(source, 2*time.Hour)
		source.Close()
		s.compare(want)
		if repeated := s.stored - len(want); repeated > restarts*30 {
			t.Errorf("%d repeats in %d restarts", repeated, restarts)
		}
	})
}

// TestLateIsFoundInProportion: an event late by L is delivered at an age of not much more than eight times L.
func TestLateIsFoundInProportion(t *testing.T) {
	for _, late := range []time.Duration{5 * time.Second, 30 * time.Second, 5 * time.Minute, time.Hour, 10 * time.Hour, 80 * time.Hour, 330 * time.Hour} {
		t.Run(late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				svc := newService(1, 1000)
				svc.create("/aws/rds/a", time.Now())
				at := time.Now().Add(3 * time.Minute)
				svc.put("/aws/rds/a", fakeEvent{at: at.UnixMilli(), ingested: at.Add(late).UnixMilli(), stream: "s", message: "late"})
				cfg := testConfig()
				if late > time.Hour {
					cfg.Poll = 2 * time.Minute // fewer steps
				}
				source := newStore(t).open(cfg, svc)
				defer source.Close()
				ctx, cancel := context.WithTimeout(t.Context(), 30*24*time.Hour)
				defer cancel()
				for {
					b, err := source.Read(ctx)
					if err != nil {
						t.Fatal("not delivered")
					}
					if len(b.Records) > 0 {
						break
					}
				}
				age := time.Since(at)
				limit := min(max(10*late, 3*time.Minute), 14*24*time.Hour*5/4+time.Hour)
				if late < 10*time.Second {
					limit = late + 25*time.Second
				}
				if age < late || age > limit {
					t.Errorf("delivered at the age of %s, limit %s", age, limit)
				}
			})
		})
	}
}

// TestBackfillFollowsTheHead: a start in the past is read while new events arrive within seconds.
func TestBackfillFollowsTheHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 100)
		time.Sleep(100 * time.Hour)
		svc.create("/aws/rds/a", time.Now().Add(-100*time.Hour))
		begin := time.Now()
		want := steady(svc, "/aws/rds/a", begin.Add(-24*time.Hour), 25*time.Hour, onTime)
		cfg := testConfig()
		cfg.Start, cfg.RequestsPerSecond = "24h", 4
		s := newStore(t)
		source := s.open(cfg, svc)
		worst, backfilled := time.Duration(0), false
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Hour)
		defer cancel()
		for {
			b, err := source.Read(ctx)
			if err != nil {
				break
			}
			for i := range b.Records {
				if at := b.Records[i].Time; at.After(begin.Add(time.Minute)) {
					worst = max(worst, time.Since(at))
					backfilled = backfilled || len(s.records) > 80_000
				}
			}
			s.keep(b)
			if err := b.Ack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		source.Close()
		for text := range want { // the first and last minutes are not asked for exactly
			if len(s.records) < len(want)-120 {
				t.Fatalf("%d of %d events, for example not %q", len(s.records), len(want), text)
			}
		}
		if worst > 20*time.Second || !backfilled {
			t.Errorf("a new event waited %s for the past", worst)
		}
	})
}

func TestDiscovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 100)
		time.Sleep(24 * time.Hour)
		svc.create("/aws/rds/old", time.Now().Add(-time.Hour))
		svc.create("/aws/rds/a/slowquery", time.Now())
		svc.create("/aws/lambda/x", time.Now())
		cfg := testConfig()
		cfg.Groups, cfg.Exclude = []string{"single"}, []string{"*/slowquery"}
		s := newStore(t)
		source := s.open(cfg, svc)
		s.drain(source, time.Hour)
		want := map[string]bool{}
		put := func(group, message string, wanted bool) {
			now := time.Now().UnixMilli()
			svc.put(group, fakeEvent{at: now, ingested: now, stream: "s", message: message})
			if wanted {
				want[message] = true
			}
		}
		svc.create("/aws/rds/new", time.Now())
		svc.create("single", time.Now())
		put("/aws/rds/new", "first of a new group", true)
		put("single", "of the group by name", true)
		put("/aws/rds/old", "of the old", true)
		put("/aws/rds/a/slowquery", "excluded", false)
		put("/aws/lambda/x", "not chosen", false)
		s.drain(source, 5*time.Minute)
		s.compare(want)

		svc.mu.Lock()
		delete(svc.groups, "/aws/rds/new")
		svc.mu.Unlock()
		s.drain(source, 5*time.Minute)
		svc.create("/aws/rds/new", time.Now())
		put("/aws/rds/new", "of its successor", true)
		s.drain(source, 5*time.Minute)
		source.Close()
		s.compare(want)
		if s.stored != len(want) {
			t.Errorf("%d records for %d events", s.stored, len(want))
		}
	})
}

// TestFairShare: groups that are all far behind get the same number of requests, and under throttling the rate goes
// down for all and comes back.
func TestFairShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 10)
		time.Sleep(24 * time.Hour)
		for i := range 5 {
			name := fmt.Sprintf("/aws/rds/%d", i)
			svc.create(name, time.Now().Add(-10*time.Hour))
			steady(svc, name, time.Now().Add(-10*time.Hour), 10*time.Hour, onTime)
		}
		cfg := testConfig()
		cfg.Start, cfg.RequestsPerSecond = "10h", 10
		source := newStore(t).open(cfg, svc)
		got := map[string]int{}
		read := func(d time.Duration) (total int) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			for {
				b, err := source.Read(ctx)
				if err != nil {
					return total
				}
				if len(b.Records) > 0 {
					group, _, _ := strings.Cut(b.Records[0].Stream, ":")
					got[group]++
					total++
				}
			}
		}
		free := read(10 * time.Minute)
		for group, n := range got {
			if n < free/5*8/10 || n > free/5*12/10 {
				t.Errorf("%s got %d of %d pages", group, n, free)
			}
		}
		svc.mu.Lock()
		svc.faults = map[string]int{"throttle": 500}
		svc.mu.Unlock()
		before, _ := svc.counts()
		read(10 * time.Minute)
		after, _ := svc.counts()
		if perSecond := float64(after-before) / 600; perSecond > 3 {
			t.Errorf("%.1f requests a second while half of them are throttled", perSecond)
		}
		svc.mu.Lock()
		svc.faults = nil
		svc.mu.Unlock()
		read(5 * time.Minute)
		if rate := source.limiter.current(); rate != 10 {
			t.Errorf("the rate came back to %v only", rate)
		}
		source.Close()
	})
}

// TestBackPressure: nobody reads, so nothing is requested beyond a page for each group.
func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 10)
		svc.create("/aws/rds/a", time.Now())
		want := steady(svc, "/aws/rds/a", time.Now(), 3*time.Hour, onTime)
		s := newStore(t)
		source := s.open(testConfig(), svc)
		s.drain(source, 10*time.Minute)
		before, _ := svc.counts()
		time.Sleep(2 * time.Hour)
		if after, _ := svc.counts(); after-before > 3 {
			t.Errorf("%d requests while nobody read", after-before)
		}
		s.drain(source, 4*time.Hour)
		source.Close()
		s.compare(want)
	})
}

func TestSavesOnAckOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 10)
		svc.create("/aws/rds/a", time.Now())
		want := steady(svc, "/aws/rds/a", time.Now(), 30*time.Minute, onTime)
		s := newStore(t)
		down := true
		saves := 0
		source, err := newSource(testConfig(), Options{Source: "test", Save: func(ctx context.Context, p map[string]string) error {
			saves++
			if down {
				return errors.New("store is down")
			}
			return s.save(ctx, p)
		}}, svc, "eu-central-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		source.begin()
		for range 100 {
			b, err := source.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.keep(b)
			before := saves
			synctest.Wait()
			if saves != before {
				t.Fatal("saved without an ack")
			}
			if err := b.Ack(t.Context()); b.Positions != nil && (err == nil || !strings.Contains(err.Error(), "store is down")) {
				t.Fatalf("ack: %v", err)
			}
		}
		down = false
		s.drain(source, time.Minute)
		source.Close()
		// What failed to be saved was saved with a later ack: a new process goes on from here.
		source = s.open(testConfig(), svc)
		s.drain(source, time.Hour)
		source.Close()
		s.compare(want)
		if s.stored > len(want)+60 {
			t.Errorf("%d records for %d events", s.stored, len(want))
		}
	})
}

// jumping is a clock that somebody sets.
type jumping struct{ ahead time.Duration }

func (j *jumping) Now() time.Time                         { return time.Now().Add(j.ahead) }
func (j *jumping) After(d time.Duration) <-chan time.Time { return time.After(d) }

// TestClockJumps: our clock is set an hour forward and two hours back; nothing is lost.
func TestClockJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 100)
		svc.create("/aws/rds/a", time.Now())
		want := steady(svc, "/aws/rds/a", time.Now(), 4*time.Hour, oneInHundredLate)
		clock := &jumping{}
		s := newStore(t)
		cfg := testConfig()
		cfg.Horizon = 4 * time.Hour
		source, err := newSource(cfg, Options{Source: "test", Clock: clock, Save: s.save}, svc, "eu-central-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		source.begin()
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour, 0} {
			source.Close()
			clock.ahead = ahead
			source, err = newSource(cfg, Options{Source: "test", Clock: clock, Save: s.save, Positions: s.positions}, svc, "eu-central-1", nil)
			if err != nil {
				t.Fatal(err)
			}
			source.begin()
			s.drain(source, time.Hour)
		}
		s.drain(source, 8*time.Hour)
		source.Close()
		s.compare(want)
	})
}

// TestStreamsRotate: positions of streams without news are forgotten after the horizon.
func TestStreamsRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(1, 100)
		svc.create("/aws/rds/a", time.Now())
		want := map[string]bool{}
		for i := range 500 {
			at := time.Now().Add(time.Duration(i) * 10 * time.Minute)
			e := fakeEvent{at: at.UnixMilli(), ingested: at.UnixMilli(), stream: fmt.Sprintf("stream-%d", i), message: fmt.Sprint(i)}
			want[e.message] = true
			svc.put("/aws/rds/a", e)
		}
		cfg := testConfig()
		cfg.Horizon = time.Hour
		s := newStore(t)
		source := s.open(cfg, svc)
		s.drain(source, 500*10*time.Minute+time.Hour)
		source.Close()
		s.compare(want)
		if len(s.positions) > 20 {
			t.Errorf("%d positions are kept", len(s.positions))
		}
	})
}

func TestRefusedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newStore(t).open(testConfig(), denied{})
		defer source.Close()
		if _, err := source.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "list log groups: api error AccessDeniedException: not authorized") {
			t.Errorf("%v", err)
		}
	})
}

func TestLimiterSpacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(4, nil)
		begin := time.Now()
		for range 41 {
			if err := l.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if rand.IntN(2) == 0 {
				time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
			}
		}
		if took := time.Since(begin); took < 10*time.Second || took > 11*time.Second {
			t.Errorf("41 requests took %s", took)
		}
		for range 20 {
			l.throttled()
		}
		if l.current() != least {
			t.Errorf("rate %v", l.current())
		}
	})
}
