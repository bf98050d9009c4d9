package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestParsingAgain(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	c := commitOf("first", "a", 0, 2)
	for n := 2; n < 6; n++ {
		c.Decoded.Unparsed = append(c.Decoded.Unparsed, pipeline.Unparsed{
			RecordID: recordID("a", n), Source: "orders-db", Stream: "a", Offset: int64(n), Lines: 1, Bytes: 10,
			Time: day, Raw: fmt.Appendf(nil, "secret %d", n), Reason: "bad_csv", Error: "no",
		})
	}
	c.LinesIn = 6
	if err := db.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	list := func(f UnparsedFilter) (offsets []int64, all []pipeline.Unparsed) {
		t.Helper()
		err := db.Unparsed(ctx, f, func(u pipeline.Unparsed) error {
			offsets, all = append(offsets, u.Offset), append(all, u)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(offsets)
		return offsets, all
	}
	offsets, all := list(UnparsedFilter{})
	if !slices.Equal(offsets, []int64{2, 3, 4, 5}) {
		t.Fatalf("got %v", offsets)
	}
	for _, u := range all {
		if u.RecordID != recordID("a", int(u.Offset)) || string(u.Raw) != fmt.Sprintf("secret %d", u.Offset) || !u.Time.Equal(day) || u.Lines != 1 || u.Stream != "a" {
			t.Errorf("got %+v", u)
		}
	}
	if got, _ := list(UnparsedFilter{Source: "other"}); len(got) != 0 {
		t.Errorf("other source: got %v", got)
	}
	if got, _ := list(UnparsedFilter{Reason: "no_prefix"}); len(got) != 0 {
		t.Errorf("other reason: got %v", got)
	}
	if got, _ := list(UnparsedFilter{Since: time.Now().Add(time.Hour)}); len(got) != 0 {
		t.Errorf("since later: got %v", got)
	}

	// Two of them parse now; the store is cut off after the events, and asked again.
	again := commitOf("again", "a", 3, 5)
	done := []pipeline.RecordID{recordID("a", 3), recordID("a", 4)}
	dying := newDB(&faultyConn{Conn: db.conn, n: 2}, db.cfg, Options{})
	if err := dying.Reparsed(ctx, again, done); err == nil {
		t.Fatal("the call was not cut")
	}
	for range 2 {
		if err := db.Reparsed(ctx, again, done); err != nil {
			t.Fatal(err)
		}
	}
	if offsets, _ := list(UnparsedFilter{}); !slices.Equal(offsets, []int64{2, 5}) {
		t.Errorf("left in quarantine: %v, want 2 and 5", offsets)
	}
	a, err := db.Accounting(ctx, "orders-db")
	if err != nil || !a.OK() || a.LinesIn != 6 || a.LinesEvents != 4 || a.LinesUnparsed != 2 || a.Events != 4 || a.Unparsed != 2 {
		t.Errorf("accounting: %+v, %v", a, err)
	}
	var in, events, unparsed uint64
	var off int64
	var left int64
	scan(t, db, "SELECT lines, lines_in_events, lines_in_unparsed, unaccounted FROM v_coverage", &in, &events, &left, &off)
	if unparsed = uint64(left); in != 6 || events != 4 || unparsed != 2 || off != 0 {
		t.Errorf("v_coverage: %d = %d + %d, %d unaccounted", in, events, unparsed, off)
	}
	// Detection sees them, and after a merge the bytes are gone.
	if ids, _ := unjudged(t, db); !slices.Contains(ids, "again") {
		t.Errorf("detection does not see the batch: %v", ids)
	}
	if err := db.exec(ctx, "OPTIMIZE TABLE unparsed FINAL"); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "unparsed WHERE raw IN ('secret 3', 'secret 4')"); n != 0 {
		t.Errorf("%d raw texts are still on disk", n)
	}
	if err := db.Reparsed(ctx, c, nil); err == nil {
		t.Error("a commit with unparsed records was taken")
	}
}
