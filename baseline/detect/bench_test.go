package detect_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// engineCPU is the processor time that the engine's process has used: unlike the clock it does not depend on what else the
// machine does.
func engineCPU(b *testing.B) time.Duration {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", embeddedtest.Start(b).PID))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// ownCPU is the processor time that this process has used.
func ownCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkJudge judges events of 200 roles with one day of history in the store and with ninety: the cost must follow what is new.
// Live is a step of six minutes, backlog one of a day.
func BenchmarkJudge(b *testing.B) {
	const roles = 200
	for _, days := range []int{1, 90} {
		b.Run(fmt.Sprintf("history=%dd", days), func(b *testing.B) {
			_, conn := store(b)
			begin := volumeDay.AddDate(0, 0, -days)
			for i := range days {
				put(b, conn, traffic{batch: fmt.Sprintf("history %d", i), roles: roles, from: begin.AddDate(0, 0, i), length: 24 * time.Hour, every: 10 * time.Minute})
			}
			d := newDetector(b, conn, kept{}, nil)
			p := d.Profiles()
			for from := begin; from.Before(volumeDay); from = from.AddDate(0, 0, 10) {
				s := baseline.Scope{From: from, To: from.AddDate(0, 0, min(10, days)).Add(-time.Microsecond)}
				if err := p.Teach(b.Context(), s, baseline.Lesson{}); err != nil {
					b.Fatal(err)
				}
				if err := p.Measure(b.Context(), s); err != nil {
					b.Fatal(err)
				}
			}
			if err := conn.Exec(b.Context(), "INSERT INTO detect_batches (batch_id, committed_at) SELECT batch_id, committed_at FROM batches"); err != nil {
				b.Fatal(err)
			}
			at := volumeDay
			// Some roles read enough to be judged closely: one in ten.
			const rows = "if(role % 10 = 0, 400, 20) + h % 40"
			b.Run("live", func(b *testing.B) {
				judgeTraffic(b, d, roles*60*6, func() {
					for range 6 { // an event a second of each role
						put(b, conn, traffic{batch: at.String(), roles: roles, from: at, length: time.Minute, every: time.Second, rows: rows})
						at = at.Add(time.Minute)
					}
				})
			})
			at = at.Truncate(24*time.Hour).AddDate(0, 0, 1)
			b.Run("backlog", func(b *testing.B) {
				judgeTraffic(b, d, roles*1440, func() {
					put(b, conn, traffic{batch: at.String(), roles: roles, from: at, length: 24 * time.Hour, every: time.Minute, rows: rows})
					at = at.AddDate(0, 0, 1)
				})
			})
		})
	}
}

// judgeTraffic measures judging what fill puts into the store, each batch by a step of its own.
func judgeTraffic(b *testing.B, d *detect.Detector, events int, fill func()) {
	var engine, own time.Duration
	stepAll(b, d)
	for range b.N {
		b.StopTimer()
		fill()
		e, o := engineCPU(b), ownCPU(b)
		b.StartTimer()
		stepAll(b, d)
		b.StopTimer()
		engine, own = engine+engineCPU(b)-e, own+ownCPU(b)-o
		b.StartTimer()
	}
	per := float64(b.N) * float64(events) / 1e6
	b.ReportMetric(b.Elapsed().Seconds()/per, "s/Mevents")
	b.ReportMetric(engine.Seconds()/per, "engine-cpu-s/Mevents")
	b.ReportMetric(own.Seconds()/per, "own-cpu-s/Mevents")
}
