package postgresql_test

import (
	"reflect"
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

// TestFailedTryLeavesNothing: a free field that holds what looks like the fields after it changes none of them.
func TestFailedTryLeavesNothing(t *testing.T) {
	for _, c := range []struct {
		prefix, line string
		want         postgresql.Entry
	}{
		{"%a [%p] ", "x [12] y [99] LOG:  m", postgresql.Entry{Application: "x [12] y", PID: 99, SessionID: "99"}},
		{"%a [%P] [%p] ", "x [12] y [] [99] LOG:  m", postgresql.Entry{Application: "x [12] y", PID: 99, SessionID: "99"}},
		{"%a [%P] %d [%p] ", "x [12] y [] shop [99] LOG:  m", postgresql.Entry{Application: "x [12] y", Database: "shop", PID: 99, SessionID: "99"}},
		{"%a %c %q%u@%r ", "x a.b y a.c LOG:  m", postgresql.Entry{Application: "x a.b y", PID: 12, SessionID: "a.c"}},
		{"%a %q%e %r ", "x 42P01 10.0.0.1(5) y LOG:  m", postgresql.Entry{Application: "x 42P01 10.0.0.1(5) y"}},
		{"%a [%p]%u@%d ", "x [12]a b@c [99]u@d LOG:  m", postgresql.Entry{Application: "x [12]a b@c", PID: 99, SessionID: "99", User: "u", Database: "d"}},
	} {
		t.Run(c.prefix, func(t *testing.T) {
			p, err := postgresql.CompilePrefix(c.prefix)
			if err != nil {
				t.Fatal(err)
			}
			var e postgresql.Entry
			if p.Match([]byte(c.line), stamp.NewClock(nil), &e) == 0 {
				t.Fatal("no match")
			}
			c.want.Severity, c.want.Has = "LOG", e.Has
			if !reflect.DeepEqual(e, c.want) {
				t.Errorf("got %+v\nwant %+v", e, c.want)
			}
		})
	}
}
