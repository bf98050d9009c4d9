package clickhouse

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// batch is a ledger row as detection reads it.
type batch struct {
	ID                string
	CommittedAt       time.Time
	Events            uint64
	MinEventTime, Max time.Time
	Adopted           bool
}

// unjudged lists what detection would take up, in its order.
func unjudged(t *testing.T, db *DB) (ids []string, list []batch) {
	t.Helper()
	rows, err := db.conn.Query(t.Context(), `SELECT batch_id, committed_at, events, min_event_time, max_event_time, adopted FROM batches FINAL
WHERE (batch_id, committed_at) NOT IN (SELECT batch_id, committed_at FROM detect_batches) ORDER BY committed_at, batch_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b batch
		if err := rows.Scan(&b.ID, &b.CommittedAt, &b.Events, &b.MinEventTime, &b.Max, &b.Adopted); err != nil {
			t.Fatal(err)
		}
		ids, list = append(ids, b.ID), append(list, b)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids, list
}

func judge(t *testing.T, db *DB) {
	t.Helper()
	if err := db.exec(t.Context(), "INSERT INTO detect_batches (batch_id, committed_at) SELECT batch_id, committed_at FROM batches FINAL"); err != nil {
		t.Fatal(err)
	}
}

// TestAbandonedBatchIsJudged: two instances read the same records; one dies between its events and its ledger row, and its rows have
// replaced the other's. Nothing may stay unseen.
func TestAbandonedBatchIsJudged(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	if err := db.Commit(ctx, commitOf("good", "s", 0, 4)); err != nil {
		t.Fatal(err)
	}
	conn := &faultyConn{Conn: db.conn, n: 2} // the second insert: the ledger, since the statement is known
	dying := newDB(conn, db.cfg, Options{})
	dying.seen = db.seen
	c := commitOf("dead", "s", 2, 6)
	for i := range c.Decoded.Events {
		c.Decoded.Events[i].IngestedAt = day.Add(2 * time.Hour)
	}
	if err := dying.Commit(ctx, c); err == nil || !conn.fired {
		t.Fatalf("the commit was not cut: %v", err)
	}
	early := newDB(db.conn, db.cfg, Options{Now: func() time.Time { return day.Add(2*time.Hour + time.Minute) }})
	if _, err := early.AdoptOrphans(ctx, day.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ids, _ := unjudged(t, db); !slices.Equal(ids, []string{"good"}) {
		t.Fatalf("too early: got %v, want good only", ids)
	}
	late := newDB(db.conn, db.cfg, Options{Now: func() time.Time { return day.Add(3 * time.Hour) }})
	upTo, err := late.AdoptOrphans(ctx, day.Add(-time.Hour))
	if err != nil || !upTo.Equal(day.Add(3*time.Hour-AdoptAfter)) {
		t.Fatalf("got %v, %v", upTo, err)
	}
	ids, list := unjudged(t, db)
	if !slices.Equal(ids, []string{"good", "dead"}) || !list[1].Adopted || list[1].Events != 4 || !list[1].MinEventTime.Equal(day.Add(2*time.Second)) {
		t.Fatalf("got %v %+v", ids, list)
	}
	if a, err := db.Accounting(ctx, "orders-db"); err != nil || a.LinesIn != 4 || a.Unaccounted() != 0 {
		t.Errorf("accounting: %+v, %v", a, err)
	}
	judge(t, db)
	// The writer was not dead after all: its row takes the adopted one's place, and is judged again, with all its events.
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	if ids, list := unjudged(t, db); !slices.Equal(ids, []string{"dead"}) || list[0].Adopted {
		t.Errorf("got %v %+v, want dead, not adopted", ids, list)
	}
	if a, err := db.Accounting(ctx, "orders-db"); err != nil || a.LinesIn != 8 || !a.OK() || a.Replayed() != 2 {
		t.Errorf("accounting: %+v, %v", a, err)
	}
}

// TestCommittedBatchIsNotAdopted: whatever the writer's clock says, a ledger row is not replaced by one that counts no lines.
func TestCommittedBatchIsNotAdopted(t *testing.T) {
	for _, ahead := range []time.Duration{-30 * 24 * time.Hour, 0, 30 * 24 * time.Hour} {
		db, ctx := testDB(t), context.Background()
		writer := time.Now().Add(ahead)
		for i, id := range []string{"one", "two"} {
			c := commitOf(id, "s", 4*i, 4*i+4)
			for j := range c.Decoded.Events {
				c.Decoded.Events[j].IngestedAt = writer
			}
			if err := db.Commit(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		// Of these one loses its row.
		if err := db.exec(ctx, "DELETE FROM batches WHERE batch_id = 'two'"); err != nil {
			t.Fatal(err)
		}
		late := newDB(db.conn, db.cfg, Options{Now: func() time.Time { return writer.Add(time.Hour) }})
		for range 2 {
			if _, err := late.AdoptOrphans(ctx, writer.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := count(t, db, "batches FINAL WHERE adopted"), count(t, db, "batches FINAL WHERE NOT adopted AND batch_id = 'one'"); a != 1 || b != 1 {
			t.Errorf("clock ahead by %v: %d adopted, %d left as committed, want one each", ahead, a, b)
		}
	}
}

func TestAccountingNamesWhatIsMissing(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	for _, c := range []*pipeline.Commit{commitOf("one", "a", 0, 5), commitOf("two", "a", 5, 9), commitOf("three", "b", 0, 3)} {
		if err := db.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	account := func() Account {
		t.Helper()
		a, err := db.Accounting(ctx, "orders-db")
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := account(); !a.OK() || a.Batches != 3 || a.LinesIn != 12 || a.LinesEvents != 12 || a.Events != 12 || a.BytesIn != 1440 {
		t.Fatalf("got %+v", a)
	}
	// Somebody with rights on the database removes a row.
	if err := db.exec(ctx, "DELETE FROM events WHERE stream = 'a' AND offset = 6"); err != nil {
		t.Fatal(err)
	}
	a := account()
	if a.OK() || len(a.Short) != 1 || a.Short[0].ID != "two" || a.Short[0].Events != 4 || a.Short[0].Present != 3 {
		t.Errorf("got %+v, want batch two short of one", a)
	}
	// And puts another one in its place.
	if err := db.exec(ctx, "INSERT INTO events SELECT * REPLACE ('"+recordID("elsewhere", 6).String()+
		"' AS record_id) FROM events WHERE stream = 'a' AND offset = 5"); err != nil {
		t.Fatal(err)
	}
	if a := account(); len(a.Short) != 1 || a.Short[0].Present != 4 {
		t.Errorf("got %+v, want batch two with a forged event", a)
	}
	// A record that was parsed with another role the second time is there twice.
	other := event("b", 1)
	other.Role = "somebody"
	if _, err := db.insertEvents(ctx, "four", []pipeline.Event{other}); err != nil {
		t.Fatal(err)
	}
	if a := account(); a.Twice != 1 {
		t.Errorf("got %+v, want one event twice", a)
	}
	stretches, err := db.Stretches(ctx, "orders-db")
	if err != nil {
		t.Fatal(err)
	}
	if len(stretches) != 2 || stretches[0].Stream != "a" || stretches[0].FirstOffset != 0 || stretches[0].LastOffset != 8 || stretches[0].Records != 9 {
		t.Errorf("got %+v", stretches)
	}
}

func TestAccountingNeedsTheLinesToAddUp(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	c := commitOf("one", "a", 0, 5)
	c.LinesIn = 6
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	if a, err := db.Accounting(ctx, "orders-db"); err != nil || a.Unaccounted() != 1 || a.OK() {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestCommitsOfSkippedLinesOnlyAreKeptApart(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	for _, pos := range []string{"a@1", "a@2", "a@2"} {
		c := &pipeline.Commit{ID: "same", Source: "orders-db", LinesIn: 1, FirstPos: pos, LastPos: pos, Arrived: time.Now(),
			Decoded: &pipeline.Decoded{Skipped: []pipeline.Skipped{{Source: "orders-db", Stream: "a", Lines: 1, Reason: "blank"}}}}
		if err := db.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := db.Accounting(ctx, "orders-db"); err != nil || a.LinesIn != 2 || a.LinesSkipped != 2 || !a.OK() {
		t.Errorf("got %+v, %v", a, err)
	}
}
