package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

const testSource = "orders-db"

// feed is a source in memory: batches, then the end.
type feed struct {
	batches []pipeline.Batch
	block   bool // instead of ending
}

func (f *feed) Read(ctx context.Context) (pipeline.Batch, error) {
	if len(f.batches) == 0 {
		if f.block {
			<-ctx.Done()
			return pipeline.Batch{}, ctx.Err()
		}
		return pipeline.Batch{}, io.EOF
	}
	b := f.batches[0]
	f.batches = f.batches[1:]
	return b, nil
}

func (*feed) Close() error { return nil }

// logLines makes n lines of a stream from offset on, and says where the next begins.
func logLines(stream string, from int64, n int) ([]pipeline.Record, int64) {
	var out []pipeline.Record
	for i := range n {
		raw := fmt.Appendf(nil, "2026-11-22 10:00:00 UTC:10.0.0.%d(5432):app@orders:[77]:LOG:  AUDIT: SESSION,%d,1,READ,SELECT,,,select 1", i%250, from)
		r := pipeline.Record{Source: testSource, Stream: stream, Offset: from, Raw: raw, Size: int64(len(raw)) + 1, Meta: map[string]string{"path": "/var/log/" + stream}}
		out = append(out, r)
		from += r.Size
	}
	return out, from
}

// oddRecords have every property that a record can have.
func oddRecords() []pipeline.Record {
	at := time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC)
	return []pipeline.Record{
		{Source: testSource, Stream: "audit/0", Offset: 7, Time: at, Raw: []byte("two\nlines"), Size: 9, Meta: map[string]string{"header": "x\n@{\"records\":1}"}},
		{Source: testSource, Stream: "audit/0", Offset: 8, Key: "8:1", Time: at, Raw: []byte("one of several"), Size: 15},
		{Source: testSource, Stream: "audit/0", Offset: 8, Key: "8:2", Time: at, Raw: nil, Size: 1},
		{Source: testSource, Stream: "audit/0", Offset: 9, Key: "9#0", Line: 1, Time: at, Raw: []byte("first"), Size: 6},
		{Source: testSource, Stream: "audit/0", Offset: 9, Key: "9#1", Line: 2, Time: at, Raw: []byte("second"), Size: 6},
		{Source: testSource, Stream: "file:x", Offset: 0, Raw: []byte("@{\"records\":0,\"raw_bytes\":0}"), Size: 29},
		{Source: testSource, Stream: "file:x", Offset: 29, Raw: []byte("\x00\xff\r"), Size: 4},
		{Source: testSource, Stream: "file:x", Offset: 33, Raw: []byte("cut"), Size: 1 << 30, Truncated: true},
		{Source: testSource, Stream: "file:x", Offset: 33 + 1<<30, Raw: []byte("no terminator"), Size: 13},
	}
}

// batch wraps records with their positions and counts acknowledgements.
func batch(acked *int, records ...pipeline.Record) pipeline.Batch {
	pos := map[string]string{}
	for i := range records {
		pos[records[i].Stream] = fmt.Sprint("after ", records[i].Offset)
	}
	return pipeline.Batch{Records: records, Positions: pos, Ack: func(context.Context) error { *acked++; return nil }}
}

func folderConfig(tb testing.TB) Config {
	tb.Helper()
	c := Default()
	c.Folder = tb.TempDir()
	return c
}

func testOptions(tb testing.TB) Options {
	return Options{Logger: slog.New(slog.NewTextHandler(tb.Output(), nil)), retryMin: time.Millisecond, retryMax: 20 * time.Millisecond}
}

