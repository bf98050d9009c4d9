package detect_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
)

// profileRows gives the profiles and volumes as text, in an order of their own.
func profileRows(t *testing.T, conn driver.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT concat(cluster, '|', database, '|', role, '|', kind, '|', item, '|', toString(min(role_profile.first)), '|', toString(max(last)), '|',
    toString(arraySort(bitmapToArray(groupBitmapMergeState(days)))), '|', toString(uniqCombined64Merge(14)(counted)))
FROM role_profile GROUP BY cluster, database, role, kind, item
UNION ALL
SELECT concat('volume|', cluster, '|', database, '|', role, '|', toString(bucket), '|', toString(v.events), '|', toString(rows_read), '|', toString(rows_written), '|', toString(rows_max), '|', toString(errors))
FROM role_volume AS v FINAL`)
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
	sort.Strings(out)
	return out
}

// TestHistory asks the history questions of one store that has judged a week: a profile to read, a rebuild that changes
// nothing, a dry run that says what the rule said.
func TestHistory(t *testing.T) {
	db, conn := store(t)
	events := week()
	alerts := kept{}
	end := events[len(events)-1].EventTime
	d, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Clock: func() time.Time { return end.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	c := &pipeline.Commit{ID: strings.Repeat("ab", 16), Source: "s", Decoded: &pipeline.Decoded{Events: events}, LinesIn: uint64(len(events)), Arrived: end}
	if err := db.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if n, _, err := d.Step(t.Context()); n != 1 || err != nil {
		t.Fatalf("judged %d batches, %v", n, err)
	}
	t.Run("a crash before the batch was marked", func(t *testing.T) {
		before := alerts.what()
		if err := conn.Exec(t.Context(), "TRUNCATE TABLE detect_batches"); err != nil {
			t.Fatal(err)
		}
		again, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts})
		if err != nil {
			t.Fatal(err)
		}
		n, changed, err := again.Step(t.Context())
		if n != 1 || err != nil || len(changed) != 0 || !slices.Equal(before, alerts.what()) {
			t.Errorf("judged %d, %v, %d alerts changed:\n%s", n, err, len(changed), difference(alerts.what(), before))
		}
	})
	t.Run("a rebuild equals what was learnt step by step", func(t *testing.T) {
		before := profileRows(t, conn)
		if len(before) < 100 {
			t.Fatalf("only %d rows of profile", len(before))
		}
		if err := d.Rebuild(t.Context(), time.Time{}, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if after := profileRows(t, conn); !slices.Equal(before, after) {
			t.Errorf("profiles differ:\n%s", difference(after, before))
		}
	})
	t.Run("show", func(t *testing.T) { showProfile(t, conn, end) })
	t.Run("dry run", func(t *testing.T) { dryRun(t, d, conn, alerts, end) })
}

func showProfile(t *testing.T, conn driver.Conn, now time.Time) {
	list, err := baseline.Show(t.Context(), conn, baseline.Default(), "c1", "", "web", now)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d profiles, %v", len(list), err)
	}
	p := list[0]
	if p.State != baseline.Mature || len(p.Items[baseline.KindShape]) != 7 || p.Days != 8 {
		t.Errorf("state %s, %d shapes, %d days, want mature, the 7 of the ordinary week, 8: %s", p.State, len(p.Items[baseline.KindShape]), p.Days, p.Because)
	}
	var text bytes.Buffer
	if err := p.WriteText(&text, 3); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"web on shop@c1: mature", "7 known", "read public.orders", "rows_read an hour", "and 4 more"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the profile does not say %q:\n%s", want, text.String())
		}
	}
}

func dryRun(t *testing.T, d *detect.Detector, conn driver.Conn, alerts kept, end time.Time) {
	for _, rule := range []string{"AW-INJ-001", "AW-LOGIN-004", "AW-NEW-001", "AW-EXF-001", "AW-NEW-011", "AW-INJ-030"} {
		got, err := d.DryRun(t.Context(), rule, end.AddDate(0, 0, -30))
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, a := range alerts {
			if slices.Contains(strings.Split(a.Numbers["rules"], ","), rule) {
				want++
			}
		}
		if len(got) != want || want == 0 {
			t.Errorf("%s: %d alerts in a dry run, %d in earnest", rule, len(got), want)
		}
	}
	var left uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'detect_dry%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tables left, %v", left, err)
	}
}

// TestExceptions wants an exception to silence its rule for whom it names, and nobody else.
func TestExceptions(t *testing.T) {
	cfg := detect.Default()
	cfg.Exceptions = []detect.Exception{
		{Rule: "AW-INJ-*", Role: "web", Client: "10.0.0.0/24", Reason: "a test of the shop, ticket 17"},
		{Rule: "AW-EXF-*", Role: "dba", Reason: "moves to another server"},
	}
	db, conn := store(t)
	alerts := kept{}
	d, err := detect.New(cfg, detect.Options{Conn: conn, Alerts: alerts})
	if err != nil {
		t.Fatal(err)
	}
	events := week()
	if err := db.Commit(t.Context(), &pipeline.Commit{ID: strings.Repeat("cd", 16), Source: "s", Decoded: &pipeline.Decoded{Events: events}, LinesIn: uint64(len(events)), Arrived: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := fmt.Sprint(alerts.about())
	if strings.Contains(seen, "AW-INJ") || strings.Contains(seen, "dba||AW-EXF") {
		t.Errorf("excepted alerts were raised: %s", seen)
	}
	if !strings.Contains(seen, "AW-TMP") || !strings.Contains(seen, "AW-LOG") {
		t.Errorf("alerts that no exception names are missing: %s", seen)
	}
}

// TestSilence writes a ledger of two sources and lets one of them stop.
func TestSilence(t *testing.T) {
	_, conn := store(t)
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for source, quiet := range map[string]time.Duration{"alive": time.Minute, "dead": 3 * time.Hour} {
		err := conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO batches (batch_id, source, committed_at, arrived_at, events, min_event_time, max_event_time)
SELECT concat('%[1]s', toString(number)), '%[1]s', %[2]s - INTERVAL 10 * number MINUTE, now(), 5, now(), now() FROM numbers(200)`, source, baseline.Time(now.Add(-quiet))))
		if err != nil {
			t.Fatal(err)
		}
	}
	alerts := kept{}
	d, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.Silence(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if len(alerts) != 1 {
		t.Fatalf("%d alerts, want one for the source that stopped", len(alerts))
	}
	for _, a := range alerts {
		if a.Numbers["source"] != "dead" {
			t.Errorf("alert: %s", a.Summary)
		}
	}
}
