package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDrift: a search form that combines known conditions anew is no drift, a known statement with something put into it is.
func TestDrift(t *testing.T) {
	var log strings.Builder
	write := func(label, sql string) {
		fmt.Fprintf(&log, "{\"dialect\":\"postgresql\",\"role\":\"web\",\"schema\":\"shop\",\"label\":%q,\"sql\":%q}\n", label, sql)
	}
	for i := range 3 {
		write("benign", fmt.Sprintf("SELECT name FROM product WHERE id = %d", i))
		write("benign", fmt.Sprintf("SELECT name FROM product WHERE price < %d AND colour = 'red'", i))
	}
	write("attack", "SELECT name FROM product WHERE id = 1 AND length(current_user) = 4")
	write("attack", "SELECT name FROM product WHERE id = 2")
	for i := range 6 {
		write("benign", fmt.Sprintf("SELECT name FROM product WHERE id = %d AND price < 3", i))
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "log.jsonl"), []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := run(folder, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"log: 6 benign statements learnt, 6 judged; 2 attacks, 1 of them of a shape that the role never ran.",
		"| nothing more (exact allow list) | 50.00 | 100.00 | 100.000 |",
		"| a foreign limb (AW-NEW-013) | 50.00 | 100.00 | 0.000 |",
		"| a foreign limb in half of a known shape (a warning) | 50.00 | 100.00 | 0.000 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, out.String())
		}
	}
	if err := run(t.TempDir(), &out); err == nil {
		t.Error("an empty folder is no error")
	}
}
