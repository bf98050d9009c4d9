package postgresql_test

import (
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// FuzzPrefix compiles arbitrary prefixes and matches arbitrary lines: it must end soon and stay inside the line.
func FuzzPrefix(f *testing.F) {
	f.Add("%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a", "2024-05-02 10:11:12.345 UTC:[local]:a@b:[12]:7:00000:2024-05-02 10:00:00 UTC:3/14:0:663365a0.c:xLOG:  y")
	f.Add("%-10u %5p %%%", "app        77 %LOG:  x")
	f.Add("%a%u%d%i%b%h", strings.Repeat("a ", 300)+"LOG:  x")
	f.Add("%a %a %a %a %a ", strings.Repeat("a ", 300))
	f.Fuzz(func(t *testing.T, prefix, line string) {
		p, err := postgresql.CompilePrefix(prefix)
		if err != nil {
			return
		}
		var e postgresql.Entry
		start := time.Now()
		n := p.Match([]byte(line), stamp.NewClock(nil), &e)
		if n < 0 || n > len(line) {
			t.Errorf("message starts at %d of %d", n, len(line))
		}
		if n > 0 && e.Severity == "" {
			t.Error("a match without a severity")
		}
		if d := time.Since(start); d > 2*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

func TestKnownPrefixesCompile(t *testing.T) {
	for _, p := range postgresql.KnownPrefixes() {
		if again, err := postgresql.CompilePrefix(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q: %v", p, err)
		}
	}
	if _, err := postgresql.CompilePrefix(strings.Repeat("x", 2000)); err == nil {
		t.Error("a prefix of 2000 bytes is accepted")
	}
}
