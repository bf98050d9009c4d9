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

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
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

// BenchmarkJudge judges events of 200 roles that have done the same for one day and for ninety: the cost must
// follow what is new. Live is a step of six minutes, backlog one of a day. After one day a cluster is still being learnt.
func BenchmarkJudge(b *testing.B) {
	for _, days := range []int{1, 90} {
		b.Run(fmt.Sprintf("history=%dd", days), func(b *testing.B) {
			b.Run("live", func(b *testing.B) {
				judgeTraffic(b, days, traffic{roles: benchRoles, length: time.Minute, every: time.Second}, 6)
			})
			b.Run("backlog", func(b *testing.B) {
				judgeTraffic(b, days, traffic{roles: benchRoles, length: 24 * time.Hour, every: time.Minute}, 1)
			})
		})
	}
}

const benchRoles = 200

// judgeTraffic measures steps that judge so many batches of the traffic each, after days of the same.
func judgeTraffic(b *testing.B, days int, w traffic, batches int) {
	_, conn := store(b)
	w.from = volumeDay
	remember(b, conn, w, days)
	d := newDetector(b, conn, kept{}, func() time.Time { return w.from })
	fill := func() {
		for range batches {
			w.batch = w.from.String()
			put(b, conn, w)
			w.from = w.from.Add(w.length)
		}
	}
	fill()
	stepAll(b, d) // finds peers, reads what is then in memory
	var engine, own time.Duration
	for b.Loop() {
		b.StopTimer()
		fill()
		e, o := engineCPU(b), ownCPU(b)
		b.StartTimer()
		stepAll(b, d)
		b.StopTimer()
		engine, own = engine+engineCPU(b)-e, own+ownCPU(b)-o
		b.StartTimer()
	}
	per := float64(b.N) * float64(w.roles*batches) * float64(w.length/w.every) / 1e6
	b.ReportMetric(b.Elapsed().Seconds()/per, "s/Mevents")
	b.ReportMetric(engine.Seconds()/per, "engine-cpu-s/Mevents")
	b.ReportMetric(own.Seconds()/per, "own-cpu-s/Mevents")
}

// remember writes the profiles and buckets that so many days of the traffic before its beginning would have left.
func remember(b *testing.B, conn driver.Conn, w traffic, days int) {
	b.Helper()
	from := w.from.AddDate(0, 0, -days)
	for at := from; at.Before(w.from); at = at.AddDate(0, 0, 5) {
		some := min(5, int(w.from.Sub(at).Hours()/24))
		exec(b, conn, rememberBuckets(w, "role_volume", "bucket", baseline.FiveMinutes, at, some))
	}
	learning := baseline.Default()
	for at := learning.WindowStart(w.from, baseline.Minute); at.Before(w.from); at = at.AddDate(0, 0, 1) {
		if !at.Before(from) {
			exec(b, conn, rememberBuckets(w, "role_minute", "minute", baseline.Minute, at, 1))
		}
	}
	exec(b, conn, rememberProfiles(w, from, days))
	exec(b, conn, "INSERT INTO role_profile (cluster, database, role, kind, item, first, last, days, counted) SELECT 'c', '', '', 'role', role, first, last, days, counted FROM role_profile WHERE kind = 'seen'")
}

func exec(b *testing.B, conn driver.Conn, sql string) {
	b.Helper()
	if err := conn.Exec(b.Context(), sql); err != nil {
		b.Fatal(err)
	}
}

// rememberBuckets are those of traffic whose statements read 0 to 39 rows each.
func rememberBuckets(w traffic, table, column string, step time.Duration, from time.Time, days int) string {
	per := float64(step) / float64(w.every)
	buckets := days * int(24*time.Hour/step)
	more, states := "", ""
	if table == "role_volume" {
		more, states = ", shapes, clients", ", arrayReduce('uniqState', arrayMap(x -> hex(x), range(40))), arrayReduce('uniqState', ['10.0.0.5'])"
	}
	return fmt.Sprintf(`INSERT INTO %[1]s (cluster, database, role, %[2]s, events, rows_read, rows_written, rows_max, errors, tables, updated_at%[8]s)
SELECT 'c', 'shop', concat('role', toString(intDiv(number, %[3]d))), toDateTime('%[4]s', 'UTC') + (number %% %[3]d) * %[5]d, toUInt64(round(%[6]g)),
    toUInt64(greatest(0, round(%[6]g * 19.5 + sqrt(%[6]g) * 11.5 * ((rand(1) + rand(2) + rand(3)) / 4294967296 - 1.5) * 2))), 0, 39, 0,
    arrayReduce('uniqState', ['public.ta', 'public.tb', 'public.tc', 'public.td', 'public.te', 'public.tf', 'public.tg']), now64(6) - INTERVAL 1 DAY%[9]s
FROM numbers(%[3]d * %[7]d)`, table, column, buckets, from.UTC().Format(time.DateTime), int(step/time.Second), per, w.roles, more, states)
}

// rememberProfiles holds as many different events of each item as the traffic would have had, up to where that makes no difference
// to the size of what is stored.
func rememberProfiles(w traffic, from time.Time, days int) string {
	events := min(20_000, days*int(24*time.Hour/w.every))
	return fmt.Sprintf(`INSERT INTO role_profile (cluster, database, role, kind, item, first, last, days, counted, clients)
SELECT 'c', if(p.1 = 'database', '', 'shop'), concat('role', toString(number)) AS name, p.1, p.2,
    (toDateTime64('%[1]s', 6, 'UTC'), hex(number), 0, client, 'app', 'shop', '', 'statement'), toDateTime64('%[2]s', 6, 'UTC'),
    arrayReduce('groupBitmapState', range(toUInt32(toRelativeDayNum(toDateTime('%[1]s', 'UTC'))), toUInt32(toRelativeDayNum(toDateTime('%[2]s', 'UTC'))))),
    arrayReduce('%[6]s', arrayMap(x -> cityHash64(x, name), range(toUInt64(ceil(%[3]d / p.3))))), arrayReduce('uniqState', [client])
FROM
(
    SELECT number, concat('10.0.', toString(number %% 250), '.5') AS client, arrayJoin(arrayConcat(
        [('seen', '', 1), ('database', 'shop', 1), ('client', client, 1), ('network', concat('10.0.', toString(number %% 250), '.0/24'), 1), ('application', 'app', 1)],
        arrayMap(x -> ('shape', lower(hex(sipHash64(number, x))), 40), range(40)), arrayMap(x -> ('access', concat('read public.t', char(97 + x)), 7), range(7)),
        arrayMap(x -> ('hour', toString(x), %[5]d), range(%[5]d)), arrayMap(x -> ('AW-NEW-009', toString(x), 4), range(24)))) AS p
    FROM numbers(%[4]d)
)
SETTINGS max_block_size = 1`, from.UTC().Format(time.DateTime), from.AddDate(0, 0, days).UTC().Format(time.DateTime), events, w.roles, min(7, days)*24, eventsState)
}

// eventsState makes what role_profile counts events with.
const eventsState = "uniqCombined64State(14)"
