package clickhouse

import (
	"context"
	"maps"
	"testing"
	"time"
)

func TestCheckpoints(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	check := func(db *DB, source string, want map[string]string) {
		t.Helper()
		got, err := db.Load(ctx, source)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", source, got, err, want)
		}
	}
	save := func(db *DB, source string, positions map[string]string) {
		t.Helper()
		if err := db.Save(ctx, source, positions); err != nil {
			t.Fatal(err)
		}
	}
	check(db, "a", map[string]string{})
	save(db, "a", map[string]string{"s1": "10", "s2": "20"})
	save(db, "a", map[string]string{"s1": "11"})
	save(db, "b", map[string]string{"s1": "99"})
	save(db, "b", nil)
	check(db, "a", map[string]string{"s1": "11", "s2": "20"})
	check(db, "b", map[string]string{"s1": "99"})
	save(db, "a", map[string]string{"s2": ""})
	check(db, "a", map[string]string{"s1": "11"})

	// A successor whose clock is an hour behind goes on from where it took over.
	behind := newDB(db.conn, db.cfg, Options{Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	check(behind, "a", map[string]string{"s1": "11"})
	save(behind, "a", map[string]string{"s1": "12"})
	check(db, "a", map[string]string{"s1": "12"})
}
