package clickhouse

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/auditwarden/auditwarden/pipeline"
)

// content lists what a source's events say, in order, without what a replay may change: batch_id, ingested_at, and the made-up
// time of events that have none.
func content(tb failer, db *DB, source string) []string {
	tb.Helper()
	return texts(tb, db, `SELECT concat(toString(record_id), ' ', toString(event_index), ' ', stream, ' ', toString(offset), ' ',
		if(time_certainty = 'missing', '', toString(event_time)), ' ', role, ' ', splitByChar('-', fingerprint)[2], ' ', toString(rows), ' ', toString(lines), ' ', arrayStringConcat(signals, ','))
		FROM events FINAL WHERE source = '`+source+`' ORDER BY record_id, event_index`)
}

func quarantined(tb failer, db *DB, source string) []string {
	tb.Helper()
	return texts(tb, db, `SELECT concat(toString(record_id), ' ', toString(lines), ' ', raw) FROM unparsed FINAL WHERE source = '`+source+`' ORDER BY record_id`)
}

func known(tb failer, db *DB, prefix string) []string {
	tb.Helper()
	return texts(tb, db, `SELECT concat('x ', splitByChar('-', fingerprint)[2], ' ', normalized, ' ', arrayStringConcat(signals, ','), ' ', toString(first_seen), ' ', toString(last_seen))
		FROM v_statements WHERE startsWith(fingerprint, '`+prefix+`') ORDER BY fingerprint`)
}

func texts(tb failer, db *DB, query string) (list []string) {
	tb.Helper()
	rows, err := db.conn.Query(context.Background(), query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			tb.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}

// line is one record of a made-up source: what becomes of it is a function of its number, as with a real parser.
type line struct {
	source string
	n      int
	what   int // 0 event, 1 two events, 2 event without a time, 3 unparsed, 4 skipped
	print  string
}

func (l line) into(d *pipeline.Decoded, arrived time.Time) {
	stream := fmt.Sprintf("s%d", l.n%2)
	rec := pipeline.Record{Source: l.source, Stream: stream, Offset: int64(l.n)}
	e := event(stream, l.n)
	e.RecordID, e.Source, e.IngestedAt = rec.ID(), l.source, arrived
	sql := *selectOrders
	sql.Fingerprint = fmt.Sprintf("%s-%d", l.print, l.n%4)
	if l.n%4 == 1 && l.n%8 == 1 { // one shape with two sets of signals
		sql.Signals = []pipeline.Signal{{Name: "tautology"}}
	}
	e.SQL = &sql
	switch l.what {
	case 0:
		d.Events = append(d.Events, e)
	case 1:
		second := e
		second.Index, second.Lines = 1, 0
		d.Events = append(d.Events, e, second)
	case 2:
		e.TimeCertainty, e.EventTime, e.SQL = pipeline.TimeMissing, arrived, nil
		d.Events = append(d.Events, e)
	case 3:
		d.Unparsed = append(d.Unparsed, pipeline.Unparsed{RecordID: rec.ID(), Source: l.source, Stream: stream, Offset: int64(l.n),
			Lines: 1, Raw: fmt.Appendf(nil, "raw %d", l.n), Reason: "bad_csv"})
	case 4:
		d.Skipped = append(d.Skipped, pipeline.Skipped{Source: l.source, Stream: stream, Lines: 1, Reason: "blank"})
	}
}

// commitLines makes a commit; its id depends on the lines only, as the runner's does.
func commitLines(lines []line, arrived time.Time) *pipeline.Commit {
	c := &pipeline.Commit{Source: lines[0].source, Decoded: &pipeline.Decoded{}, LinesIn: uint64(len(lines)), Arrived: arrived,
		FirstPos: fmt.Sprint(lines[0].n), LastPos: fmt.Sprint(lines[len(lines)-1].n)}
	var id strings.Builder
	for _, l := range lines {
		l.into(c.Decoded, arrived)
		fmt.Fprintf(&id, "%s-%d ", l.source, l.n)
	}
	c.ID = pipeline.AlertID(id.String())
	return c
}

// TestAnyReplayGivesTheSameRows commits the same lines cut in any way, overlapping, repeated, out of order and from processes that know
// nothing of each other, and compares the end with one commit of everything.
func TestAnyReplayGivesTheSameRows(t *testing.T) {
	db, ctx := testDB(t), context.Background()
	fewChecks(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		once, often := fmt.Sprintf("once%d", run), fmt.Sprintf("often%d", run)
		kinds := rapid.SliceOfN(rapid.IntRange(0, 4), 4, 16).Draw(t, "kinds")
		lines := func(source string) (all []line) {
			for n, k := range kinds {
				all = append(all, line{source, n, k, source})
			}
			return all
		}
		if err := db.Commit(ctx, commitLines(lines(once), day)); err != nil {
			t.Fatal(err)
		}
		all := lines(often)
		parts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []line {
			from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
			return all[from:rapid.IntRange(from+1, len(all)).Draw(t, "to")]
		}), 1, 3).Draw(t, "parts")
		cut := rapid.IntRange(1, len(all)-1).Draw(t, "cut")
		parts = append(parts, all[:cut], all[cut:])
		parts = rapid.Permutation(parts).Draw(t, "order")
		want := uint64(0)
		seen := map[string]bool{}
		for i, part := range parts {
			from := db
			if rapid.Bool().Draw(t, "another process") {
				from = newDB(db.conn, db.cfg, Options{})
			}
			c := commitLines(part, day.Add(time.Duration(i)*time.Minute))
			if err := from.Commit(ctx, c); err != nil {
				t.Fatal(err)
			}
			if id := ledgerID(c); !seen[id] {
				seen[id] = true
				want += c.LinesIn
			}
		}
		if run%4 == 0 { // merged or not, the answer is the same
			if err := db.exec(ctx, "OPTIMIZE TABLE events FINAL"); err != nil {
				t.Fatal(err)
			}
		}
		same(t, "events", content(t, db, once), content(t, db, often))
		same(t, "unparsed", quarantined(t, db, once), quarantined(t, db, often))
		same(t, "statements", known(t, db, once+"-"), known(t, db, often+"-"))
		a, err := db.Accounting(ctx, often)
		if err != nil {
			t.Fatal(err)
		}
		if !a.OK() || a.LinesIn != want || a.Batches != uint64(len(seen)) {
			t.Fatalf("accounting: %+v, want %d lines in %d batches", a, want, len(seen))
		}
	})
}

// failer is what a helper needs of a test, rapid's too.
type failer interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// withoutID takes the record id, which depends on the source's name, off each line, and sorts.
func withoutID(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		_, out[i], _ = strings.Cut(s, " ")
	}
	slices.Sort(out)
	return out
}

func same(t *rapid.T, what string, once, often []string) {
	if once, often = withoutID(once), withoutID(often); !slices.Equal(once, often) {
		t.Fatalf("%s differ:\nonce  %s\noften %s", what, strings.Join(once, "\n      "), strings.Join(often, "\n      "))
	}
}

// fewChecks keeps the ordinary run short; -rapid.checks=N asks for more.
func fewChecks(t *testing.T) {
	t.Helper()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return
	}
	if err := flag.Set("rapid.checks", "6"); err != nil {
		t.Fatal(err)
	}
}
