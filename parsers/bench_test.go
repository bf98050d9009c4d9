package parsers_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// benchText writes about as many bytes of a format as a benchmark wants, with statements of different lengths.
func benchText(write func(string) string) []byte {
	var b bytes.Buffer
	for i := range 20_000 {
		sql := fmt.Sprintf("SELECT abalance FROM pgbench_accounts WHERE aid = %d;", i*7919%1_000_000)
		switch i % 10 {
		case 3:
			sql = fmt.Sprintf("UPDATE pgbench_branches SET note = 'a, \"%d\"' WHERE bid = %d;", i, i)
		case 7:
			sql = "select a,\n\t'" + strings.Repeat("x", i%200) + "'\nfrom t where b = 'c'"
		}
		b.WriteString(write(sql))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// runBench decodes records over and over, in batches as the runner does, and reports what a second of processor time
// decodes, collection included.
func runBench(b *testing.B, cfg parsers.Config, data []byte) {
	records := parsertest.Records(data)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuSeconds(b)
	out := new(pipeline.Decoded)
	events := 0
	for b.Loop() {
		d, err := parsers.New(cfg, parsers.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range records {
			d.Decode(records[i], out)
			if len(out.Events) >= 2000 {
				events += len(out.Events)
				out.Reset()
			}
		}
		d.Flush(out)
		events += len(out.Events)
		if len(out.Unparsed) > 0 {
			b.Fatalf("%d unparsed", len(out.Unparsed))
		}
		out.Reset()
	}
	seconds := cpuSeconds(b) - before
	lines := float64(b.N) * float64(len(records))
	b.ReportMetric(lines/seconds/1e6, "Mlines/cpu-s")
	b.ReportMetric(float64(events)/seconds/1e6, "Mevents/cpu-s")
	b.ReportMetric(float64(b.N)*float64(len(data))/seconds/1e6, "MB/cpu-s")
	b.ReportMetric(0, "ns/op")
}

// cpuSeconds is the processor time of this process: what a line costs, however busy the machine is.
func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

func BenchmarkDecode(b *testing.B) {
	for _, format := range []string{
		"postgresql/stderr", "postgresql/csvlog", "postgresql/jsonlog", "mariadb/server_audit", "percona/audit_log_xml", "percona/audit_log_csv", "percona/audit_log_json",
	} {
		data := benchText(writers[format])
		b.Run(strings.ReplaceAll(format, "/", "_"), func(b *testing.B) { runBench(b, parsers.Config{}, data) })
	}
	wrapped := benchText(func(sql string) string {
		return `{"message":` + pgJSON(writers["postgresql/stderr"](sql)) + `,"host":"h"}`
	})
	b.Run("filebeat_stderr", func(b *testing.B) { runBench(b, parsers.Config{}, wrapped) })
	// AUDITWARDEN_PGLOGS names a folder with a server's own logs.
	if dir := os.Getenv("AUDITWARDEN_PGLOGS"); dir != "" {
		for _, name := range []string{"pg.log", "pg.csv", "pg.json"} {
			data, err := os.ReadFile(dir + "/" + name)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(name, func(b *testing.B) { runBench(b, parsers.Config{}, data) })
		}
	}
}

// BenchmarkStandardLibrary reads the same texts with encoding/csv and encoding/json, which stop where ours begins: at
// columns and a struct, without pgaudit's payload, times and events. Compare within one run: machines are noisy.
func BenchmarkStandardLibrary(b *testing.B) {
	csvText, jsonText := benchText(writers["postgresql/csvlog"]), benchText(writers["postgresql/jsonlog"])
	measure := func(name string, data []byte, read func() int) {
		b.Run(name, func(b *testing.B) {
			before, records := cpuSeconds(b), 0
			for b.Loop() {
				records += read()
			}
			seconds := cpuSeconds(b) - before
			b.ReportMetric(float64(records)/seconds/1e6, "Mevents/cpu-s")
			b.ReportMetric(float64(b.N)*float64(len(data))/seconds/1e6, "MB/cpu-s")
			b.ReportMetric(0, "ns/op")
		})
	}
	measure("encoding_csv", csvText, func() (n int) {
		r := csv.NewReader(bytes.NewReader(csvText))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err != nil {
				return n
			}
			n++
		}
	})
	measure("encoding_json", jsonText, func() (n int) {
		for line := range bytes.Lines(jsonText) {
			var m struct {
				Timestamp, Message string
				PID                int64
				Severity           string `json:"error_severity"`
			}
			if json.Unmarshal(line, &m) == nil {
				n++
			}
		}
		return n
	})
}
