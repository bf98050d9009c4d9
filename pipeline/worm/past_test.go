package worm

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// message makes the records of a Kafka message: one, or one a line.
func message(stream string, offset int64, lines int) []pipeline.Record {
	at := time.Unix(1_790_000_000+offset, 0).UTC()
	if lines == 1 {
		return []pipeline.Record{{Source: testSource, Stream: stream, Offset: offset, Time: at, Raw: fmt.Appendf(nil, "message %d", offset), Size: 20}}
	}
	var out []pipeline.Record
	for i := range lines {
		out = append(out, pipeline.Record{
			Source: testSource, Stream: stream, Offset: offset, Key: fmt.Sprintf("%d#%d", offset, i), Line: i + 1, Time: at,
			Raw: fmt.Appendf(nil, "message %d line %d", offset, i), Size: 20,
		})
	}
	return out
}

// event makes a record without an order, as CloudWatch Logs has them: its offset is its time.
func event(stream string, at int64, n int) pipeline.Record {
	raw := fmt.Appendf(nil, "event %d", n)
	return pipeline.Record{Source: testSource, Stream: stream, Offset: at, Key: fmt.Sprint("id-", n), Time: time.UnixMilli(at).UTC(), Raw: raw, Size: int64(len(raw))}
}

// memory is a store without disk, which many segments would keep busy.
type memory struct {
	objects map[string][]byte
	read    map[string]int
}

func newMemory() *memory { return &memory{map[string][]byte{}, map[string]int{}} }

func (*memory) immutable() bool             { return false }
func (*memory) check(context.Context) error { return nil }

func (m *memory) put(_ context.Context, key string, body []byte) error {
	if _, ok := m.objects[key]; ok {
		return errExists
	}
	m.objects[key] = bytes.Clone(body)
	return nil
}

func (m *memory) get(_ context.Context, key string) (stored, error) {
	m.read[key]++
	body, ok := m.objects[key]
	if !ok {
		return stored{}, errMissing
	}
	return stored{body: body}, nil
}

