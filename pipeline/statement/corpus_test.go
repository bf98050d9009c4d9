package statement

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// corpus gives the statements that the tests run over: the hand-made sets of the quality measurement, and whatever is
// in the directory that AUDITWARDEN_SQL_CORPUS names (files <engine>*.sql, statements apart by a line with a semicolon).
func corpus(t testing.TB, engine pipeline.Engine) []string {
	t.Helper()
	out := append(benign(t, engine), attacks(t, engine)...)
	if dir := os.Getenv("AUDITWARDEN_SQL_CORPUS"); dir != "" {
		paths, _ := filepath.Glob(filepath.Join(dir, string(engine)+"*.sql"))
		for _, p := range paths {
			out = append(out, strings.Split(read(t, p), "\n;\n")...)
		}
	}
	return out
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func benign(t testing.TB, engine pipeline.Engine) []string {
	lines := strings.Split(strings.TrimSpace(read(t, "quality/testdata/benign-"+string(engine)+".txt")), "\n")
	return lines[1:]
}

// attacks puts every payload into every place it names.
func attacks(t testing.TB, engine pipeline.Engine) []string {
	places := placesOf(t, engine)
	var out []string
	for _, l := range strings.Split(read(t, "quality/testdata/attacks-"+string(engine)+".txt"), "\n") {
		parts := strings.SplitN(l, " | ", 3)
		if strings.HasPrefix(l, "#") || len(parts) != 3 {
			continue
		}
		for _, name := range strings.Fields(parts[0]) {
			for _, text := range places[name] {
				out = append(out, strings.Replace(text, "{}", parts[2], 1))
			}
		}
	}
	return out
}

var engines2 = []pipeline.Engine{pipeline.PostgreSQL, pipeline.MySQL}

// placesOf gives the statements into which payloads are put, by the names of their places.
func placesOf(t testing.TB, engine pipeline.Engine) map[string][]string {
	places := map[string][]string{}
	for _, l := range strings.Split(read(t, "quality/testdata/attacks-"+string(engine)+".txt"), "\n") {
		if base, ok := strings.CutPrefix(l, "base "); ok {
			name, text, _ := strings.Cut(base, " ")
			places[name] = append(places[name], text)
		}
	}
	return places
}
