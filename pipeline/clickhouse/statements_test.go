package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestSeenStatements(t *testing.T) {
	seen := newSeenStatements(3)
	at := func(print string, offset time.Duration, signals ...string) pipeline.Event {
		s := &pipeline.Statement{Fingerprint: print, FingerprintVersion: 1}
		for _, n := range signals {
			s.Signals = append(s.Signals, pipeline.Signal{Name: n})
		}
		return pipeline.Event{EventTime: day.Add(offset), SQL: s}
	}
	step := func(name string, want int, events ...pipeline.Event) {
		t.Helper()
		news := seen.unseen(events)
		if len(news) != want {
			t.Errorf("%s: %d rows to write, want %d", name, len(news), want)
		}
		for _, n := range news {
			seen.wrote(n.key, n.span)
		}
	}
	if n := len(seen.unseen([]pipeline.Event{at("a", 0)})); n != 1 {
		t.Errorf("%d rows to write, want 1", n)
	}
	step("not written yet, since nothing said that it was", 1, at("a", 0), at("a", time.Minute), at("a", 0))
	step("again in the same hour", 0, at("a", 10*time.Minute))
	step("in a later hour", 1, at("a", 2*time.Hour))
	step("between", 0, at("a", time.Hour))
	step("before the first", 1, at("a", -time.Second))
	step("the same shape with a signal", 1, at("a", 0, "tautology"))
	step("no statement, no fingerprint", 0, pipeline.Event{EventTime: day}, at("", 0))
	step("others, which push it out", 3, at("b", 0), at("c", 0), at("d", 0))
	step("forgotten", 1, at("a", 0))
	for i := range 100 {
		step("many", 1, at(fmt.Sprint("x", i), 0))
	}
	if len(seen.byKey) != 3 || seen.order.Len() != 3 {
		t.Errorf("%d remembered, want 3", len(seen.byKey))
	}
}

func TestLimbsAreStored(t *testing.T) {
	db := testDB(t)
	c := commitOf("c1", "a", 0, 2)
	st := *selectOrders
	st.Limbs = []uint64{1 << 63, 7}
	more := st
	more.Limbs, more.Signals = []uint64{7, 9}, []pipeline.Signal{{Name: "tautology"}}
	c.Decoded.Events[0].SQL, c.Decoded.Events[1].SQL = &st, &more
	if err := db.Commit(context.Background(), c); err != nil {
		t.Fatal(err)
	}
	var limbs []uint64
	scan(t, db, "SELECT arraySort(groupUniqArrayArray(limbs)) FROM statements WHERE fingerprint = '"+st.Fingerprint+"'", &limbs)
	if want := []uint64{7, 9, 1 << 63}; !slices.Equal(limbs, want) {
		t.Errorf("limbs %v, want %v", limbs, want)
	}
}
