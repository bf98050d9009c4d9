package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// fast makes a following source that looks around often.
func fast(paths ...string) Config {
	c := Default()
	c.Paths = paths
	c.PollInterval = time.Millisecond
	c.ScanInterval = time.Millisecond
	c.RotatedGrace = 20 * time.Millisecond
	c.CloseIdle = time.Minute
	return c
}

func finite(paths ...string) Config {
	c := fast(paths...)
	c.Follow = false
	return c
}

// checkpoints are positions that survive a source.
type checkpoints map[string]string

func (c checkpoints) save(_ context.Context, p map[string]string) error {
	for k, v := range p {
		if v == "" {
			delete(c, k)
			continue
		}
		c[k] = v
	}
	return nil
}

func open(tb testing.TB, cfg Config, saved checkpoints) *Source {
	tb.Helper()
	s, err := New(cfg, Options{Name: "db", Positions: saved, Save: saved.save, Logger: slog.New(slog.NewTextHandler(tb.Output(), nil))})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// readAll reads a finite source to its end and acknowledges everything.
func readAll(tb testing.TB, s *Source) []pipeline.Record {
	tb.Helper()
	var all []pipeline.Record
	for {
		b, err := s.Read(tb.Context())
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b.Records...)
		if err := b.Ack(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
}

// await reads until n records came, acknowledges them, and fails if there is one more.
func await(tb testing.TB, s *Source, n int) []pipeline.Record {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	var all []pipeline.Record
	for len(all) < n {
		b, err := s.Read(ctx)
		if err != nil {
			tb.Fatalf("after %d of %d records: %v", len(all), n, err)
		}
		all = append(all, b.Records...)
		if err := b.Ack(ctx); err != nil {
			tb.Fatal(err)
		}
	}
	if len(all) > n {
		tb.Fatalf("got %d records, want %d; the last is %q", len(all), n, all[len(all)-1].Raw)
	}
	return all
}

func texts(records []pipeline.Record) string {
	var b strings.Builder
	for i := range records {
		b.Write(records[i].Raw)
		b.WriteByte('\n')
	}
	return b.String()
}

func line(i int) string {
	return fmt.Sprintf("2026-11-22 10:00:%02d.%06d UTC [77] LOG:  line %d\n", i%60, i, i)
}

func linesOf(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(line(i))
	}
	return b.String()
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func appendTo(tb testing.TB, path, text string) {
	tb.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func gz(tb testing.TB, text string) string {
	tb.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func want(tb testing.TB, got []pipeline.Record, text string) {
	tb.Helper()
	if texts(got) != text {
		tb.Fatalf("got  %q\nwant %q", texts(got), text)
	}
}

func TestFiniteReadsEverythingOldestFirst(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "audit.log"), linesOf(30, 35)+"2026-11-22 10:00:35 no terminator")
	write(t, filepath.Join(dir, "audit.log.1"), linesOf(20, 30))
	write(t, filepath.Join(dir, "audit.log.2.gz"), gz(t, linesOf(0, 20)))
	write(t, filepath.Join(dir, "audit.log.3"), "")
	saved := checkpoints{}
	got := readAll(t, open(t, finite(dir), saved))
	want(t, got, linesOf(0, 35)+"2026-11-22 10:00:35 no terminator\n")
	var size int64
	for i := range got {
		size += got[i].Size
	}
	if n := int64(len(linesOf(0, 35)) + 33); size != n {
		t.Errorf("sizes add up to %d, want %d", size, n)
	}
	if again := readAll(t, open(t, finite(dir), saved)); len(again) != 0 {
		t.Errorf("read %d records twice", len(again))
	}
	appendTo(t, filepath.Join(dir, "audit.log"), "\n"+line(36))
	want(t, readAll(t, open(t, finite(dir), saved)), "\n"+line(36))
}

func TestIdentityIsTheContents(t *testing.T) {
	dir := t.TempDir()
	text := linesOf(0, 50)
	a, b, c := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log"), filepath.Join(dir, "c.log.gz")
	write(t, a, text)
	write(t, b, text)
	write(t, c, gz(t, text))
	first := readAll(t, open(t, finite(a), checkpoints{}))
	for _, path := range []string{b, c} {
		other := readAll(t, open(t, finite(path), checkpoints{}))
		if len(other) != len(first) {
			t.Fatalf("%s: %d records, want %d", path, len(other), len(first))
		}
		for i := range first {
			if first[i].ID() != other[i].ID() {
				t.Fatalf("%s: record %d has another id", path, i)
			}
		}
	}
	in, err := New(finite(Stdin), Options{Name: "db", Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range readAll(t, in) {
		if r.ID() != first[i].ID() {
			t.Fatalf("standard input: record %d has another id", i)
		}
	}
	if all := readAll(t, open(t, finite(dir), checkpoints{})); len(all) != len(first) {
		t.Errorf("three copies together gave %d records, want %d", len(all), len(first))
	}
}

func TestFollowRenamed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	saved := checkpoints{}
	s := open(t, fast(path+"*"), saved)
	appendTo(t, path, linesOf(0, 10))
	first := await(t, s, 10)
	appendTo(t, path, linesOf(10, 20)+"2026-11-22 half")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, linesOf(21, 25))
	appendTo(t, path+".1", " line 20\n")
	got := await(t, s, 15)
	want(t, got[:11], linesOf(10, 20)+"2026-11-22 half line 20\n")
	want(t, got[11:], linesOf(21, 25))
	if got[0].Stream != first[0].Stream || got[11].Stream == first[0].Stream {
		t.Error("streams do not follow the files")
	}
	// A compressed copy takes the place of the rotated file: nothing comes twice.
	text, err := os.ReadFile(path + ".1")
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+".1.gz", gz(t, string(text)))
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, linesOf(25, 26))
	want(t, await(t, s, 1), line(25))
	_ = s.Close()
	appendTo(t, path, linesOf(26, 27))
	want(t, await(t, open(t, fast(path+"*"), saved), 1), line(26))
}

