package sinks

import (
	"context"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

var _ Queue = (*clickhouse.DB)(nil)

// TestRealQueue: with the real store as the queue, a storm is delivered over a failing start and a restart, everything is on
// record, and the summary's query lists what it stands for.
func TestRealQueue(t *testing.T) {
	ctx := t.Context()
	cfg := clickhouse.Default()
	cfg.DSN = pipeline.Secret(embeddedtest.Start(t).Database(t))
	db, err := clickhouse.Open(ctx, cfg, clickhouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	alerts := makeAlerts(30, pipeline.High)
	ids := make([]string, len(alerts))
	for i := range alerts {
		ids[i] = alerts[i].ID
	}
	if err := db.InsertAlerts(ctx, alerts); err != nil {
		t.Fatal(err)
	}
	if err := db.EnsureDeliveries(ctx, ids, []string{"page"}); err != nil {
		t.Fatal(err)
	}
	s := &fake{}
	s.setAnswer(refuse(errBusy, true))
	run := func(done func() bool) {
		n := named("page", s)
		n.PerMinute = 10
		d, stop := start(t, db, DispatcherOptions{Poll: 50 * time.Millisecond, Drain: 20 * time.Second}, n)
		defer stop()
		short, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for !done() {
			d.Wake()
			select {
			case <-short.Done():
				t.Fatalf("sent %v", s.ids())
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	pending := func() int {
		list, err := db.PendingDeliveries(ctx, "page", 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	run(func() bool { return pending() < 30 }) // one is put off
	s.setAnswer(nil)
	run(func() bool { return len(s.ids()) >= 11 }) // ten and the summary; what was put off waits
	var summary pipeline.Alert
	for _, a := range s.alerts() {
		if a.Rule == StormRule {
			summary = a
		}
	}
	if summary.ID == "" {
		t.Fatalf("no summary among %v", s.ids())
	}
	rows, err := db.Conn().Query(ctx, "SELECT count() FROM ("+summary.Query+")")
	if err != nil {
		t.Fatalf("the summary's query: %v", err)
	}
	defer rows.Close()
	var n uint64
	if !rows.Next() || rows.Scan(&n) != nil || n < summary.Events {
		t.Errorf("the summary's query lists %d of %d alerts", n, summary.Events)
	}
	if left := pending(); left > 2 {
		t.Errorf("%d deliveries are pending", left)
	}
}
