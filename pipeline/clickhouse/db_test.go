package clickhouse

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// testDB opens the store on a fresh database of the embedded engine and brings the schema up to date.
func testDB(tb testing.TB, change ...func(*Config)) *DB {
	tb.Helper()
	db := emptyDB(tb, change...)
	if err := db.Migrate(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return db
}

func emptyDB(tb testing.TB, change ...func(*Config)) *DB {
	tb.Helper()
	cfg := Default()
	cfg.DSN = pipeline.Secret(embeddedtest.Start(tb).Database(tb))
	return openDB(tb, cfg, change...)
}

func openDB(tb testing.TB, cfg Config, change ...func(*Config)) *DB {
	tb.Helper()
	for _, f := range change {
		f(&cfg)
	}
	if err := cfg.Validate().Err(); err != nil {
		tb.Fatal(err)
	}
	db, err := Open(context.Background(), cfg, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// scan reads one row.
func scan(tb testing.TB, db *DB, query string, dest ...any) {
	tb.Helper()
	if err := db.conn.QueryRow(context.Background(), query).Scan(dest...); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

func count(tb testing.TB, db *DB, from string) (n uint64) {
	tb.Helper()
	scan(tb, db, "SELECT count() FROM "+from, &n)
	return n
}

var day = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

// recordID gives the id of the n-th record of a stream.
func recordID(stream string, n int) pipeline.RecordID {
	r := pipeline.Record{Source: "orders-db", Stream: stream, Offset: int64(n)}
	return r.ID()
}

var selectOrders = &pipeline.Statement{
	Engine: pipeline.PostgreSQL, Fingerprint: "50fde20626009aba", FingerprintVersion: 3,
	Normalized: "SELECT * FROM orders WHERE id = $1", Kinds: []string{"select"},
	Tables: []pipeline.Table{{Schema: "public", Name: "orders", Access: pipeline.Read}}, Functions: []string{"now"},
}

var grantSuper = &pipeline.Statement{
	Engine: pipeline.PostgreSQL, Fingerprint: "aa01", FingerprintVersion: 3, Normalized: "ALTER ROLE app SUPERUSER",
	Kinds: []string{"alter_role"}, Signals: []pipeline.Signal{{Name: "grant_superuser", Detail: "SUPERUSER in ALTER ROLE"}},
}

// event makes the n-th event of a stream: the same for the same arguments.
func event(stream string, n int) pipeline.Event {
	return pipeline.Event{
		RecordID: recordID(stream, n), Source: "orders-db", Stream: stream, Offset: int64(n), Lines: 1, Bytes: 120,
		Engine: pipeline.PostgreSQL, Format: "postgresql/csvlog", FormatVersion: "14+ pgaudit/9", Kind: pipeline.KindStatement,
		EventTime: day.Add(time.Duration(n) * time.Second), IngestedAt: day.Add(time.Hour), TimeCertainty: pipeline.TimeExact,
		Has:     pipeline.HasRole | pipeline.HasRows | pipeline.HasDuration,
		Cluster: "orders", Role: fmt.Sprintf("role%d", n%3), Database: "shop", ClientAddr: "10.0.0.7", Application: "web",
		SessionID: "65e2.1", AuditType: "SESSION", Class: "READ", Command: "SELECT",
		Statement: "SELECT * FROM orders WHERE id = 4711", SQL: selectOrders,
		Outcome: pipeline.OutcomeSuccess, Rows: int64(n), Duration: 1500 * time.Microsecond, Severity: "LOG",
	}
}

// commitOf makes a commit of the events from to to-1 of a stream.
func commitOf(id, stream string, from, to int) *pipeline.Commit {
	d := &pipeline.Decoded{}
	for n := from; n < to; n++ {
		d.Events = append(d.Events, event(stream, n))
	}
	c := &pipeline.Commit{
		ID: id, Source: "orders-db", Decoded: d, BytesIn: 120 * uint64(to-from), Arrived: day.Add(time.Hour),
		FirstPos: fmt.Sprint(from), LastPos: fmt.Sprint(to - 1),
	}
	c.LinesIn = uint64(to - from)
	return c
}
