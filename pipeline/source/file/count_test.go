package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// TestLines counts what is at hand: rotated and compressed files and copies once, paths without a file not at all.
func TestLines(t *testing.T) {
	dir := t.TempDir()
	first := "2026-11-22 10:00:00 first\nsecond\n"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.log.1", first)
	write("a.log.1.copy", first)
	write("a.log", "2026-11-22 11:00:00 third\nfourth\n\nnot ended")
	cfg := Default()
	cfg.Paths = []string{filepath.Join(dir, "*"), filepath.Join(dir, "missing.log")}
	cfg.From = FromEnd
	var got []string
	streams := map[string]int64{}
	visit := func(r *pipeline.Record) error {
		got = append(got, fmt.Sprintf("%s %d %v", r.Raw, r.Offset, r.Size == int64(len(r.Raw))))
		streams[r.Stream] += r.Size
		return nil
	}
	if err := Lines(t.Context(), cfg, "orders", visit); err != nil {
		t.Fatal(err)
	}
	want := []string{"2026-11-22 10:00:00 first 0 false", "second 26 false", "2026-11-22 11:00:00 third 0 false", "fourth 26 false", " 33 false", "not ended 34 true"}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(streams) != 2 {
		t.Errorf("got %q in %v\nwant %q in two streams", got, streams, want)
	}
	cfg.Paths = []string{filepath.Join(dir, "missing.log")}
	if err := Lines(t.Context(), cfg, "orders", func(*pipeline.Record) error { return errors.New("there is no line") }); err != nil {
		t.Error(err)
	}
	cfg.Paths = []string{Stdin}
	if err := Lines(t.Context(), cfg, "orders", visit); !errors.Is(err, ErrStdin) {
		t.Errorf("standard input: %v", err)
	}
}
