package detect_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
)

// kept collects alerts as a store does: the newest of each id.
type kept map[string]pipeline.Alert

func (k kept) InsertAlerts(_ context.Context, alerts []pipeline.Alert) error {
	for _, a := range alerts {
		k[a.ID] = a
	}
	return nil
}

// what gives one line for each alert: who, which rules, when, how much.
func (k kept) what() []string {
	var out []string
	for _, a := range k {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%d|%s", a.ID, a.Cluster, a.Role, a.Client, a.Application, a.Numbers["rules"],
			a.FirstSeen.Format(time.RFC3339Nano), a.LastSeen.Format(time.RFC3339Nano), a.Events, a.Severity))
	}
	sort.Strings(out)
	return out
}

// about gives which family of rules spoke about whom, without times and counts.
func (k kept) about() []string {
	var out []string
	for _, a := range k {
		out = append(out, fmt.Sprintf("%s|%s|%s|%s|%s", a.Cluster, a.Role, a.Client, a.Application, a.Rule[:6]))
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// week is eight days of two roles at work and, on the last, an intrusion: injection through the web role, guessed
// passwords, an unknown client, a copied table, a switched-off audit.
func week() []pipeline.Event {
	rng := rand.New(rand.NewPCG(1, 2))
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var out []pipeline.Event
	add := func(at time.Time, e pipeline.Event, kind, fingerprint string, tables []pipeline.Table, signals ...string) {
		e.EventTime, e.IngestedAt, e.TimeCertainty = at, at, pipeline.TimeExact
		e.Engine, e.Cluster, e.Format = pipeline.PostgreSQL, "c1", "test"
		if e.Database == "" {
			e.Database = "shop"
		}
		if e.Kind == "" {
			e.Kind, e.Outcome = pipeline.KindStatement, pipeline.OutcomeSuccess
		}
		if fingerprint != "" {
			st := &pipeline.Statement{Engine: pipeline.PostgreSQL, Fingerprint: fingerprint, FingerprintVersion: 1, Normalized: "SELECT " + fingerprint, Kinds: []string{kind}, Tables: tables}
			for _, s := range signals {
				st.Signals = append(st.Signals, pipeline.Signal{Name: s})
			}
			st.Suspicious = slices.Contains(signals, "union_catalog")
			e.SQL = st
		}
		out = append(out, e)
	}
	orders := []pipeline.Table{{Schema: "public", Name: "orders", Access: pipeline.Read}}
	customers := []pipeline.Table{{Schema: "public", Name: "customers", Access: pipeline.Read}}
	web := pipeline.Event{Role: "web", ClientAddr: "10.0.0.5", Application: "shop"}
	dba := pipeline.Event{Role: "dba", ClientAddr: "10.0.1.9", Application: "psql"}
	for day := range 8 {
		for hour := range 24 {
			for range 3 {
				e := web
				e.Rows, e.Has = int64(rng.IntN(40)), pipeline.HasRows
				add(start.AddDate(0, 0, day).Add(time.Duration(hour)*time.Hour+time.Duration(rng.IntN(3500))*time.Second), e, "select", fmt.Sprintf("w%d", rng.IntN(7)), orders)
			}
		}
		add(start.AddDate(0, 0, day).Add(9*time.Hour+time.Duration(rng.IntN(600))*time.Second), dba, "create_index", "d1", orders, "schema_create")
	}
	bad := start.AddDate(0, 0, 7).Add(10*time.Hour + 12*time.Minute)
	for i := range 60 {
		add(bad.Add(time.Duration(i)*7*time.Second), web, "select", fmt.Sprintf("inj%d", i%20), orders, "union_catalog")
		fail := web
		fail.Kind, fail.Outcome, fail.SQLState = pipeline.KindError, pipeline.OutcomeFailure, "42601"
		add(bad.Add(time.Duration(i)*7*time.Second+time.Second), fail, "select", fmt.Sprintf("err%d", i%9), nil)
	}
	for i := range 9 {
		add(bad.Add(2*time.Hour+time.Duration(i)*time.Second), pipeline.Event{Kind: pipeline.KindLoginFailure, Outcome: pipeline.OutcomeFailure, Role: "dba", ClientAddr: "192.168.66.6"}, "", "", nil)
	}
	thief := pipeline.Event{Role: "dba", ClientAddr: "192.168.66.6", Application: "DBeaver"}
	in := thief
	in.Kind, in.Outcome = pipeline.KindConnect, pipeline.OutcomeSuccess
	add(bad.Add(2*time.Hour+time.Minute), in, "", "", nil)
	add(bad.Add(2*time.Hour+2*time.Minute), thief, "alter_system", "off", nil, "audit_disable")
	copied := thief
	copied.Rows, copied.Has = 40000, pipeline.HasRows
	add(bad.Add(2*time.Hour+3*time.Minute), copied, "copy", "copy", customers, "whole_table_read")
	sort.SliceStable(out, func(i, j int) bool { return out[i].EventTime.Before(out[j].EventTime) })
	for i := range out {
		r := pipeline.Record{Source: "s", Stream: "f", Offset: int64(i)}
		out[i].RecordID, out[i].Source, out[i].Stream, out[i].Offset, out[i].Lines = r.ID(), "s", "f", int64(i), 1
	}
	return out
}

// judgeAll commits the batches one after the other, each judged before the next comes, and gives all alerts.
func judgeAll(t *testing.T, batches [][]pipeline.Event) kept {
	t.Helper()
	db, conn := store(t)
	alerts := kept{}
	cfg := detect.Default()
	cfg.SensitiveTables = []string{"public.customers"}
	d, err := detect.New(cfg, detect.Options{Conn: conn, Alerts: alerts, Logger: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range batches {
		id := sha256.Sum256(fmt.Appendf(nil, "batch %d %d", i, len(b)))
		c := &pipeline.Commit{ID: hex.EncodeToString(id[:16]), Source: "s", Decoded: &pipeline.Decoded{Events: slices.Clone(b)}, LinesIn: uint64(len(b)), Arrived: time.Now()}
		if err := db.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for {
			n, _, err := d.Step(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
		}
	}
	return alerts
}

// cut splits events into n batches at random places.
func cut(events []pipeline.Event, n int, rng *rand.Rand) [][]pipeline.Event {
	at := []int{0, len(events)}
	for range n - 1 {
		at = append(at, rng.IntN(len(events)))
	}
	sort.Ints(at)
	var out [][]pipeline.Event
	for i := 1; i < len(at); i++ {
		if at[i] > at[i-1] {
			out = append(out, events[at[i-1]:at[i]])
		}
	}
	return out
}

// TestOrder judges the same events as one backlog, as live traffic cut at random places with batches delivered twice,
// and in random order. Live traffic must give exactly the backlog's alerts, ids included; any order must in the end have
// spoken about everything that the backlog spoke about.
func TestOrder(t *testing.T) {
	events := week()
	backlog := judgeAll(t, [][]pipeline.Event{events})
	for _, a := range backlog {
		t.Logf("%s %s %s: %s\n  %s", a.ID[:6], a.Rule, a.Severity, a.Summary, a.Reason)
	}
	if len(backlog) < 5 || len(backlog) > 12 {
		t.Fatalf("%d alerts of the intrusion, want 5 to 12", len(backlog))
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(7, seed))
	live := cut(events, 4, rng)
	// A batch that overlaps two others: what a crash between commit and acknowledgement leaves behind.
	live = slices.Insert(live, 2, events[len(live[0])/2:len(live[0])+len(live[1])/2+1])
	if got, want := judgeAll(t, live).what(), backlog.what(); !slices.Equal(got, want) {
		t.Errorf("live traffic gives other alerts:\n%s", difference(got, want))
	}
	anyOrder := cut(events, 4, rng)
	rng.Shuffle(len(anyOrder), func(i, j int) { anyOrder[i], anyOrder[j] = anyOrder[j], anyOrder[i] })
	got := judgeAll(t, anyOrder).about()
	for _, want := range backlog.about() {
		if !slices.Contains(got, want) {
			t.Errorf("another order never speaks about %s; it does about\n%v", want, got)
		}
	}
}

func difference(got, want []string) string {
	s := ""
	for _, g := range got {
		if !slices.Contains(want, g) {
			s += "+ " + g + "\n"
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			s += "- " + w + "\n"
		}
	}
	return s
}
