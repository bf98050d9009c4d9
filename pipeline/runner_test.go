package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lineSource hands out batches of lines, then io.EOF or waits, and records which batches were acknowledged.
type lineSource struct {
	batches [][]string
	// positions, if any, are those of each batch.
	positions []map[string]string
	forever   bool
	next      int
	offset    int64
	mu        sync.Mutex
	acked     []int
	onAck     func(batch int) error
}

func (s *lineSource) Read(ctx context.Context) (Batch, error) {
	if s.next == len(s.batches) {
		if !s.forever {
			return Batch{}, io.EOF
		}
		<-ctx.Done()
		return Batch{}, ctx.Err()
	}
	n := s.next
	s.next++
	var b Batch
	for _, l := range s.batches[n] {
		b.Records = append(b.Records, Record{Source: "t", Stream: "s", Offset: s.offset, Raw: []byte(l), Size: int64(len(l)) + 1})
		s.offset += int64(len(l)) + 1
	}
	if s.positions != nil {
		b.Positions = s.positions[n]
	}
	b.Ack = func(context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.onAck != nil {
			if err := s.onAck(n); err != nil {
				return err
			}
		}
		s.acked = append(s.acked, n)
		return nil
	}
	return b, nil
}

func (s *lineSource) Close() error { return nil }

func (s *lineSource) ackedBatches() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.acked)
}

// joinDecoder joins lines that start with a tab to the line before; "bad" is unparsed, "" skipped.
type joinDecoder struct {
	held  []Record
	loses bool
}

func (d *joinDecoder) Decode(r Record, out *Decoded) {
	if !bytes.HasPrefix(r.Raw, []byte("\t")) {
		d.Flush(out)
	}
	d.held = append(d.held, r)
}

func (d *joinDecoder) Tick(time.Time, *Decoded) {}

func (d *joinDecoder) Flush(out *Decoded) {
	if len(d.held) == 0 {
		return
	}
	first, last, lines := d.held[0], d.held[len(d.held)-1], uint32(len(d.held))
	d.held = nil
	switch string(first.Raw) {
	case "bad":
		out.Unparsed = append(out.Unparsed, Unparsed{RecordID: first.ID(), Lines: lines, Raw: first.Raw, Reason: "bad", FirstSeq: first.Seq, LastSeq: last.Seq})
	case "":
		out.Skipped = append(out.Skipped, Skipped{Lines: lines, Reason: "blank"})
	case "lost":
		if d.loses {
			return
		}
		fallthrough
	default:
		out.Events = append(out.Events, Event{RecordID: first.ID(), Stream: first.Stream, Lines: lines, Statement: string(first.Raw), Offset: first.Offset, FirstSeq: first.Seq, LastSeq: last.Seq})
	}
}

func (d *joinDecoder) Oldest() uint64 {
	if len(d.held) == 0 {
		return NoneHeld
	}
	return d.held[0].Seq
}

type markAnalyser struct{}

func (markAnalyser) Analyse(e *Event)                  { e.SQL = &Statement{Fingerprint: "f:" + e.Statement} }
func (markAnalyser) AnalyseText(raw []byte) *Statement { return &Statement{Lexical: true} }

// memStore keeps the lines of durable commits; fail is asked before each commit.
type memStore struct {
	mu    sync.Mutex
	fail  func(n int) error
	tries int
	lines uint64
	texts []string
	ids   []string
}

func (s *memStore) Insert(context.Context, []Event) error { return nil }

func (s *memStore) Commit(_ context.Context, c *Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.fail != nil {
		if err := s.fail(s.tries); err != nil {
			return err
		}
	}
	e, u, k := c.Decoded.Lines()
	if e+u+k != c.LinesIn {
		return fmt.Errorf("%w: commit of %d lines says %d", ErrPermanent, e+u+k, c.LinesIn)
	}
	s.lines += c.LinesIn
	s.ids = append(s.ids, c.ID)
	for i := range c.Decoded.Events {
		if c.Decoded.Events[i].SQL == nil {
			return fmt.Errorf("%w: event not analysed", ErrPermanent)
		}
		s.texts = append(s.texts, c.Decoded.Events[i].Statement)
	}
	return nil
}

func (s *memStore) durable() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines
}

func TestRunnerFiniteSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "\ta2", "bad"}, {"", "b"}, {"c", "\tc2", "\tc3"}}}
		store := &memStore{}
		r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, store, RunnerOptions{BatchEvents: 2})
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if store.lines != 8 {
			t.Errorf("durable lines = %d, want 8", store.lines)
		}
		if got := strings.Join(store.texts, ","); got != "a,b,c" {
			t.Errorf("events = %s, want a,b,c", got)
		}
		if got := src.ackedBatches(); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("acknowledged %v, want 0 1 2 in order", got)
		}
	})
}

func TestRunnerAcknowledgesOnlyWhatIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := []uint64{2, 4, 6} // lines read up to the end of each batch
		store := &memStore{fail: func(n int) error {
			if n%3 != 0 {
				return errors.New("away")
			}
			return nil
		}}
		src := &lineSource{batches: [][]string{{"a", "b"}, {"c", "\tc2"}, {"d", "e"}}}
		src.onAck = func(n int) error {
			// The last record of a batch may still wait for its continuation; then the batch must wait too.
			if store.durable() < ends[n] {
				return fmt.Errorf("%w: batch %d acknowledged with %d durable lines", ErrPermanent, n, store.durable())
			}
			return nil
		}
		r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, store, RunnerOptions{BatchEvents: 1})
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := src.ackedBatches(); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("acknowledged %v, want all", got)
		}
	})
}

