package file

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// world is a log directory, a writer that rotates and a reader that crashes.
type world struct {
	t     *testing.T
	rnd   *rand.Rand
	dir   string
	clock time.Time
	cfg   Config

	n    int // lines written
	src  *Source
	ckpt checkpoints

	pending []pipeline.Batch                        // read, not acknowledged
	stored  map[pipeline.RecordID]string            // what a store that de-duplicates by id holds
	acked   map[pipeline.RecordID]bool              // must not come again
	byText  map[string]map[pipeline.RecordID]string // ids of one line, and where it was read
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), clock: time.Now(), ckpt: checkpoints{},
		stored: map[pipeline.RecordID]string{}, acked: map[pipeline.RecordID]bool{}, byText: map[string]map[pipeline.RecordID]string{},
	}
	w.cfg = fast(filepath.Join(w.dir, "audit.log*"))
	w.cfg.BatchLines = 1 + w.rnd.IntN(20)
	w.cfg.RotatedGrace = time.Hour
	return w
}

// now makes every look at the clock a second later: scans are due, and idle reads return at once.
func (w *world) now() time.Time {
	w.clock = w.clock.Add(time.Second)
	return w.clock
}

func (w *world) path(n int) string {
	if n == 0 {
		return filepath.Join(w.dir, "audit.log")
	}
	return fmt.Sprintf("%s.%d", filepath.Join(w.dir, "audit.log"), n)
}

func (w *world) append() {
	var b bytes.Buffer
	for range 1 + w.rnd.IntN(30) {
		b.WriteString(line(w.n))
		w.n++
	}
	text := b.Bytes()
	if cut := w.rnd.IntN(len(text)); w.rnd.IntN(2) == 0 { // in two writes, with a look in between
		appendTo(w.t, w.path(0), string(text[:cut]))
		w.read()
		text = text[cut:]
	}
	appendTo(w.t, w.path(0), string(text))
}

// shift makes room for a newly rotated file; what it drops was read.
func (w *world) shift() {
	const keep = 4
	w.readOut()
	for _, suffix := range []string{"", ".gz"} {
		_ = os.Remove(w.path(keep) + suffix)
		for i := keep - 1; i >= 1; i-- {
			if err := os.Rename(w.path(i)+suffix, w.path(i+1)+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				w.t.Fatal(err)
			}
		}
	}
}

func (w *world) rename() {
	if _, err := os.Stat(w.path(0)); err != nil {
		return
	}
	w.shift()
	if err := os.Rename(w.path(0), w.path(1)); err != nil {
		w.t.Fatal(err)
	}
	if w.rnd.IntN(2) == 0 { // the writer has not reopened yet
		appendTo(w.t, w.path(1), line(w.n))
		w.n++
	}
}

func (w *world) copyTruncate() {
	text, err := os.ReadFile(w.path(0))
	if err != nil || len(text) == 0 {
		return
	}
	w.shift()
	half := w.rnd.IntN(len(text))
	write(w.t, w.path(1), string(text[:half]))
	if w.rnd.IntN(2) == 0 {
		w.read()
	}
	appendTo(w.t, w.path(1), string(text[half:]))
	if w.rnd.IntN(2) == 0 {
		w.read()
	}
	if err := os.Truncate(w.path(0), 0); err != nil {
		w.t.Fatal(err)
	}
	if w.rnd.IntN(2) == 0 {
		w.append()
	}
}

func (w *world) compress() {
	path := w.path(1 + w.rnd.IntN(3))
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(text)
	_ = z.Close()
	half := w.rnd.IntN(b.Len())
	write(w.t, path+".gz", string(b.Bytes()[:half]))
	if w.rnd.IntN(2) == 0 {
		w.read()
	}
	write(w.t, path+".gz", b.String())
	if w.rnd.IntN(2) == 0 {
		w.read()
	}
	if err := os.Remove(path); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) start() {
	if w.src != nil {
		return
	}
	s, err := New(w.cfg, Options{
		Name: "db", Positions: maps.Clone(w.ckpt), Save: w.ckpt.save, Now: w.now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.src = s
}

// read takes one batch, if there is one, and stores it.
func (w *world) read() int {
	w.start()
	b, err := w.src.Read(w.t.Context())
	if errors.Is(err, io.EOF) {
		w.t.Fatal("a following source ended")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range b.Records {
		r := &b.Records[i]
		id, text := r.ID(), string(r.Raw)
		if w.acked[id] {
			w.t.Fatalf("acknowledged line came again: %q", text)
		}
		if old, ok := w.stored[id]; ok && old != text {
			w.t.Fatalf("one id, two lines: %q and %q", old, text)
		}
		w.stored[id] = text
		if w.byText[text] == nil {
			w.byText[text] = map[pipeline.RecordID]string{}
		}
		if w.byText[text][id] == "" {
			w.byText[text][id] = fmt.Sprintf("%s %s:%d", filepath.Base(r.Meta["path"]), r.Stream, r.Offset)
		}
	}
	w.pending = append(w.pending, b)
	return len(b.Records)
}

// readOut reads until three looks in a row found nothing.
func (w *world) readOut() {
	for quiet := 0; quiet < 3; quiet++ {
		if w.read() > 0 {
			quiet = -1
		}
	}
}

func (w *world) ack() {
	n := w.rnd.IntN(len(w.pending) + 1)
	for _, b := range w.pending[:n] {
		if err := b.Ack(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		for i := range b.Records {
			w.acked[b.Records[i].ID()] = true
		}
	}
	w.pending = w.pending[n:]
}

func (w *world) crash() {
	if w.src != nil {
		_ = w.src.Close()
	}
	w.src, w.pending = nil, nil
}

// TestAnyHistory drives random histories of appends, rotations, reads, acknowledgements and crashes. In each, every line
// must have come, under one id only, and none again after it was acknowledged.
func TestAnyHistory(t *testing.T) {
	histories := 150
	if testing.Short() {
		histories = 20
	}
	for seed := range histories {
		if seed == histories-1 {
			seed = 264 // a compressed file's inode went to a new log
		}
		w := newWorld(t, uint64(seed))
		var log []string
		for range 60 {
			ops := []struct {
				name   string
				weight int
				do     func()
			}{
				{"append", 6, w.append}, {"read", 8, func() { w.read() }}, {"ack", 4, w.ack}, {"crash", 2, w.crash},
				{"rename", 1, w.rename}, {"copytruncate", 1, w.copyTruncate}, {"compress", 1, w.compress},
			}
			k := w.rnd.IntN(23)
			for _, op := range ops {
				if k -= op.weight; k < 0 {
					log = append(log, op.name)
					op.do()
					for text, ids := range w.byText {
						if len(ids) > 1 {
							t.Fatalf("seed %d: %q has ids %v; history %v", seed, text, ids, log)
						}
					}
					break
				}
			}
		}
		w.readOut()
		w.crash()
		for i := range w.n {
			text := line(i)
			text = text[:len(text)-1]
			if len(w.byText[text]) != 1 {
				t.Fatalf("seed %d: line %d has ids %v, want one; history %v", seed, i, w.byText[text], log)
			}
		}
		if len(w.stored) != w.n {
			t.Fatalf("seed %d: %d records stored for %d lines; history %v", seed, len(w.stored), w.n, log)
		}
	}
}