func (m *memory) keys(prefix string) []string {
	var out []string
	for k := range m.objects {
		if strings.HasPrefix(k, prefix) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func (m *memory) next(_ context.Context, prefix, marker string) (string, error) {
	for _, k := range m.keys(prefix) {
		if k > marker {
			return k, nil
		}
	}
	return "", nil
}

func (m *memory) list(_ context.Context, prefix string, visit func(listed) error) error {
	for _, k := range m.keys(prefix) {
		if err := visit(listed{key: k, versions: 1}); err != nil {
			return err
		}
	}
	return nil
}

func (*memory) folders(context.Context, string) ([]string, error) { return []string{testSource}, nil }

func (m *memory) archive(tb testing.TB, opts Options) *Archive {
	tb.Helper()
	cfg := Default()
	cfg.Folder = "nowhere"
	a, err := connect(tb.Context(), cfg, opts)
	if err != nil {
		tb.Fatal(err)
	}
	a.st = m
	return a
}

func (m *memory) chain(tb testing.TB) *Chain {
	tb.Helper()
	return openChain(tb, m.archive(tb, Options{}))
}

// writeSegment makes the records one segment.
func writeSegment(tb testing.TB, c *Chain, records ...pipeline.Record) {
	tb.Helper()
	if err := c.take(tb.Context(), pipeline.Batch{Records: records}); err != nil {
		tb.Fatal(err)
	}
	if err := c.close(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// eachOnce wants the archive to hold exactly the records, each once.
func eachOnce(tb testing.TB, m *memory, want []pipeline.Record) {
	tb.Helper()
	times := map[pipeline.RecordID]int{}
	a := m.archive(tb, Options{})
	for r, err := range a.Records(tb.Context(), testSource) {
		if err != nil {
			tb.Fatal(err)
		}
		times[r.ID()]++
	}
	for i := range want {
		if n := times[want[i].ID()]; n != 1 {
			tb.Fatalf("%s at %d, key %q: archived %d times", want[i].Stream, want[i].Offset, want[i].Key, n)
		}
	}
	if len(times) != len(want) {
		tb.Fatalf("%d records archived, %d wanted", len(times), len(want))
	}
	report, err := a.Verify(tb.Context(), VerifyOptions{})
	if err != nil || !report.OK() {
		tb.Fatalf("%v: %+v", err, report)
	}
}

// TestLinesOfMessagesComeAgainLate: a member of the group whose commit was lost reads messages of several lines again,
// after any number of segments of its own and of another writer.
func TestLinesOfMessagesComeAgainLate(t *testing.T) {
	m := newMemory()
	a, b := m.chain(t), m.chain(t)
	old := append(message("audit/0", 7, 3), message("audit/0", 8, 1)...)
	old = append(old, message("audit/0", 9, 5)...)
	writeSegment(t, a, old...)
	all := old
	for i := range int64(12) {
		of0, of1 := message("audit/0", 10+i, 4), message("audit/1", i, 3)
		writeSegment(t, a, of0...)
		writeSegment(t, b, of1...)
		all = append(append(all, of0...), of1...)
	}
	writeSegment(t, b, old...)
	writeSegment(t, m.chain(t), append(old, message("audit/1", 3, 3)...)...)
	eachOnce(t, m, all)
}

// TestMessageCutByRestart: a message's lines are in two segments, and come again from its first one on.
func TestMessageCutByRestart(t *testing.T) {
	m := newMemory()
	lines := message("audit/0", 7, 9)
	writeSegment(t, m.chain(t), lines[:4]...)
	for i := range int64(6) {
		writeSegment(t, m.chain(t), message("audit/1", i, 2)...)
	}
	writeSegment(t, m.chain(t), append(lines, message("audit/0", 8, 1)...)...)
	all := append(lines, message("audit/0", 8, 1)...)
	for i := range int64(6) {
		all = append(all, message("audit/1", i, 2)...)
	}
	eachOnce(t, m, all)
}

// groupMember reads a partition's records from somewhere before what is archived, a few at a time.
type groupMember struct {
	c  *Chain
	at int
}

// TestMembersTakeOver: two members take one partition over from each other, at any time, each going on from some message
// that the other has committed.
func TestMembersTakeOver(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := newMemory()
		var all []pipeline.Record
		first := []int{} // of each message
		for off := int64(0); len(all) < 400; off++ {
			first = append(first, len(all))
			all = append(all, message("audit/0", off, 1+rng.IntN(6))...)
		}
		members := [2]groupMember{{c: m.chain(t)}, {c: m.chain(t)}}
		archived := 0
		for archived < len(all) {
			who := &members[rng.IntN(2)]
			switch rng.IntN(8) {
			case 0: // killed: what it had not written is lost to it
				who.c = m.chain(t)
				fallthrough
			case 1: // it gets the partition: from a message before what is archived
				at := 0
				for _, f := range first {
					if f <= archived && rng.IntN(4) > 0 {
						at = f
					}
				}
				who.at = at
			}
			n := min(1+rng.IntN(30), len(all)-who.at)
			if err := who.c.take(t.Context(), pipeline.Batch{Records: all[who.at : who.at+n]}); err != nil {
				t.Fatal(err)
			}
			if who.at += n; rng.IntN(2) == 0 {
				if err := who.c.close(t.Context()); err != nil {
					t.Fatal(err)
				}
				archived = max(archived, who.at)
			}
		}
		eachOnce(t, m, all)
	}
}

// TestEventsComeAgainAfterRestart: after a restart a source repeats a window of events that lies many segments back, and
// among them are some that came late and are new.
func TestEventsComeAgainAfterRestart(t *testing.T) {
	m := newMemory()
	c := m.chain(t)
	var all []pipeline.Record
	for i := range 80 {
		r := event("/db:a", int64(1000+10*i-i%7*20), i)
		all = append(all, r)
		writeSegment(t, c, r)
	}
	c = m.chain(t)
	window := append([]pipeline.Record{}, all[5:40]...)
	for i := range 20 {
		r := event("/db:a", int64(1005+20*i), 1000+i)
		all, window = append(all, r), append(window, r)
	}
	writeSegment(t, c, window...)
	writeSegment(t, m.chain(t), all...)
	eachOnce(t, m, all)
}

// bounded wants no more in memory than is allowed, or one segment if that is more.
func bounded(tb testing.TB, p *past) {
	tb.Helper()
	ids, streams := 0, 0
	for _, s := range p.segments {
		ids, streams = max(ids, len(s.ids)), max(streams, s.size())
	}
	if p.ids > max(p.limitIDs, ids) || p.streams > max(p.limitStreams, streams) {
		tb.Fatalf("%d ids, %d streams are kept; the limits are %d and %d, the largest segment has %d and %d", p.ids, p.streams, p.limitIDs, p.limitStreams, ids, streams)
	}
}

// TestEventsAtRandom: two writers read the same events, late ones among them, are killed, and repeat whole stretches of
// time; with memory for a few segments and with plenty.
func TestEventsAtRandom(t *testing.T) {
	for seed := range uint64(9) {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := newMemory()
		var opts Options
		if seed%3 > 0 {
			opts.pastIDs, opts.pastStreams = 1+rng.IntN(100), 1+rng.IntN(60)
		}
		newChain := func() *Chain { return openChain(t, m.archive(t, opts)) }
		writers := [2]*Chain{newChain(), newChain()}
		var all []pipeline.Record
		for step := range 120 {
			k := rng.IntN(2)
			var records []pipeline.Record
			for range rng.IntN(12) {
				at := int64(1000 + 10*step - rng.IntN(5)*rng.IntN(100))
				r := event("/db:"+strconv.Itoa(rng.IntN(3)), max(at, 0), len(all))
				all, records = append(all, r), append(records, r)
			}
			if rng.IntN(3) == 0 && len(all) > 0 { // some stretch again
				from := rng.IntN(len(all))
				records = append(records, all[from:min(from+rng.IntN(60), len(all))]...)
			}
			rng.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			if err := writers[k].take(t.Context(), pipeline.Batch{Records: records}); err != nil {
				t.Fatal(err)
			}
			if rng.IntN(3) > 0 {
				if err := writers[k].close(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if rng.IntN(10) == 0 {
				writers[k] = newChain()
			}
			if opts.pastIDs > 0 {
				bounded(t, &writers[k].past)
			}
		}
		writeSegment(t, writers[0], all...)
		writeSegment(t, writers[1], all...)
		eachOnce(t, m, all)
	}
}

// TestNewEventsCostNoReads: only what may be a repeat makes the writer look back, and no further than it must.
func TestNewEventsCostNoReads(t *testing.T) {
	m := newMemory()
	c := m.chain(t)
	for i := range 50 {
		writeSegment(t, c, event("/db:a", int64(1000+10*i), i), event("/db:b", int64(1000+10*i), 100+i))
	}
	c = m.chain(t)
	clear(m.read)
	for i := range 20 {
		writeSegment(t, c, event("/db:a", int64(2000+i), 200+i))
	}
	if len(m.read) > 0 {
		t.Errorf("new events made the writer read %v", m.read)
	}
	writeSegment(t, c, event("/db:b", 1450, 145), event("/db:b", 1475, 300))
	segments := 0
	for key := range m.read {
		if strings.Contains(key, "/segments/") {
			segments++
		}
	}
	if segments != 1 || len(m.read) > 6 {
		t.Errorf("to find an event five segments back the writer read %v", m.read)
	}
	clear(m.read)
	writeSegment(t, c, event("/db:b", 1450, 145))
	if len(m.read) > 0 {
		t.Errorf("the second time the writer read %v", m.read)
	}
}

// TestLookBackAtWhatIsMissing: a checkpoint that was never written, a segment that is damaged and one whose retention is
// over do not stop the writer.
func TestLookBackAtWhatIsMissing(t *testing.T) {
	m := newMemory()
	c := m.chain(t)
	var all []pipeline.Record
	for i := range 10 {
		all = append(all, event("/db:a", int64(1000-i), i))
		writeSegment(t, c, all[i])
	}
	for _, key := range []string{c.keys.checkpoint(6), c.keys.segment(0), c.keys.checkpoint(0)} {
		delete(m.objects, key)
	}
	m.objects[c.keys.segment(3)] = []byte("damaged")
	c = m.chain(t)
	if err := c.take(t.Context(), pipeline.Batch{Records: all}); err != nil {
		t.Fatal(err)
	}
	if c.b.foot.Records != 2 || !c.ids[all[0].ID()] || !c.ids[all[3].ID()] {
		t.Errorf("%d records are new, want the two that can no longer be read: %v", c.b.foot.Records, c.ids)
	}
}
