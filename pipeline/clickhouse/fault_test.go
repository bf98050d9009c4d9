package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline"
)

var errCut = errors.New("the connection was cut")

// faultyConn fails the n-th insert: before anything is sent, or after the server has stored it and before the answer came.
type faultyConn struct {
	driver.Conn
	n     int
	after bool
	done  int
	fired bool
}

func (c *faultyConn) InsertFormat(ctx context.Context, format, query string, data io.Reader) error {
	c.done++
	switch {
	case c.done != c.n:
		return c.Conn.InsertFormat(ctx, format, query, data)
	case c.after:
		c.fired = true
		return errors.Join(c.Conn.InsertFormat(ctx, format, query, data), errCut)
	}
	c.fired = true
	return errCut
}

// TestCommitCutAnywhereIsMendedByRepeating cuts a commit at each of its inserts, then repeats it in the same process, or in a new one that cuts the
// lines otherwise, and compares with a commit that nothing disturbed.
func TestCommitCutAnywhereIsMendedByRepeating(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	lines := func(source string) (all []line) {
		for n, k := range []int{0, 1, 2, 3, 4, 0, 3} {
			all = append(all, line{source, n, k, source})
		}
		return all
	}
	if err := db.Commit(ctx, commitLines(lines("calm"), day)); err != nil {
		t.Fatal(err)
	}
	wantEvents, wantUnparsed := withoutID(content(t, db, "calm")), withoutID(quarantined(t, db, "calm"))
	const inserts = 6 // arrival_times, events, unparsed, statements, skipped, batches
	for step := 1; step <= inserts+1; step++ {
		for _, after := range []bool{false, true} {
			restart := step%2 == 0 != after // by turns: every case of one takes too long
			source := fmt.Sprintf("cut%d%t%t", step, after, restart)
			conn := &faultyConn{Conn: db.conn, n: step, after: after}
			writer := newDB(conn, db.cfg, Options{})
			all := lines(source)
			err := writer.Commit(ctx, commitLines(all, day))
			if conn.fired != (step <= inserts) || errors.Is(err, errCut) != conn.fired {
				t.Fatalf("%s: fired %v, error %v: the commit has not the %d inserts it should have", source, conn.fired, err, inserts)
			}
			conn.n = 0
			again := []*pipeline.Commit{commitLines(all, day.Add(time.Minute))}
			if restart {
				writer = newDB(db.conn, db.cfg, Options{})
				again = []*pipeline.Commit{commitLines(all[:3], day.Add(time.Minute)), commitLines(all[3:], day.Add(time.Minute))}
			}
			for _, c := range again {
				if err := writer.Commit(ctx, c); err != nil {
					t.Fatal(err)
				}
			}
			if got := withoutID(content(t, db, source)); !slices.Equal(got, wantEvents) {
				t.Errorf("%s: events\n%v\nwant\n%v", source, got, wantEvents)
			}
			if got := withoutID(quarantined(t, db, source)); !slices.Equal(got, wantUnparsed) {
				t.Errorf("%s: unparsed %v, want %v", source, got, wantUnparsed)
			}
			if a, err := db.Accounting(ctx, source); err != nil || !a.OK() {
				t.Errorf("%s: accounting %+v, %v", source, a, err)
			}
		}
	}
}
