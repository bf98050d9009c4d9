package clickhouse

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// BenchmarkCommit measures rows per second with engine and client on the same machine. The events look like pgbench's: a few roles,
// a few dozen fingerprints, every record id new.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := testDB(b)
			var shapes []*pipeline.Statement
			for i := range 40 {
				s := *selectOrders
				s.Fingerprint = fmt.Sprintf("%016x", i*7919)
				s.Tables = []pipeline.Table{{Schema: "public", Name: fmt.Sprintf("t%d", i%9), Access: pipeline.Read}}
				shapes = append(shapes, &s)
			}
			c := commitOf("", "bench", 0, n)
			next := 0
			var client, engine time.Duration
			b.ResetTimer()
			for b.Loop() {
				b.StopTimer()
				for i := range c.Decoded.Events {
					e := &c.Decoded.Events[i]
					e.RecordID, e.Offset, e.SQL = recordID("bench", next), int64(next*130), shapes[next*31%40]
					e.EventTime = day.Add(time.Duration(next) * 150 * time.Microsecond)
					e.SessionID = fmt.Sprintf("65e2%04x.%x", next%50, next%997)
					e.StatementID, e.ProcessID, e.TransactionID = int64(next%1000), int64(4000+next%50), int64(next/3)
					e.Rows, e.Duration = int64(next%7), time.Duration(next%100_000)*time.Microsecond
					next++
				}
				c.ID = fmt.Sprintf("%032x", next)
				before := cpuTimes(b)
				b.StartTimer()
				if err := db.Commit(context.Background(), c); err != nil {
					b.Fatal(err)
				}
				after := cpuTimes(b)
				client, engine = client+after[0]-before[0], engine+after[1]-before[1]
			}
			rows := float64(n) * float64(b.N)
			b.ReportMetric(float64(client.Nanoseconds())/rows, "client-cpu-ns/row")
			b.ReportMetric(float64(engine.Nanoseconds())/rows, "engine-cpu-ns/row")
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			if got := count(b, db, "events"); got != uint64(next) {
				b.Errorf("%d rows stored, want %d", got, next)
			}
		})
	}
}

// cpuTimes gives the processor time used so far by this process and by the engine's.
func cpuTimes(tb testing.TB) (t [2]time.Duration) {
	tb.Helper()
	const tick = 10 * time.Millisecond // Linux's USER_HZ
	for i, pid := range []int{os.Getpid(), embeddedtest.Start(tb).PID} {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			tb.Fatal(err)
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		user, _ := strconv.Atoi(f[11])
		system, _ := strconv.Atoi(f[12])
		t[i] = time.Duration(user+system) * tick
	}
	return t
}