func openArchive(tb testing.TB, cfg Config) *Archive {
	tb.Helper()
	a, err := Open(tb.Context(), cfg, testOptions(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func openChain(tb testing.TB, a *Archive) *Chain {
	tb.Helper()
	c, err := a.Chain(tb.Context(), testSource)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// archive runs the batches through a chain, one segment each.
func archive(tb testing.TB, cfg Config, batches ...pipeline.Batch) {
	tb.Helper()
	cfg.SegmentBytes = 1 << 10
	c := openChain(tb, openArchive(tb, cfg))
	if err := c.Run(tb.Context(), &feed{batches: batches}); err != nil {
		tb.Fatal(err)
	}
}

func readBack(tb testing.TB, cfg Config) []string {
	tb.Helper()
	var out []string
	for r, err := range openArchive(tb, cfg).Records(tb.Context(), testSource) {
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, describe(r))
	}
	return out
}

func describe(r *pipeline.Record) string {
	return fmt.Sprintf("%s %s %d %q %d %s %q %d %v %v", r.Source, r.Stream, r.Offset, r.Key, r.Line, r.Time, r.Raw, r.Size, r.Truncated, r.Meta)
}

func describeAll(batches ...[]pipeline.Record) []string {
	var out []string
	for _, b := range batches {
		for i := range b {
			out = append(out, describe(&b[i]))
		}
	}
	return out
}

func mustEqual(tb testing.TB, got, want []string) {
	tb.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			tb.Fatalf("%d records, want %d; the first missing is %s", len(got), len(want), want[i])
		case i >= len(want):
			tb.Fatalf("%d records, want %d; the first too many is %s", len(got), len(want), got[i])
		case got[i] != want[i]:
			tb.Fatalf("record %d:\n got %s\nwant %s", i, got[i], want[i])
		}
	}
}

// verified verifies and fails on any problem.
func verified(tb testing.TB, cfg Config) SourceReport {
	tb.Helper()
	r, err := Verify(tb.Context(), cfg, VerifyOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	if !r.OK() || len(r.Sources) != 1 {
		tb.Fatalf("report: %+v", r)
	}
	return r.Sources[0]
}

func TestRoundTrip(t *testing.T) {
	cfg := folderConfig(t)
	var acked int
	a, next := logLines("file:a", 0, 100)
	b, _ := logLines("file:a", next, 50)
	odd := oddRecords()
	archive(t, cfg, batch(&acked, a...), batch(&acked, odd...), batch(&acked, b...))
	if acked != 3 {
		t.Errorf("%d batches acknowledged, want 3", acked)
	}
	mustEqual(t, readBack(t, cfg), describeAll(a, odd, b))
	r := verified(t, cfg)
	if r.Records != uint64(150+len(odd)) || r.Segments < 2 {
		t.Errorf("report: %+v", r)
	}
	want := map[string]string{"file:a": fmt.Sprint("after ", b[49].Offset), "audit/0": "after 9", "file:x": fmt.Sprint("after ", 33+1<<30)}
	if got := openChain(t, openArchive(t, cfg)).Positions(); !maps.Equal(got, want) {
		t.Errorf("positions %v, want %v", got, want)
	}
}

func TestReplaysAreLeftOut(t *testing.T) {
	cfg := folderConfig(t)
	var acked int
	a, next := logLines("file:a", 0, 100)
	b, _ := logLines("file:a", next, 50)
	odd := oddRecords()
	archive(t, cfg, batch(&acked, a...), batch(&acked, odd...))
	archive(t, cfg, batch(&acked, a[60:]...), batch(&acked, odd...), batch(&acked, append(a[90:100:100], b...)...))
	mustEqual(t, readBack(t, cfg), describeAll(a, odd, b))
	if acked != 5 {
		t.Errorf("%d batches acknowledged, want 5", acked)
	}
}

func TestTwoWriters(t *testing.T) {
	cfg := folderConfig(t)
	cfg.SegmentBytes = 4 << 10
	const n = 40
	var all []pipeline.Record
	var off int64
	var feeds [2]feed
	var acked [2]int
	for range n {
		var l []pipeline.Record
		l, off = logLines("file:shared", off, 20)
		all = append(all, l...)
		for i := range feeds { // both read the same file …
			feeds[i].batches = append(feeds[i].batches, batch(&acked[i], l...))
		}
	}
	for i := range feeds { // … and a partition of their own
		l, _ := logLines(fmt.Sprint("audit/", i), 0, 100)
		for k := range l {
			l[k].Key, l[k].Time = fmt.Sprint("key", k), time.Unix(int64(k), 0)
			feeds[i].batches = append(feeds[i].batches, batch(&acked[i], l[k]))
		}
		all = append(all, l...)
	}
	var wg sync.WaitGroup
	for i := range feeds {
		c := openChain(t, openArchive(t, cfg))
		wg.Go(func() {
			if err := c.Run(t.Context(), &feeds[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[pipeline.RecordID]int{}
	for r, err := range openArchive(t, cfg).Records(t.Context(), testSource) {
		if err != nil {
			t.Fatal(err)
		}
		seen[r.ID()]++
	}
	for i := range all {
		if seen[all[i].ID()] != 1 {
			t.Fatalf("%s/%d archived %d times", all[i].Stream, all[i].Offset, seen[all[i].ID()])
		}
	}
	if len(seen) != len(all) || acked[0] != n+100 || acked[1] != n+100 {
		t.Errorf("%d records for %d, acknowledged %v", len(seen), len(all), acked)
	}
	verified(t, cfg)
}

func TestAgeClosesSegments(t *testing.T) {
	cfg := folderConfig(t)
	cfg.SegmentAge = time.Millisecond
	l, _ := logLines("file:a", 0, 3)
	acks := make(chan struct{})
	ack := func(context.Context) error { close(acks); return nil }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	c := openChain(t, openArchive(t, cfg))
	go func() {
		done <- c.Run(ctx, &feed{batches: []pipeline.Batch{{Records: l, Ack: ack}}, block: true})
	}()
	<-acks
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	mustEqual(t, readBack(t, cfg), describeAll(l))
}

func TestStopWritesWhatWasRead(t *testing.T) {
	cfg := folderConfig(t)
	l, _ := logLines("file:a", 0, 3)
	var acked int
	ctx, cancel := context.WithCancel(t.Context())
	read := make(chan struct{})
	src := &signalling{feed: feed{batches: []pipeline.Batch{batch(&acked, l...)}, block: true}, second: read}
	done := make(chan error)
	c := openChain(t, openArchive(t, cfg))
	go func() { done <- c.Run(ctx, src) }()
	<-read
	cancel()
	if err := <-done; err != nil || acked != 1 {
		t.Fatalf("error %v, %d acknowledged", err, acked)
	}
	mustEqual(t, readBack(t, cfg), describeAll(l))
}

// signalling closes second when Read is called the second time: the first batch was taken then.
type signalling struct {
	feed
	calls  int
	second chan struct{}
}

func (s *signalling) Read(ctx context.Context) (pipeline.Batch, error) {
	if s.calls++; s.calls == 2 {
		close(s.second)
	}
	return s.feed.Read(ctx)
}

func TestReadErrorIsReported(t *testing.T) {
	cfg := folderConfig(t)
	l, _ := logLines("file:a", 0, 3)
	var acked int
	c := openChain(t, openArchive(t, cfg))
	err := c.Run(t.Context(), &failing{feed{batches: []pipeline.Batch{batch(&acked, l...)}}})
	if err == nil || err.Error() != "read source orders-db: no more disk" {
		t.Errorf("got %v", err)
	}
	if acked != 1 {
		t.Error("what was read before was not archived")
	}
}

type failing struct{ feed }

func (f *failing) Read(ctx context.Context) (pipeline.Batch, error) {
	b, err := f.feed.Read(ctx)
	if errors.Is(err, io.EOF) {
		err = errors.New("no more disk")
	}
	return b, err
}

func TestExtract(t *testing.T) {
	cfg := folderConfig(t)
	var acked int
	a, next := logLines("file:a", 0, 100)
	b, _ := logLines("file:a", next, 50)
	archive(t, cfg, batch(&acked, a...), batch(&acked, oddRecords()...), batch(&acked, b...))
	arc := openArchive(t, cfg)
	for _, want := range append(oddRecords(), a[0], a[99], b[49]) {
		if want.Key == "" {
			got, err := arc.Extract(t.Context(), testSource, want.Stream, want.Offset)
			if err != nil {
				t.Fatal(err)
			}
			mustEqual(t, []string{describe(&got.Record)}, []string{describe(&want)})
			if len(got.SHA256) != 64 || !strings.Contains(string(got.Checkpoint), got.SHA256) {
				t.Errorf("evidence is incomplete: %+v", got)
			}
		}
		got, err := arc.ExtractID(t.Context(), testSource, want.ID())
		if err != nil {
			t.Fatal(err)
		}
		mustEqual(t, []string{describe(&got.Record)}, []string{describe(&want)})
	}
	for _, off := range []int64{1, 1 << 40} {
		if _, err := arc.Extract(t.Context(), testSource, "file:a", off); !errors.Is(err, ErrNotFound) {
			t.Errorf("offset %d: %v", off, err)
		}
	}
}
