package parsers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
)

// TestEveryFormatIsRecognised: a record of each format in the list is known by itself, and read when its format is given.
func TestEveryFormatIsRecognised(t *testing.T) {
	for _, f := range parsers.Formats() {
		write := writers[f.Name]
		if write == nil {
			t.Errorf("%s: no writer", f.Name)
			continue
		}
		for _, format := range []string{"auto", f.Name} {
			out := parsertest.Text(t, parsers.Config{Format: format}, write("select 1")+"\n")
			if len(out.Events) != 1 || out.Events[0].Format != f.Name || out.Events[0].Engine != f.Engine || out.Events[0].Statement != "select 1" {
				t.Errorf("%s, read as %s: %s", f.Name, format, render(out))
			}
		}
	}
}

// TestGoldenFormats: the golden files, which are read without a format given, hold events of every format in the list and
// of no other.
func TestGoldenFormats(t *testing.T) {
	seen := map[string]bool{}
	paths, err := filepath.Glob("testdata/golden/*.out")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var ev struct{ Format string }
			if err := json.Unmarshal([]byte(line), &ev); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if ev.Format != "" {
				seen[ev.Format] = true
			}
		}
	}
	for _, f := range parsers.Formats() {
		if !seen[f.Name] {
			t.Errorf("%s: in no golden file", f.Name)
		}
		delete(seen, f.Name)
	}
	for name := range seen {
		t.Errorf("%s: in a golden file, but not in the list", name)
	}
}
