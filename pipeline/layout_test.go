package pipeline

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/auditwarden/auditwarden/"

// leaves may import pipeline, their own subpackages, and what allowed says; never each other.
var leaves = []string{
	"pipeline/source/file", "pipeline/source/kafka", "pipeline/source/cloudwatch", "parsers", "pipeline/statement",
	"pipeline/clickhouse", "pipeline/embedded", "pipeline/worm", "baseline", "sinks", "pipeline/testserver",
}

// testOnly packages may be imported by tests anywhere, and by nothing else outside themselves.
var testOnly = []string{"pipeline/testserver", "pipeline/embedded/embeddedtest"}

func under(path string, roots []string) string {
	for _, r := range roots {
		if path == r || strings.HasPrefix(path, r+"/") {
			return r
		}
	}
	return ""
}

// TestImports holds the tree to the picture in the design: leaves know only the contracts, and only commands know the
// configuration. It reads the sources itself, so that it runs again whenever they change.
func TestImports(t *testing.T) {
	files := goFiles(t)
	if len(files) < 20 {
		t.Fatalf("found %d Go files, the walk is broken", len(files))
	}
	for _, file := range files {
		dir := filepath.ToSlash(filepath.Dir(file))
		for _, imp := range imports(t, file) {
			if msg := forbidden(dir, imp, strings.HasSuffix(file, "_test.go")); msg != "" {
				t.Errorf("%s imports %s: %s", file, imp, msg)
			}
		}
	}
}

func forbidden(dir, imp string, test bool) string {
	ours, isOurs := strings.CutPrefix(imp, module)
	if dir == "pipeline" && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
		return "pipeline imports the standard library only"
	}
	if !isOurs {
		return ""
	}
	if root := under(ours, testOnly); root != "" && !test && under(dir, testOnly) == "" {
		return root + " is for tests"
	}
	if test {
		return "" // tests may set up neighbours
	}
	leaf := under(dir, leaves)
	switch {
	case under(ours, []string{"cmd"}) != "" && under(dir, []string{"cmd"}) == "":
		return "commands are imported by commands only"
	case ours == "pipeline/config" && under(dir, []string{"cmd", "pipeline/config"}) == "":
		return "only commands read the configuration"
	case leaf != "" && ours != "pipeline" && under(ours, leaves) != leaf && under(dir, testOnly) == "":
		return "a leaf imports only pipeline and its own packages"
	}
	return ""
}

// TestImportRules shows that the rules do refuse what they should.
func TestImportRules(t *testing.T) {
	for _, tt := range []struct {
		dir, imp string
		test, ok bool
	}{
		{"parsers", module + "pipeline", false, true},
		{"parsers/percona", module + "parsers/envelope", false, true},
		{"parsers", module + "pipeline/statement", false, false},
		{"baseline/detect", module + "baseline", false, true},
		{"baseline/detect", module + "pipeline/clickhouse", false, false},
		{"baseline/detect", module + "pipeline/clickhouse", true, true},
		{"sinks/slack", module + "pipeline/config", false, false},
		{"cmd/ingest", module + "pipeline/config", false, true},
		{"pipeline/config", module + "sinks", false, true},
		{"pipeline", "github.com/klauspost/compress/zstd", false, false},
		{"pipeline", "log/slog", false, true},
		{"pipeline/worm", module + "pipeline/testserver", false, false},
		{"pipeline/worm", module + "pipeline/testserver", true, true},
		{"sinks", module + "cmd/ingest", false, false},
	} {
		if msg := forbidden(tt.dir, tt.imp, tt.test); (msg == "") != tt.ok {
			t.Errorf("forbidden(%s, %s, test %v) = %q, want ok = %v", tt.dir, tt.imp, tt.test, msg, tt.ok)
		}
	}
}

// TestTopLevel: the top level holds the folders of the design and the usual files.
func TestTopLevel(t *testing.T) {
	want := []string{"baseline", "bin", "cmd", "deploy", "docs", "parsers", "pipeline", "sinks", "testdata"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(want, e.Name()) {
			t.Errorf("folder %s at the top level: the design knows no such place", e.Name())
		}
	}
}

func goFiles(t *testing.T) []string {
	var files []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && d.Name() != "..")) {
			return filepath.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			rel, err := filepath.Rel("..", path)
			if err != nil {
				return err
			}
			files = append(files, rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func imports(t *testing.T, file string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", file), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(f.Imports))
	for i, s := range f.Imports {
		if out[i], err = strconv.Unquote(s.Path.Value); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
