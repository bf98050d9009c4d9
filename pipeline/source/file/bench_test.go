package file

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkRead reads 128 MB of 250-byte lines from the page cache, as batches of records. BenchmarkCount beside it only
// counts terminators in memory: the physical limit.
func BenchmarkRead(b *testing.B) {
	path, size := benchFile(b)
	cfg := Default()
	cfg.Paths, cfg.Follow = []string{path}, false
	b.SetBytes(size)
	b.ReportAllocs()
	var n int
	before := cpuTime(b)
	for b.Loop() {
		s, err := New(cfg, Options{Name: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		for {
			batch, err := s.Read(b.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Records)
		}
		_ = s.Close()
	}
	cpu := cpuTime(b) - before
	b.ReportMetric(float64(n)/cpu.Seconds(), "lines/cpu-s")
	b.ReportMetric(float64(size)*float64(b.N)/1e6/cpu.Seconds(), "cpuMB/s")
}

// cpuTime is what the process has used: unlike the wall clock, it does not depend on who else is at work.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkCount(b *testing.B) {
	path, size := benchFile(b)
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		if bytes.Count(text, []byte{'\n'}) == 0 {
			b.Fatal("no lines")
		}
	}
}

func benchFile(b *testing.B) (string, int64) {
	b.Helper()
	l := []byte("2026-11-22 10:00:00.000000 UTC [77] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,")
	l = append(append(l, bytes.Repeat([]byte("select abalance "), 11)[:250-len(l)-1]...), '\n')
	text := bytes.Repeat(l, 128<<20/len(l))
	path := filepath.Join(b.TempDir(), "bench.log")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	return path, int64(len(text))
}