// TestRunnerDoesNotResumeInsideARecord: where a batch ends between a record's lines, only a later batch is acknowledged.
func TestRunnerDoesNotResumeInsideARecord(t *testing.T) {
	for _, size := range []int{1, 100} { // cuts inside and after batches
		synctest.Test(t, func(t *testing.T) {
			src := &lineSource{batches: [][]string{{"a", "b"}, {"c", "d"}, {"\td2", "\td3"}, {"\td4", "e"}, {"f"}}}
			r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, &memStore{}, RunnerOptions{BatchEvents: size})
			if err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := src.ackedBatches(); !slices.Equal(got, []int{0, 3, 4}) {
				t.Errorf("acknowledged %v, want 0 3 4: batches 1 and 2 end inside d", got)
			}
		})
	}
}

// TestRunnerAcknowledgesTornBatchThatNoneCovers: a position that only the torn batch moves is saved once a later batch
// ends whole.
func TestRunnerAcknowledgesTornBatchThatNoneCovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "d"}, {"\td2", "e"}, {"f", "g"}, {"h"}},
			positions: []map[string]string{{"s": "1", "only-here": "1"}, {"s": "2"}, {"s": "3"}, {"s": "4"}}}
		r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, &memStore{}, RunnerOptions{})
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := src.ackedBatches(); !slices.Equal(got, []int{0, 1, 2, 3}) {
			t.Errorf("acknowledged %v, want all", got)
		}
	})
}

func TestRunnerHoldsBackIncompleteRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "b"}}, forever: true}
		store := &memStore{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, store, RunnerOptions{})
		go func() { done <- r.Run(ctx) }()
		time.Sleep(time.Minute)
		if store.durable() != 1 {
			t.Errorf("durable lines = %d, want 1: b may still go on", store.durable())
		}
		if got := src.ackedBatches(); len(got) != 0 {
			t.Errorf("acknowledged %v while b is held back", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if got := src.ackedBatches(); len(got) != 0 {
			t.Errorf("acknowledged %v at the stop: b would be lost", got)
		}
	})
}

func TestRunnerDrainsAtStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "b", "bad", ""}}, forever: true}
		store := &memStore{fail: func(n int) error {
			if n < 4 {
				return errors.New("away")
			}
			return nil
		}}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		dec := &joinDecoder{}
		r := NewRunner("t", src, dec, markAnalyser{}, store, RunnerOptions{FlushInterval: time.Hour})
		go func() { done <- r.Run(ctx) }()
		time.Sleep(time.Second)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if store.durable() != 3 { // the blank line is held by the decoder
			t.Errorf("durable lines = %d, want 3 after the drain", store.durable())
		}
	})
}

func TestRunnerGivesUpDrainAtDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "b"}}, forever: true}
		store := &memStore{fail: func(int) error { return errors.New("away") }}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		r := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, store, RunnerOptions{DrainTimeout: 5 * time.Second})
		go func() { done <- r.Run(ctx) }()
		time.Sleep(time.Minute)
		stop()
		start := time.Now()
		err := <-done
		if err == nil || !strings.Contains(err.Error(), "drain not done 5s after the stop") {
			t.Errorf("error = %v, want the drain's deadline", err)
		}
		if d := time.Since(start); d > 6*time.Second {
			t.Errorf("stop took %v", d)
		}
		if len(src.ackedBatches()) != 0 {
			t.Error("acknowledged what is not durable")
		}
	})
}

func TestRunnerNoticesLostLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "lost", "b"}}}
		r := NewRunner("t", src, &joinDecoder{loses: true}, markAnalyser{}, &memStore{}, RunnerOptions{})
		err := r.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "3 read, 2 decoded") {
			t.Errorf("error = %v, want the account of lines", err)
		}
	})
}

func TestRunnerPermanentError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &lineSource{batches: [][]string{{"a", "b"}, {"c"}, {"d"}}, forever: true}
		store := &memStore{fail: func(int) error { return fmt.Errorf("schema: %w", ErrPermanent) }}
		err := NewRunner("t", src, &joinDecoder{}, markAnalyser{}, store, RunnerOptions{BatchEvents: 1}).Run(t.Context())
		if !errors.Is(err, ErrPermanent) {
			t.Errorf("error = %v, want ErrPermanent", err)
		}
	})
}

func TestCommitIDFollowsContent(t *testing.T) {
	rec := func(off int64) RecordID { r := Record{Source: "t", Stream: "s", Offset: off}; return r.ID() }
	a := &Decoded{Events: []Event{{RecordID: rec(1)}, {RecordID: rec(2)}}}
	same := &Decoded{Events: []Event{{RecordID: rec(1)}, {RecordID: rec(2)}}}
	other := &Decoded{Events: []Event{{RecordID: rec(1)}}, Unparsed: []Unparsed{{RecordID: rec(2)}}}
	if commitID("t", "s@1", "s@2", a) != commitID("t", "s@1", "s@2", same) {
		t.Error("equal content, different ids")
	}
	for name, id := range map[string]string{
		"kind of entry": commitID("t", "s@1", "s@2", other), "source": commitID("u", "s@1", "s@2", a), "position": commitID("t", "s@1", "s@3", a),
	} {
		if id == commitID("t", "s@1", "s@2", a) {
			t.Errorf("id does not depend on the %s", name)
		}
	}
}
