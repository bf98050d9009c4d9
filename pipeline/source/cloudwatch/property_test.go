package cloudwatch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// store is what outlives the source: records by id, and positions.
type store struct {
	t         *testing.T
	records   map[pipeline.RecordID]string
	stored    int // repeats included
	positions map[string]string
	saves     int
	log       *slog.Logger
}

func newStore(t *testing.T) *store {
	s := &store{t: t, records: map[pipeline.RecordID]string{}, positions: map[string]string{}, log: slog.New(slog.DiscardHandler)}
	if os.Getenv("CLOUDWATCH_SEED") != "" {
		s.log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	return s
}

func (s *store) keep(b pipeline.Batch) {
	for i := range b.Records {
		r := &b.Records[i]
		s.records[r.ID()] = string(r.Raw)
		s.stored++
	}
}

func (s *store) save(_ context.Context, positions map[string]string) error {
	s.saves++
	for k, v := range positions {
		if v == "" {
			delete(s.positions, k)
		} else {
			s.positions[k] = v
		}
	}
	return nil
}

func (s *store) open(cfg Config, api api) *Source {
	s.t.Helper()
	source, err := newSource(cfg, Options{Source: "test", Positions: maps.Clone(s.positions), Save: s.save, Logger: s.log}, api, "eu-central-1", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	source.begin()
	return source
}

// drain reads, stores and acknowledges until the time is up.
func (s *store) drain(source *Source, d time.Duration) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	for {
		b, err := source.Read(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.t.Fatal(err)
			}
			return
		}
		s.keep(b)
		if err := b.Ack(context.WithoutCancel(ctx)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func testConfig() Config {
	c := Default()
	c.Prefixes = []string{"/aws/rds/"}
	c.RequestsPerSecond = 50
	return c
}

func seeds(t *testing.T, n int) []uint64 {
	if text := os.Getenv("CLOUDWATCH_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	out := make([]uint64, n)
	for i := range out {
		out[i] = rand.Uint64()
	}
	return out
}

// TestEveryEventOnce: days of events, most on time, some late by anything up to the horizon, two groups, streams that
// rotate, every fault the service knows, and a process that dies between read and store, between store and ack, or any
// time. In the end every event is there, under one record id, and nothing else is.
func TestEveryEventOnce(t *testing.T) {
	for _, seed := range seeds(t, seedCount()) {
		t.Run(fmt.Sprintf("CLOUDWATCH_SEED=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { everyEventOnce(t, seed) })
		})
	}
}

func everyEventOnce(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	time.Sleep(time.Duration(rng.IntN(100)) * time.Second)
	begin := time.Now()
	cfg := testConfig()
	cfg.Horizon = []time.Duration{time.Hour, 6 * time.Hour, 30 * time.Hour}[rng.IntN(3)]
	cfg.RememberIDs = []int{0, 200, 1_000_000}[rng.IntN(3)]
	cfg.Start = begin.UTC().Format(time.RFC3339)
	service := newService(seed, 1+rng.IntN(200))
	service.faults = map[string]int{
		"throttle": 30, "internal": 20, "network": 20, "token": 30, "empty": 100, "duplicate": 50, "reorder": 50, "credentials": 5, "outside": 20,
	}
	length := cfg.Horizon
	want := map[string]bool{}
	for _, name := range []string{"/aws/rds/instance/a/postgresql", "/aws/rds/cluster/b/audit"} {
		service.create(name, begin.Add(-time.Hour))
		fill(service, rng, name, begin, length, cfg.Horizon, want)
	}

	s := newStore(t)
	kills := 0
	source := s.open(cfg, service)
	calm := begin.Add(length + cfg.Horizon/2)
	deadline := calm.Add(2*cfg.Horizon + time.Hour)
	nextKill := begin
	for time.Now().Before(deadline) {
		if time.Now().After(nextKill) && time.Now().Before(calm) {
			nextKill = time.Now().Add(time.Duration(rng.Int64N(int64(length) / 8)))
			kills++
			if err := source.Close(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.Int64N(int64(cfg.Horizon) / 10)))
			source = s.open(cfg, service)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		b, err := source.Read(ctx)
		cancel()
		switch {
		case err != nil:
			continue
		case rng.IntN(100) == 0 && time.Now().Before(calm):
			nextKill = begin // dies before it stores
			continue
		}
		s.keep(b)
		if rng.IntN(100) == 0 && time.Now().Before(calm) {
			nextKill = begin // dies before it acknowledges
			continue
		}
		if err := b.Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	s.compare(want)
	requests, returned := service.counts()
	t.Logf("%d events, %d stored, %d kills, %d requests, %d events in pages, %d positions", len(want), s.stored, kills, requests, returned, len(s.positions))
}

// fill makes a group's events: want gets those that must be delivered.
func fill(service *service, rng *rand.Rand, name string, begin time.Time, length, horizon time.Duration, want map[string]bool) {
	floor := floorMinute(begin.UnixMilli())
	var events []fakeEvent
	for i := range 3000 {
		at := begin.Add(time.Duration(rng.Int64N(int64(length))) - 10*time.Minute)
		if rng.IntN(4) == 0 && len(events) > 0 {
			at = time.UnixMilli(events[len(events)-1].at) // the same millisecond
		}
		late := time.Duration(rng.Int64N(int64(2 * time.Second)))
		switch rng.IntN(10) {
		case 0: // anything up to the horizon, on a logarithmic scale
			late = time.Duration(math.Exp(rng.Float64() * math.Log(float64(horizon)*0.95)))
		case 1, 2:
			late = time.Duration(rng.Int64N(int64(3 * time.Minute)))
		case 3:
			late = -time.Duration(rng.Int64N(int64(100 * time.Minute))) // a clock that is ahead
		}
		e := fakeEvent{
			at: at.UnixMilli(), ingested: at.Add(late).UnixMilli(), stream: fmt.Sprintf("stream-%d-%d", rng.IntN(3), int(at.Sub(begin)/time.Hour)),
			message: fmt.Sprintf("%s event %d", name, i),
		}
		events = append(events, e)
		if e.at >= floor {
			want[e.message] = true
		}
	}
	service.put(name, events...)
}

func (s *store) compare(want map[string]bool) {
	s.t.Helper()
	have := map[string]int{}
	for _, text := range s.records {
		have[text]++
	}
	missing, twice, extra := 0, 0, 0
	for text := range want {
		switch have[text] {
		case 0:
			missing++
		case 1:
		default:
			twice++
		}
	}
	for text := range have {
		if !want[text] {
			extra++
		}
	}
	if missing+twice+extra > 0 {
		s.t.Errorf("of %d events %d are missing, %d have two record ids, %d should not be there", len(want), missing, twice, extra)
	}
}

// seedCount is 4, or as many as CLOUDWATCH_SEEDS says.
func seedCount() int {
	if n, err := strconv.Atoi(os.Getenv("CLOUDWATCH_SEEDS")); err == nil {
		return n
	}
	return 4
}
