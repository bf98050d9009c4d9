package worm

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/auditwarden/auditwarden/pipeline"
)

// benchRecords are the lines of the file that AUDITWARDEN_BENCH_LOG names, or of the shipped logs.
func benchRecords(b *testing.B) ([]pipeline.Record, int64) {
	b.Helper()
	paths := []string{os.Getenv("AUDITWARDEN_BENCH_LOG")}
	if paths[0] == "" {
		for _, dir := range []string{"*", "*/*", "*/*/*"} {
			more, err := filepath.Glob(filepath.Join("../../testdata/logs", dir))
			if err != nil {
				b.Fatal(err)
			}
			paths = append(paths, more...)
		}
		paths = paths[1:]
	}
	var text []byte
	for _, p := range paths {
		if fi, err := os.Stat(p); err == nil && fi.Mode().IsRegular() && !strings.HasSuffix(p, ".md") {
			text = append(text, contents(b, p)...)
		}
	}
	if len(text) == 0 {
		b.Fatal("no log to measure on: set AUDITWARDEN_BENCH_LOG")
	}
	var records []pipeline.Record
	meta := map[string]string{"path": "bench"}
	for off := 0; off < len(text); {
		i := bytes.IndexByte(text[off:], '\n')
		if i < 0 {
			break
		}
		records = append(records, pipeline.Record{
			Source: testSource, Stream: "file:bench", Offset: int64(off), Raw: text[off : off+i : off+i], Size: int64(i) + 1, Meta: meta,
		})
		off += i + 1
	}
	return records, int64(len(text))
}

func contents(b *testing.B, path string) []byte {
	b.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err == nil {
			text, err = io.ReadAll(z)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return text
}

// BenchmarkSegments encodes a log into segments of the default size, and reads each back as the archive does.
func BenchmarkSegments(b *testing.B) {
	records, size := benchRecords(b)
	for level := 1; level <= 4; level++ {
		b.Run(fmt.Sprint("level", level), func(b *testing.B) {
			b.SetBytes(size)
			var stored int
			before := cpuTime(b)
			for b.Loop() {
				stored = encodeAll(b, records, level)
			}
			b.ReportMetric(float64(size)/float64(stored), "ratio")
			b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpuTime(b)-before).Seconds(), "cpuMB/s")
			b.ReportMetric(float64(len(records))*float64(b.N)/b.Elapsed().Seconds(), "lines/s")
		})
	}
}

// BenchmarkZstd compresses the same bytes and does nothing else: what segments cost at least.
func BenchmarkZstd(b *testing.B) {
	records, size := benchRecords(b)
	var text []byte
	for i := range records {
		text = append(append(text, records[i].Raw...), '\n')
	}
	for level := 1; level <= 4; level++ {
		b.Run(fmt.Sprint("level", level), func(b *testing.B) {
			e, err := zstd.NewWriter(io.Discard, zstd.WithEncoderLevel(zstd.EncoderLevel(level)), zstd.WithEncoderConcurrency(1))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
			before := cpuTime(b)
			for b.Loop() {
				e.Reset(io.Discard)
				if _, err := e.Write(text); err != nil {
					b.Fatal(err)
				}
				if err := e.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/(cpuTime(b)-before).Seconds(), "cpuMB/s")
		})
	}
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

func encodeAll(b *testing.B, records []pipeline.Record, level int) (stored int) {
	b.Helper()
	var raw int64
	var bld *builder
	seal := func() {
		body, err := bld.seal()
		if err == nil {
			_, err = decode(body, nil)
		}
		if err != nil {
			b.Fatal(err)
		}
		stored += len(body)
		bld, raw = nil, 0
	}
	for i := range records {
		if bld == nil {
			var err error
			if bld, err = newBuilder(link{source: testSource}, nil, level); err != nil {
				b.Fatal(err)
			}
		}
		if bld.passed(&records[i]) {
			b.Fatal("a record is left out")
		}
		if err := bld.add(&records[i]); err != nil {
			b.Fatal(err)
		}
		if raw += records[i].Size; raw >= Default().SegmentBytes {
			seal()
		}
	}
	if bld != nil {
		seal()
	}
	return stored
}
