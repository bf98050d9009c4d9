package statement

import (
	"syscall"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// The figures are for comparison on one machine; AUDITWARDEN_SQL_CORPUS adds statements.
func BenchmarkStatement(b *testing.B) {
	for _, engine := range engines2 {
		texts := corpus(b, engine)
		for _, cached := range []bool{true, false} {
			name := string(engine) + "/uncached"
			if cached {
				name = string(engine) + "/cached"
			}
			b.Run(name, func(b *testing.B) {
				a := New(Config{}, Options{})
				for _, s := range texts {
					a.statement(engine, s, cached)
				}
				b.ReportAllocs()
				defer cpu(b)()
				b.ResetTimer()
				for i := range b.N {
					a.statement(engine, texts[i%len(texts)], cached)
				}
			})
		}
	}
}

func BenchmarkOLTP(b *testing.B) {
	texts := []string{
		"UPDATE pgbench_accounts SET abalance = abalance + -120 WHERE aid = 8812;", "SELECT abalance FROM pgbench_accounts WHERE aid = 12;",
		"UPDATE pgbench_tellers SET tbalance = tbalance + 77 WHERE tid = 5;", "UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1;",
		"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (5, 1, 77, -120, CURRENT_TIMESTAMP);", "BEGIN;", "END;",
	}
	a := New(Config{}, Options{})
	b.ReportAllocs()
	defer cpu(b)()
	for i := range b.N {
		a.Statement(pipeline.PostgreSQL, texts[i%len(texts)])
	}
}

// cpu reports the processor time an operation takes, which a busy machine does not stretch as it does the clock's.
func cpu(b *testing.B) func() {
	used := func() time.Duration {
		var ru syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
			b.Fatal(err)
		}
		return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	begin := used()
	return func() { b.ReportMetric(float64(used()-begin)/float64(b.N), "cpu-ns/op") }
}
