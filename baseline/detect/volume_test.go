package detect_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
)

// traffic is what made-up roles do. Everything follows from numbers, so that the same call gives the same events.
type traffic struct {
	batch  string
	roles  int
	from   time.Time
	length time.Duration
	every  time.Duration // of each role
	rows   string        // expression over "role" (number) and "at"
	shapes int           // of statement; 40 if zero
}

// put stores the traffic's events as one batch, without going through Go.
func put(tb testing.TB, conn driver.Conn, w traffic) {
	tb.Helper()
	perRole := int(w.length / w.every)
	rows := w.rows
	if rows == "" {
		rows = "h % 40"
	}
	for _, sql := range []string{
		fmt.Sprintf(`INSERT INTO events (batch_id, record_id, event_index, source, engine, kind, event_time, ingested_at, cluster, role, database, client, application, command,
    fingerprint, statement_kind, tables, tables_read, outcome, rows)
SELECT '%[1]s', lower(hex(sipHash128(role, at))), 0, 'made up', 'postgresql', 'statement', at, now64(3), 'c', concat('role', toString(role)), 'shop', concat('10.0.', toString(role %% 250), '.5'), 'app', 'SELECT',
    lower(hex(sipHash64(role, h %% %[7]d))), 'select', [concat('public.t', char(97 + h %% 7))], [concat('public.t', char(97 + h %% 7))], 'success', toInt64(%[6]s)
FROM (SELECT intDiv(number, %[2]d) AS role, toDateTime64('%[3]s', 6, 'UTC') + toIntervalMillisecond((number %% %[2]d) * %[4]d + role * 137) AS at, intHash32(number * 7 + %[5]d) AS h FROM numbers(%[2]d * %[8]d))`,
			w.batch, perRole, w.from.UTC().Format(time.DateTime), w.every.Milliseconds(), w.from.Unix(), rows, cmp.Or(w.shapes, 40), w.roles),
		fmt.Sprintf(`INSERT INTO batches (batch_id, source, committed_at, arrived_at, events, min_event_time, max_event_time)
SELECT batch_id, 'made up', now64(6), now64(6), count(), min(event_time), max(event_time) FROM events WHERE batch_id = '%s' GROUP BY batch_id`, w.batch),
	} {
		if err := conn.Exec(tb.Context(), sql); err != nil {
			tb.Fatal(err)
		}
	}
}

