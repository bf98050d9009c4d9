package statement

import (
	"fmt"
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

// Each text is another: only its shape is known.
func BenchmarkOLTP(b *testing.B) {
	shapes := []string{
		"UPDATE pgbench_accounts SET abalance = abalance + %d WHERE aid = %d;", "SELECT abalance FROM pgbench_accounts WHERE aid = 12%d%d;",
		"UPDATE pgbench_tellers SET tbalance = tbalance + %d WHERE tid = %d;", "UPDATE pgbench_branches SET bbalance = bbalance + %d WHERE bid = %d;",
		"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (5, 1, %d, %d, CURRENT_TIMESTAMP);",
	}
	texts := make([]string, 1<<16)
	for i := range texts {
		texts[i] = fmt.Sprintf(shapes[i%len(shapes)], i, 7*i%100_000)
	}
	a := New(Config{}, Options{})
	for i := range 100 {
		a.Statement(pipeline.PostgreSQL, texts[i])
	}
	b.ReportAllocs()
	defer cpu(b)()
	b.ResetTimer()
	for i := range b.N {
		a.Statement(pipeline.PostgreSQL, texts[i%len(texts)])
	}
}

// The same texts again and again, as prepared statements and the ends of transactions are.
func BenchmarkPrepared(b *testing.B) {
	texts := []string{
		"UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2;", "SELECT abalance FROM pgbench_accounts WHERE aid = $1;",
		"UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2;", "BEGIN;", "END;",
		"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP);",
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
