package clickhouse

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestCommitStoresEverything(t *testing.T) {
	db := testDB(t)
	c := commitOf("c1", "a", 0, 3)
	c.Decoded.Events[2].SQL = grantSuper
	c.Decoded.Events[1].Has = 0
	c.Decoded.Unparsed = []pipeline.Unparsed{{
		RecordID: recordID("a", 3), Source: "orders-db", Stream: "a", Offset: 3, Lines: 2, Bytes: 9,
		Raw: []byte("bad \x00\xff line"), Reason: "bad_csv", Error: "a quote is never closed",
		SQL: &pipeline.Statement{Fingerprint: "f00d", Signals: []pipeline.Signal{{Name: "tautology"}}, Suspicious: true, Score: 0.5},
	}}
	c.Decoded.Skipped = []pipeline.Skipped{
		{RecordID: recordID("a", 5), Source: "orders-db", Stream: "a", Offset: 5, Lines: 1, Bytes: 1, Reason: "blank"},
		{RecordID: recordID("a", 6), Source: "orders-db", Stream: "a", Offset: 6, Lines: 2, Bytes: 2, Reason: "blank"},
	}
	c.LinesIn = 8
	if err := db.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}

	var (
		id, fp, kind, text   string
		tables, read, signal []string
		rows, micros         *int64
		at                   time.Time
	)
	scan(t, db, `SELECT toString(record_id), fingerprint, statement_kind, statement_text, tables, tables_read, signals, rows, duration_us, event_time
		FROM events FINAL WHERE offset = 0`, &id, &fp, &kind, &text, &tables, &read, &signal, &rows, &micros, &at)
	if id != recordID("a", 0).String() || fp != selectOrders.Fingerprint || kind != "select" || text != "" {
		t.Errorf("got id %s fingerprint %s kind %s text %q", id, fp, kind, text)
	}
	if len(tables) != 1 || tables[0] != "public.orders" || len(read) != 1 || len(signal) != 0 {
		t.Errorf("got tables %v read %v signals %v", tables, read, signal)
	}
	if rows == nil || *rows != 0 || micros == nil || *micros != 1500 || !at.Equal(day) {
		t.Errorf("got rows %v duration %v time %v", rows, micros, at)
	}
	if n := count(t, db, "events FINAL WHERE rows IS NULL AND duration_us IS NULL"); n != 1 {
		t.Errorf("%d events without rows, want 1", n)
	}
	if n := count(t, db, "events FINAL WHERE has(signals, 'grant_superuser') AND batch_id = 'c1'"); n != 1 {
		t.Errorf("%d events with grant_superuser, want 1", n)
	}
	var raw, reason string
	var suspicious bool
	scan(t, db, "SELECT raw, reason, suspicious FROM unparsed FINAL", &raw, &reason, &suspicious)
	if raw != "bad \x00\xff line" || reason != "bad_csv" || !suspicious {
		t.Errorf("got unparsed %q %s %v", raw, reason, suspicious)
	}
	var lines, bytes uint64
	scan(t, db, "SELECT lines, bytes FROM skipped FINAL", &lines, &bytes)
	if lines != 3 || bytes != 3 {
		t.Errorf("got skipped %d lines %d bytes, want 3 and 3", lines, bytes)
	}
	for i, lines := range []uint64{1, 2} {
		if n := count(t, db, fmt.Sprintf("skipped FINAL ARRAY JOIN record_ids AS id, record_offsets AS off, record_lines AS n WHERE id = '%s' AND off = %d AND n = %d",
			recordID("a", 5+i), 5+i, lines)); n != 1 {
			t.Errorf("skipped record %d is there %d times", i, n)
		}
	}
	var in, ev, un, sk uint64
	var lo, hi time.Time
	scan(t, db, "SELECT lines_in, lines_events, lines_unparsed, lines_skipped, min_event_time, max_event_time FROM batches FINAL", &in, &ev, &un, &sk, &lo, &hi)
	if in != 8 || ev != 3 || un != 2 || sk != 3 || !lo.Equal(day) || !hi.Equal(day.Add(2*time.Second)) {
		t.Errorf("got ledger %d = %d + %d + %d from %v to %v", in, ev, un, sk, lo, hi)
	}
	if n := count(t, db, "statements"); n != 2 {
		t.Errorf("%d statements, want 2", n)
	}
}