func TestFollowCopyTruncate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	s := open(t, fast(path+"*"), checkpoints{})
	appendTo(t, path, linesOf(0, 10))
	await(t, s, 10)
	appendTo(t, path, linesOf(10, 20))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+".1", string(text))
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	appendTo(t, path, linesOf(20, 45)) // longer than what had been read
	got := await(t, s, 35)
	if !strings.Contains(texts(got), linesOf(10, 20)) || !strings.Contains(texts(got), linesOf(20, 45)) {
		t.Fatalf("lines are missing: %q", texts(got))
	}
}

func TestUnfinishedLineOfRotatedFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	s := open(t, fast(path+"*"), checkpoints{})
	appendTo(t, path, line(0)+"2026-11-22 never finished")
	await(t, s, 1)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	got := await(t, s, 1)
	if string(got[0].Raw) != "2026-11-22 never finished" || got[0].Size != int64(len(got[0].Raw)) {
		t.Errorf("got %q of size %d", got[0].Raw, got[0].Size)
	}
}

func TestFromEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	write(t, path, linesOf(0, 1000)+"2026-11-22 half")
	write(t, path+".1.gz", gz(t, linesOf(2000, 2100)))
	cfg := fast(path + "*")
	cfg.From = FromEnd
	saved := checkpoints{}
	s := open(t, cfg, saved)
	for len(saved) < 2 {
		b, err := s.Read(t.Context())
		if err != nil || len(b.Records) > 0 {
			t.Fatalf("got %d records, error %v", len(b.Records), err)
		}
		if err := b.Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_ = s.Close()
	appendTo(t, path, " line\n"+line(1001)) // written while nobody reads
	write(t, path+".2", linesOf(3000, 3001))
	s = open(t, cfg, saved)
	got := texts(await(t, s, 3))
	if got != "2026-11-22 half line\n"+line(1001)+line(3000) && got != line(3000)+"2026-11-22 half line\n"+line(1001) {
		t.Errorf("got %q", got)
	}
}

func TestFilesThatBeginAlike(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "pod-a.log"), filepath.Join(dir, "pod-b.log")
	saved := checkpoints{}
	s := open(t, fast(dir), saved)
	appendTo(t, a, line(0))
	appendTo(t, b, line(0)) // byte for byte the same so far
	got := await(t, s, 1)
	appendTo(t, a, line(1))
	appendTo(t, b, line(2))
	got = append(got, await(t, s, 3)...) // b is read anew, as a stream of its own
	ids := map[pipeline.RecordID]bool{}
	for i := range got {
		ids[got[i].ID()] = true
	}
	if len(ids) != 4 {
		t.Errorf("%d ids for 4 lines", len(ids))
	}
	_ = s.Close()
	appendTo(t, a, line(3))
	appendTo(t, b, line(4))
	s = open(t, fast(dir), saved)
	text := texts(await(t, s, 2))
	if !strings.Contains(text, line(3)) || !strings.Contains(text, line(4)) {
		t.Errorf("after a restart: %q", text)
	}
}

func TestNoTimeStampYet(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.xml")
	s := open(t, fast(path), checkpoints{})
	appendTo(t, path, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AUDIT>\n")
	appendTo(t, path, "  TIMESTAMP=\"2026-11-22T10:00:00\"\n")
	if got := await(t, s, 3); !strings.HasPrefix(texts(got), "<?xml") {
		t.Errorf("got %q", texts(got))
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	bz := filepath.Join(dir, "a.bz2")
	write(t, bz, "BZh91AY&SY")
	cut := filepath.Join(dir, "cut.gz")
	write(t, cut, gz(t, linesOf(0, 5000))[:2000])
	for _, tc := range []struct {
		name, path, want string
	}{
		{"missing file", filepath.Join(dir, "none.log"), "no such file: " + dir + "/none.log"},
		{"missing pattern", filepath.Join(dir, "*.none"), "no such file: " + dir + "/*.none"},
		{"unsupported compression", bz, "it is compressed with bzip2; only gzip and zstd can be read: decompress it first"},
		{"cut short", cut, "decompress: unexpected EOF"},
		{"not a regular file", os.DevNull, "/dev/null is not a regular file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := New(finite(tc.path), Options{Name: "db"})
			for err == nil {
				_, err = s.Read(t.Context())
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %q, want %q", err, tc.want)
			}
		})
	}
}

// TestRotationWhileReading has a writer that rotates as fast as it can beside the reader.
func TestRotationWhileReading(t *testing.T) {
	const lines, perFile = 3000, 100
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	s := open(t, fast(path+"*"), checkpoints{})
	writer := make(chan error, 1)
	go func() { writer <- writeRotating(path, lines, perFile) }()
	got := await(t, s, lines)
	if err := <-writer; err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i := range got {
		seen[string(got[i].Raw)+"\n"]++
	}
	for i := range lines {
		if seen[line(i)] != 1 {
			t.Fatalf("line %d came %d times", i, seen[line(i)])
		}
	}
}

func writeRotating(path string, lines, perFile int) error {
	for n := 0; n < lines; n += perFile {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		for i := n; i < n+perFile; i++ {
			if _, err := f.WriteString(line(i)[:20]); err != nil {
				return err
			}
			if _, err := f.WriteString(line(i)[20:]); err != nil {
				return err
			}
			if i == n+perFile/2 { // goes on writing to the renamed file
				if err := os.Rename(path, fmt.Sprintf("%s.%d", path, lines-n)); err != nil {
					return err
				}
			}
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
