package detect_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// fill makes a batch of so many ordinary events of one day: fifty roles with forty shapes each.
func fill(b *testing.B, conn driver.Conn, day time.Time, events int) {
	b.Helper()
	id := fmt.Sprintf("%032x", day.Unix())
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO events (batch_id, record_id, event_index, source, engine, kind, event_time, ingested_at, cluster, role, database, client, application, command,
    fingerprint, statement_kind, tables, tables_read, outcome, rows)
SELECT '%[1]s', lower(hex(sipHash128(number, '%[1]s'))), 0, 'bench', 'postgresql', 'statement', toDateTime64('%[2]s', 6, 'UTC') + toIntervalMillisecond(number * 86400000 / %[3]d),
    now64(3), 'c', concat('role', toString(number %% 50)), 'shop', concat('10.0.', toString(number %% 50), '.5'), 'app', 'SELECT',
    lower(hex(sipHash64(number %% 50, intHash32(number) %% 40))), 'select', ['public.orders'], ['public.orders'], 'success', intHash32(number) %% 30
FROM numbers(%[3]d)`, id, day.UTC().Format(time.DateTime), events),
		fmt.Sprintf(`INSERT INTO batches (batch_id, source, committed_at, arrived_at, events, min_event_time, max_event_time)
SELECT batch_id, 'bench', now64(6), now64(6), count(), min(event_time), max(event_time) FROM events WHERE batch_id = '%s' GROUP BY batch_id`, id),
	} {
		if err := conn.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
}

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

// BenchmarkJudge judges one day's batch with one day of history and with ninety: the cost must follow what is new.
func BenchmarkJudge(b *testing.B) {
	const perDay = 50_000
	for _, days := range []int{1, 90} {
		b.Run(fmt.Sprintf("history=%dd", days), func(b *testing.B) {
			_, conn := store(b)
			cfg := detect.Default()
			d, err := detect.New(cfg, detect.Options{Conn: conn, Alerts: kept{}})
			if err != nil {
				b.Fatal(err)
			}
			day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			step := func() int {
				n, _, err := d.Step(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				return n
			}
			for range days {
				fill(b, conn, day, perDay)
				day = day.AddDate(0, 0, 1)
			}
			for step() > 0 {
			}
			var spent time.Duration
			b.ResetTimer()
			for range b.N {
				b.StopTimer()
				fill(b, conn, day, perDay)
				day = day.AddDate(0, 0, 1)
				before := engineCPU(b)
				b.StartTimer()
				step()
				b.StopTimer()
				spent += engineCPU(b) - before
				b.StartTimer()
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/perDay*1e6, "s/Mevents")
			b.ReportMetric(spent.Seconds()/float64(b.N)/perDay*1e6, "engine-cpu-s/Mevents")
		})
	}
}
