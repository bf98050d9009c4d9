package stdout

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/sinktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	tests := []struct {
		name  string
		cfg   Config
		alert pipeline.Alert
	}{
		{"text", Config{Format: "text"}, sinktest.Alert()},
		{"color", Config{Format: "text", Color: "always"}, sinktest.Alert()},
		{"small", Config{Format: "text"}, sinktest.Small()},
		{"hostile", Config{Format: "text"}, sinktest.Hostile()},
		{"json", Config{Format: "json"}, sinktest.Alert()},
		{"hostile-json", Config{Format: "json"}, sinktest.Hostile()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := send(t, tt.cfg, tt.alert)
			file := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func send(t *testing.T, cfg Config, a pipeline.Alert) []byte {
	t.Helper()
	var out bytes.Buffer
	s, err := New(cfg, Options{Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestHostile: apart from colour, nothing but printable characters and the line ends of the layout itself.
func TestHostile(t *testing.T) {
	text := string(send(t, Config{Format: "text"}, sinktest.Hostile()))
	for _, bad := range []string{"\x1b", "\r", "\u202e", "\u2066", "\u2028", "\x00", "\x07", "\u009b"} {
		if strings.Contains(text, bad) {
			t.Errorf("output holds %q", bad)
		}
	}
	if strings.Count(text, "\n  who ") != 1 {
		t.Errorf("a role's name forged a field:\n%s", text)
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(line)); n > width+1 {
			t.Errorf("a line of %d columns", n)
		}
	}
	if line := send(t, Config{Format: "json"}, sinktest.Hostile()); bytes.Count(line, []byte("\n")) != 1 {
		t.Error("a JSON alert is more than one line")
	}
}

func TestNoTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := New(Config{}, Options{Out: w})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sinktest.Small()); err != nil {
		t.Fatal(err)
	}
	w.Close()
	out, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(out, []byte("{")) {
		t.Errorf("a pipe got %q, %v; want a JSON line", out, err)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestWriteErrors(t *testing.T) {
	for _, tt := range []struct {
		err   error
		retry bool
	}{{syscall.EPIPE, false}, {os.ErrClosed, false}, {syscall.ENOSPC, true}} {
		s, err := New(Config{}, Options{Out: broken{tt.err}})
		if err != nil {
			t.Fatal(err)
		}
		retry, err := s.Send(t.Context(), sinktest.Small())
		if retry != tt.retry || !errors.Is(err, tt.err) {
			t.Errorf("%v: retry %v, error %v", tt.err, retry, err)
		}
	}
}

func TestValidate(t *testing.T) {
	c := Config{Format: "xml", Color: "red"}
	want := "format: \"xml\" is not known; write auto, text or json\ncolor: \"red\" is not known; write auto, always or never"
	if got := c.Validate().Error(); got != want {
		t.Errorf("got %s", got)
	}
}