func newDetector(tb testing.TB, conn driver.Conn, alerts kept, clock func() time.Time) *detect.Detector {
	tb.Helper()
	d, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Clock: clock})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func stepAll(tb testing.TB, d *detect.Detector) {
	tb.Helper()
	for {
		n, _, err := d.Step(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

var volumeDay = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

// TestVolumeLive lets three roles work for nine days and one of them read far more within ten minutes: as a backlog, and as
// it happens, minute by minute, with late and repeated batches and a restart. Both must raise the same alert.
func TestVolumeLive(t *testing.T) {
	spike := volumeDay.AddDate(0, 0, 8).Add(14 * time.Hour)
	ordinary := traffic{batch: "history", roles: 3, from: volumeDay, length: 8*24*time.Hour + 13*time.Hour + 55*time.Minute, every: 2 * time.Minute, rows: "20 + h % 40"}
	minutes := func(n int) traffic {
		return traffic{batch: fmt.Sprintf("m%d", n), roles: 3, from: spike.Add(time.Duration(n-5) * time.Minute), length: time.Minute, every: 30 * time.Second,
			rows: fmt.Sprintf("if(role = 1 AND %d BETWEEN 5 AND 12, 900, 20 + h %% 40)", n)}
	}
	judge := func(live bool) kept {
		_, conn := store(t)
		alerts := kept{}
		d := newDetector(t, conn, alerts, nil)
		put(t, conn, ordinary)
		if live {
			stepAll(t, d)
		}
		for n := range 16 {
			switch {
			case live && n == 7: // late: comes after the next ones
				continue
			case live && n == 10:
				d = newDetector(t, conn, alerts, nil)
				put(t, conn, minutes(7))
			}
			put(t, conn, minutes(n))
			if live && n == 9 { // the same events in another batch
				again := minutes(n)
				again.batch = "again"
				put(t, conn, again)
			}
			if live && n%3 == 2 {
				stepAll(t, d)
			}
		}
		stepAll(t, d)
		return alerts
	}
	backlog, live := judge(false), judge(true)
	if got, want := live.what(), backlog.what(); !slices.Equal(got, want) {
		t.Errorf("as it happens other alerts are raised than of a backlog:\n%s", difference(got, want))
	}
	if len(backlog) != 1 {
		t.Fatalf("%d alerts, want one: %v", len(backlog), backlog.what())
	}
	for _, a := range backlog {
		t.Log(a.Summary, a.Reason, a.Numbers)
		if a.Role != "role1" || a.FirstSeen.Before(spike.Add(-time.Minute)) || a.FirstSeen.After(spike.Add(2*time.Minute)) {
			t.Errorf("%s: from %v", a.Summary, a.FirstSeen)
		}
		for _, number := range []string{"observed", "expected", "threshold", "score", "false_alarm", "history_days", "bucket", "gauge"} {
			if a.Numbers[number] == "" && (number != "false_alarm" || a.Numbers["gauge"] != "record") {
				t.Errorf("the alert does not show its %s: %v", number, a.Numbers)
			}
		}
	}
}

// TestVolumeOfAnother lets two detectors judge one role's batches in turn: what the first keeps in memory must not hide what the other
// has measured since.
func TestVolumeOfAnother(t *testing.T) {
	rise := volumeDay.AddDate(0, 0, 8).Add(14 * time.Hour)
	run := func(two bool) []string {
		_, conn := store(t)
		clock := rise
		first := newDetector(t, conn, kept{}, func() time.Time { return clock })
		second := first
		if two {
			second = newDetector(t, conn, kept{}, nil)
		}
		part := 0
		judge := func(d *detect.Detector, from time.Time, length time.Duration, rows string) {
			t.Helper()
			part++
			put(t, conn, traffic{batch: fmt.Sprint(part), roles: 2, from: from, length: length, every: 2 * time.Minute, rows: rows})
			stepAll(t, d)
		}
		const usual, more = "20 + h % 40", "if(role = 1, 900, 20 + h % 40)"
		judge(first, volumeDay, rise.Sub(volumeDay)-10*time.Minute, usual)
		judge(first, rise.Add(-10*time.Minute), 10*time.Minute, usual) // the window is in memory now
		judge(second, rise, time.Hour, more)
		judge(second, rise.Add(-3*time.Hour).Add(time.Minute), 2*time.Minute, "500") // late
		clock = clock.Add(time.Hour)
		judge(first, rise.Add(time.Hour), 30*time.Minute, more)
		judge(first, rise.Add(90*time.Minute), 30*time.Minute, usual)
		return everything(t, conn)
	}
	one, two := run(false), run(true)
	if !strings.Contains(strings.Join(one, "\n"), "hit|AW-EXF-001|role1|") {
		t.Fatal("no hit: the test would show nothing")
	}
	if !slices.Equal(one, two) {
		t.Errorf("two detectors leave something else than one:\n%.2000s", difference(two, one))
	}
}

// fleetRoles is how many roles the tests of a fleet make up; AUDITWARDEN_FLEET=200 for the full size.
func fleetRoles(tb testing.TB) int {
	text := os.Getenv("AUDITWARDEN_FLEET")
	if text == "" {
		return 40
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		tb.Fatalf("AUDITWARDEN_FLEET is %q: write a number of roles", text)
	}
	return n
}

// TestColdStart: the first day of a fleet in an empty store raises no alert, whatever the roles do of what they always do.
func TestColdStart(t *testing.T) {
	_, conn := store(t)
	alerts := kept{}
	d := newDetector(t, conn, alerts, nil)
	roles := fleetRoles(t)
	for part := range 6 {
		put(t, conn, traffic{batch: fmt.Sprintf("day %d", part), roles: roles, from: volumeDay.Add(time.Duration(part) * 4 * time.Hour), length: 4 * time.Hour, every: time.Minute,
			rows: "if(h % 97 = 0, 30000, h % 500) * (1 + role % 5) * if(toHour(at) BETWEEN 8 AND 17, 4, 1)"})
		stepAll(t, d)
	}
	var judged uint64
	if err := conn.QueryRow(t.Context(), "SELECT uniqExact(role) FROM role_profile WHERE kind = 'seen'").Scan(&judged); err != nil || judged != uint64(roles) {
		t.Fatalf("%d of %d roles have a profile, %v", judged, roles, err)
	}
	for _, a := range alerts {
		t.Errorf("%s %s", a.Rule, a.Summary)
	}
	t.Logf("%d roles, %d events, %d alerts", roles, roles*1440, len(alerts))
}

// TestSlowPoisoning: a role reads three hundredths more every day, for six weeks. No hour of it is odd, the days together are.
func TestSlowPoisoning(t *testing.T) {
	_, conn := store(t)
	alerts := kept{}
	d := newDetector(t, conn, alerts, nil)
	put(t, conn, traffic{batch: "months", roles: 2, from: volumeDay, length: 112 * 24 * time.Hour, every: time.Hour, shapes: 2,
		rows: "(300 + h % 60) * if(role = 1, pow(1.03, greatest(0, toRelativeDayNum(at) - toRelativeDayNum(toDateTime('2026-05-12 00:00:00', 'UTC')))), 1)"})
	stepAll(t, d)
	var first time.Time
	for _, a := range alerts {
		t.Log(a.FirstSeen, a.Summary, a.Reason, a.Numbers)
		if a.Role != "role1" || a.Rule != "AW-EXF-007" {
			t.Errorf("%s: %s", a.Rule, a.Summary)
		}
		if first.IsZero() || a.FirstSeen.Before(first) {
			first = a.FirstSeen
		}
	}
	if began := volumeDay.AddDate(0, 0, 71); first.IsZero() || first.Before(began.AddDate(0, 0, 7)) || first.After(began.AddDate(0, 0, 30)) {
		t.Errorf("noticed on %v, began on %v", first, began)
	}
}

// TestSilentRole: of three roles that have worked around the clock for three weeks, one stops; and then, on another cluster, all do.
func TestSilentRole(t *testing.T) {
	_, conn := store(t)
	now := time.Date(2026, 3, 30, 12, 2, 0, 0, time.UTC)
	work := func(cluster, role string, until time.Time) {
		t.Helper()
		for _, sql := range []string{
			fmt.Sprintf(`INSERT INTO role_volume (cluster, database, role, bucket, events, updated_at) SELECT '%s', 'shop', '%s', toStartOfFiveMinutes(toDateTime(%s)) - INTERVAL 5 * number MINUTE, 7, now64(6) FROM numbers(6000)`,
				cluster, role, baseline.Time(until)),
			fmt.Sprintf(`INSERT INTO role_profile (cluster, database, role, kind, item, first, last) SELECT '%s', 'shop', '%s', 'seen', '', (%s, '', 0, '', '', '', '', ''), now64(6)`,
				cluster, role, baseline.Time(until.Add(-6000*5*time.Minute))),
		} {
			if err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, role := range []string{"web", "jobs", "report"} {
		until := now
		if role == "web" {
			until = now.Add(-90 * time.Minute)
		}
		work("c1", role, until)
		if role != "report" {
			until = now.Add(-80 * time.Minute)
		}
		work("c2", role, until)
	}
	alerts := kept{}
	clock := now
	d := newDetector(t, conn, alerts, func() time.Time { return clock })
	for range 3 {
		if _, err := d.Silence(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(10 * time.Minute)
	}
	if len(alerts) != 1 {
		t.Fatalf("%d alerts, want one: %v", len(alerts), alerts.what())
	}
	for _, a := range alerts {
		if a.Rule != "AW-TMP-011" || a.Role != "web" || a.Cluster != "c1" || a.Numbers["weeks"] != "2" {
			t.Errorf("%s: %s %v", a.Rule, a.Summary, a.Numbers)
		}
	}
	clock = now.AddDate(0, 0, 2)
	again := kept{}
	if _, err := newDetector(t, conn, again, func() time.Time { return clock }).Silence(t.Context()); err != nil || len(again) != 0 {
		t.Errorf("%d alerts about clusters of which nothing comes at all, %v", len(again), err)
	}
}

// dying fails the n-th write and all that follow, before or after it has happened: what a process that is killed leaves.
type dying struct {
	driver.Conn
	writes, at int
	after      bool
	dead       bool
}

var errKilled = errors.New("killed")

func (c *dying) Exec(ctx context.Context, sql string, args ...any) error {
	if c.dead {
		return errKilled
	}
	c.writes++
	if c.writes != c.at {
		return c.Conn.Exec(ctx, sql, args...)
	}
	c.dead = true
	if c.after {
		if err := c.Conn.Exec(ctx, sql, args...); err != nil {
			return err
		}
	}
	return errKilled
}

// TestKilled kills the detector before and after each of its writes, one after the other: each next one comes as far or one write further. At the
// end profiles, buckets, hits and alerts must be as if nothing had happened.
func TestKilled(t *testing.T) {
	prepare := func() driver.Conn {
		_, conn := store(t)
		put(t, conn, traffic{batch: "days", roles: 2, from: volumeDay, length: 6*24*time.Hour + 10*time.Hour, every: 20 * time.Minute, rows: "20 + h % 40"})
		stepAll(t, newDetector(t, conn, kept{}, nil))
		put(t, conn, traffic{batch: "attack", roles: 2, from: volumeDay.AddDate(0, 0, 6).Add(10 * time.Hour), length: 20 * time.Minute, every: time.Minute, rows: "if(role = 1, 4000, 20)"})
		return conn
	}
	conn := prepare()
	whole := kept{}
	stepAll(t, newDetector(t, conn, whole, nil))
	if len(whole) != 1 {
		t.Fatalf("%d alerts, want one: %v", len(whole), whole.what())
	}
	want := everything(t, conn)
	conn = prepare()
	alerts := kept{}
	killed := 0
	for at := 1; ; at++ {
		mortal := &dying{Conn: conn, at: (at + 1) / 2, after: at%2 == 0}
		d, err := detect.New(detect.Default(), detect.Options{Conn: mortal, Alerts: alerts})
		if err != nil {
			t.Fatal(err)
		}
		n, _, err := d.Step(t.Context())
		if !mortal.dead {
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("killed %d times, then judged %d batches", killed, n)
			break
		}
		if !errors.Is(err, errKilled) {
			t.Fatalf("write %d: %v", at, err)
		}
		killed++
	}
	if killed < 12 {
		t.Errorf("killed only %d times", killed)
	}
	stepAll(t, newDetector(t, conn, alerts, nil))
	if got := everything(t, conn); !slices.Equal(got, want) {
		t.Errorf("the store differs:\n%.2000s", difference(got, want))
	}
	if got := alerts.what(); !slices.Equal(got, whole.what()) {
		t.Errorf("other alerts:\n%s", difference(got, whole.what()))
	}
}

// everything gives all that detection keeps, as text: profiles, buckets of both lengths and hits.
func everything(t *testing.T, conn driver.Conn) []string {
	t.Helper()
	out := append(profileRows(t, conn), minuteRows(t, conn)...)
	out = append(out, textRows(t, conn, `SELECT concat('hit|', rule, '|', role, '|', toString(bucket), '|', fingerprint, '|', outcome, '|', subject, '|', toString(min(h.first)), '|', toString(max(h.last)), '|', toString(uniqExactMerge(h.events)), '|', toString(max(verdict)))
FROM detect_hits AS h GROUP BY rule, role, bucket, fingerprint, outcome, subject`)...)
	sort.Strings(out)
	return out
}

func minuteRows(t *testing.T, conn driver.Conn) []string {
	return textRows(t, conn, `SELECT concat('minute|', cluster, '|', database, '|', role, '|', toString(minute), '|', toString(v.events), '|', toString(rows_read), '|', toString(rows_written), '|', toString(rows_max), '|', toString(errors), '|', toString(finalizeAggregation(tables)))
FROM role_minute AS v FINAL`)
}

func textRows(t *testing.T, conn driver.Conn, sql string) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	sort.Strings(out)
	return out
}

// TestAnyOrder gives the same events whole, and cut into batches that come late, twice and in another order: profiles and
// buckets must be the same, and a rebuild must not change them.
func TestAnyOrder(t *testing.T) {
	part := func(n int) traffic {
		return traffic{batch: fmt.Sprintf("part %d", n), roles: 3, from: volumeDay.Add(time.Duration(n) * 7 * time.Hour), length: 7 * time.Hour, every: 97 * time.Second}
	}
	learn := func(order []int) (driver.Conn, *detect.Detector) {
		_, conn := store(t)
		d := newDetector(t, conn, kept{}, nil)
		for i, n := range order {
			p := part(n)
			p.batch = fmt.Sprintf("%s of %d", p.batch, i)
			put(t, conn, p)
			if i%2 == 1 {
				stepAll(t, d)
			}
		}
		stepAll(t, d)
		return conn, d
	}
	conn, d := learn([]int{0, 1, 2, 3})
	want := append(profileRows(t, conn), minuteRows(t, conn)...)
	if len(want) < 2000 || !strings.Contains(strings.Join(want, "\n"), "volume|c|shop|role2|") {
		t.Fatalf("only %d rows", len(want))
	}
	other, _ := learn([]int{3, 0, 3, 2, 0, 1})
	if got := append(profileRows(t, other), minuteRows(t, other)...); !slices.Equal(got, want) {
		t.Errorf("another order:\n%.2000s", difference(got, want))
	}
	if err := d.Rebuild(t.Context(), time.Time{}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := append(profileRows(t, conn), minuteRows(t, conn)...); !slices.Equal(got, want) {
		t.Errorf("after a rebuild:\n%.2000s", difference(got, want))
	}
}

// TestManySpikes: what is odd may be more than fits into one statement.
func TestManySpikes(t *testing.T) {
	_, conn := store(t)
	alerts := kept{}
	d := newDetector(t, conn, alerts, nil)
	put(t, conn, traffic{batch: "days", roles: 4, from: volumeDay, length: 6*24*time.Hour + 10*time.Hour, every: 20 * time.Minute})
	put(t, conn, traffic{batch: "flood", roles: 4, from: volumeDay.AddDate(0, 0, 6).Add(10 * time.Hour), length: 5 * time.Hour, every: 4 * time.Second, rows: "900"})
	stepAll(t, d)
	var odd uint64
	if err := conn.QueryRow(t.Context(), "SELECT uniqExact(role, bucket, subject) FROM detect_hits WHERE rule = 'AW-EXF-001'").Scan(&odd); err != nil || odd < 1100 {
		t.Errorf("%d odd buckets, want those of 300 minutes of four roles, %v", odd, err)
	}
	if n := len(alerts); n < 4 || n > 8 {
		t.Errorf("%d alerts of four roles: %v", n, alerts.about())
	}
}