// TestViewOfEvents: the view has every column of the table but the raw text, those of later migrations too.
func TestViewOfEvents(t *testing.T) {
	db := testDB(t)
	if err := db.Commit(context.Background(), commitOf("c1", "a", 0, 1)); err != nil {
		t.Fatal(err)
	}
	var missing []string
	scan(t, db, `SELECT groupArray(name) FROM system.columns WHERE database = currentDatabase() AND table = 'events' AND name != 'statement_text'
		AND name NOT IN (SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'v_events')`, &missing)
	if len(missing) > 0 {
		t.Errorf("v_events lacks %q", missing)
	}
	var format, version string
	scan(t, db, "SELECT format, format_version FROM v_events", &format, &version)
	if format != "postgresql/csvlog" || version != "14+ pgaudit/9" {
		t.Errorf("got format %q, version %q", format, version)
	}
}

func TestStatementTextOnlyWhenOptedIn(t *testing.T) {
	db := testDB(t, func(c *Config) { c.StoreStatementText = true })
	if err := db.Commit(context.Background(), commitOf("c1", "a", 0, 1)); err != nil {
		t.Fatal(err)
	}
	var text string
	scan(t, db, "SELECT statement_text FROM events FINAL", &text)
	if text != "SELECT * FROM orders WHERE id = 4711" {
		t.Errorf("got %q", text)
	}
}

// TestDriversBlocks compares blocks of our making with those of the driver, which the native protocol uses; only the transport
// differs then. And compressed ones.
func TestDriversBlocks(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	lines := func(source string) (all []line) {
		for n, k := range []int{0, 1, 2, 3, 4, 0, 3} {
			all = append(all, line{source, n, k, source})
		}
		return all
	}
	for _, source := range []string{"ours", "driver", "compressed"} {
		db := newDB(db.conn, db.cfg, Options{})
		db.driverBlocks = source == "driver"
		if source == "compressed" {
			db.compress = lz4Frames
		}
		c := commitLines(lines(source), day)
		c.Decoded.Events[0].SQL = grantSuper
		if err := db.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
		a := testAlert(source)
		if err := db.InsertAlerts(ctx, []pipeline.Alert{a}); err != nil {
			t.Fatal(err)
		}
		if err := db.EnsureDeliveries(ctx, []string{source}, []string{"s"}); err != nil {
			t.Fatal(err)
		}
		if err := db.Save(ctx, source, map[string]string{"s": "1"}); err != nil {
			t.Fatal(err)
		}
		got, err := db.Alerts(ctx, AlertFilter{IDs: []string{source}})
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], a) {
			t.Errorf("%s: alert %+v, %v", source, got, err)
		}
	}
	for what, f := range map[string]func(failer, *DB, string) []string{"events": content, "unparsed": quarantined} {
		a, b, c := withoutID(f(t, db, "ours")), withoutID(f(t, db, "driver")), withoutID(f(t, db, "compressed"))
		if !slices.Equal(a, b) || !slices.Equal(a, c) || len(a) == 0 {
			t.Errorf("%s differ:\n%v\n%v\n%v", what, a, b, c)
		}
	}
}

// TestAnyDateIsStored: a log line can claim any date. It must not stop the others, nor vanish.
func TestAnyDateIsStored(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	c := commitOf("c1", "a", 0, 104)
	for i := range c.Decoded.Events {
		e := &c.Decoded.Events[i]
		e.EventTime = time.Date(2000, time.Month(1+i), 3, 0, 0, 0, 0, time.UTC) // more months than a server takes by default
		e.IngestedAt = time.Now()
	}
	c.Decoded.Events[0].EventTime = time.Time{}
	c.Decoded.Events[1].EventTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	c.Decoded.Events[2].EventTime = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC)
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "events FINAL"); n != 104 {
		t.Errorf("%d events, want 104", n)
	}
	if n := count(t, db, "events FINAL WHERE event_time IN ('1970-01-01 00:00:00', '2105-12-31 23:59:59.999999')"); n != 3 {
		t.Errorf("%d events at the limits, want 3", n)
	}
}
