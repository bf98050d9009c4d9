package detect_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
)

// steps judges until nothing is left, and gives how many steps failed on the way.
func steps(t *testing.T, d *detect.Detector) (failed int) {
	t.Helper()
	for failed < 20 {
		n, _, err := d.Step(t.Context())
		switch {
		case err != nil:
			failed++
		case n == 0:
			return failed
		}
	}
	t.Fatal("the steps go on failing")
	return failed
}

func (k kept) of(rule string) []pipeline.Alert {
	var out []pipeline.Alert
	for _, a := range k {
		if slices.Contains(strings.Split(a.Numbers["rules"], ","), rule) {
			out = append(out, a)
		}
	}
	return out
}

func own(id string, r detect.Rule) detect.Rule {
	r.ID, r.Title, r.Family, r.Does, r.Severity = id, "Own rule "+id, "own", "does something", pipeline.Warning
	return r
}

// TestFaultyRule: rules whose queries fail on some event are left out, named in an alert, and do not keep the others from judging; after
// an hour they judge again, and what they missed as far as they can.
func TestFaultyRule(t *testing.T) {
	const poison = "throwIf(role = 'poison')"
	broken := []detect.Rule{
		own("OWN-SIG-001", detect.Rule{Kind: detect.OnSignal, Match: poison + " = 0 AND fingerprint = 'later'"}),
		own("OWN-NEW-001", detect.Rule{Kind: detect.OnFirstSeen, Profile: "OWN-NEW-001", Item: "[toString(" + poison + ")]"}),
		own("OWN-QRY-001", detect.Rule{Kind: detect.OnQuery, Query: "SELECT cluster, role, event_time, toFloat64(" + poison + ") AS observed FROM events WHERE {scope}"}),
		own("OWN-QRY-002", detect.Rule{Kind: detect.OnQuery, Query: "SELECT cluster, role, event_time FROM events WHERE {scope} AND fingerprint IN (SELECT name FROM wanted)"}),
	}
	db, conn := store(t)
	y := &diary{t: t, db: db, alerts: kept{}}
	reg := prometheus.NewRegistry()
	var err error
	y.d, err = detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: y.alerts, Clock: func() time.Time { return y.clock }, Logger: testLog(t), Registerer: reg, Rules: append(detect.Rules(), broken...)})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	bad := webEvent(start, "10.0.0.5", "usual")
	bad.Role = "poison"
	y.commit(bad, webEvent(start, "10.0.0.9", "attack", "union_catalog", "tautology"))
	if failed := steps(t, y.d); failed != 3 {
		t.Errorf("%d steps failed, want 3 before the rules are tried alone", failed)
	}
	if len(y.alerts.of("AW-INJ-001")) != 1 {
		t.Error("an attack beside what a rule fails on is not reported")
	}
	suspended := func() []string {
		var ids []string
		for _, a := range y.alerts.of("AW-TMP-013") {
			ids = append(ids, a.Numbers["suspended"])
		}
		slices.Sort(ids)
		return ids
	}
	if want := []string{"OWN-NEW-001", "OWN-QRY-001", "OWN-QRY-002", "OWN-SIG-001"}; !slices.Equal(suspended(), want) {
		t.Errorf("suspended are %v, want %v", suspended(), want)
	}
	if n, err := testutil.GatherAndCount(reg, "auditwarden_detect_rule_suspended"); err != nil || n != len(broken) {
		t.Errorf("the metric counts %d suspended rules (%v)", n, err)
	}

	// Within the hour nothing is tried again.
	at := start.Add(30 * time.Minute)
	y.commit(webEvent(at, "10.0.0.5", "wanted"))
	if failed := steps(t, y.d); failed != 0 || len(y.alerts.of("OWN-QRY-002")) != 0 {
		t.Errorf("%d steps failed, alerts %v", failed, y.alerts.of("OWN-QRY-002"))
	}
	if err := conn.Exec(t.Context(), "CREATE VIEW wanted AS SELECT 'wanted' AS name"); err != nil {
		t.Fatal(err)
	}
	later := start.Add(2 * time.Hour)
	y.commit(webEvent(later, "10.0.0.5", "later"))
	if failed := steps(t, y.d); failed != 0 {
		t.Errorf("%d steps failed", failed)
	}
	if got := y.alerts.of("OWN-QRY-002"); len(got) != 1 || !got[0].FirstSeen.Equal(at) {
		t.Errorf("a rule that has what it lacked did not catch up: %v", got)
	}
	if got := y.alerts.of("OWN-SIG-001"); len(got) != 1 || !got[0].FirstSeen.Equal(later) {
		t.Errorf("a rule that fails on an old event does not judge new ones: %v", got)
	}
	if n, err := testutil.GatherAndCount(reg, "auditwarden_detect_rule_suspended"); err != nil || n != 0 {
		t.Errorf("the metric still counts %d suspended rules (%v)", n, err)
	}
}

// awayConn is a store that can be away.
type awayConn struct {
	driver.Conn
	away bool
}

var errAway = errors.New("connection refused")

func (c *awayConn) Exec(ctx context.Context, query string, args ...any) error {
	if c.away {
		return errAway
	}
	return c.Conn.Exec(ctx, query, args...)
}

func (c *awayConn) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	if c.away && !strings.Contains(query, "FROM batches FINAL") { // so that the step begins
		return nil, errAway
	}
	return c.Conn.Query(ctx, query, args...)
}

// TestAwaySuspendsNothing: a store that does not answer is no fault of the rules.
func TestAwaySuspendsNothing(t *testing.T) {
	db, conn := store(t)
	c := &awayConn{Conn: conn}
	y := &diary{t: t, db: db, alerts: kept{}}
	var err error
	if y.d, err = detect.New(detect.Default(), detect.Options{Conn: c, Alerts: y.alerts, Clock: func() time.Time { return y.clock }, Logger: testLog(t)}); err != nil {
		t.Fatal(err)
	}
	y.commit(webEvent(time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC), "10.0.0.9", "attack", "union_catalog", "tautology"))
	c.away = true
	for range 7 {
		if _, _, err := y.d.Step(t.Context()); !errors.Is(err, errAway) {
			t.Fatalf("a step without a store: %v", err)
		}
	}
	c.away = false
	if failed := steps(t, y.d); failed != 0 {
		t.Errorf("%d steps failed with the store back", failed)
	}
	if len(y.alerts.of("AW-TMP-013")) != 0 || len(y.alerts.of("AW-INJ-001")) != 1 {
		t.Errorf("alerts %v", y.alerts)
	}
}

// TestOldBesideNew: old events that come with new ones are reported too, however far apart they are.
func TestOldBesideNew(t *testing.T) {
	y := newDiary(t)
	now := time.Now().UTC().Truncate(time.Minute) // hits are forgotten after 400 days
	old := now.AddDate(0, 0, -200)
	read := func(e pipeline.Event) pipeline.Event {
		e.IngestedAt = now // what was ingested long ago is forgotten
		return e
	}
	y.write(read(webEvent(old.AddDate(0, 0, -9), "10.0.0.5", "usual"))) // the cluster is known, so that whose work it is may be asked
	y.write(read(webEvent(old, "10.0.0.9", "attack", "union_catalog", "tautology")), read(webEvent(now, "10.0.0.5", "usual")))
	if !y.heard("AW-INJ-001", old) {
		t.Error("an attack of half a year ago, read today beside today's events, is not reported")
	}
}

// moody is a store of alerts that fails when told to.
type moody struct {
	kept
	failing bool
}

var errMoody = errors.New("no alert today")

func (m *moody) InsertAlerts(ctx context.Context, alerts []pipeline.Alert) error {
	if m.failing {
		return errMoody
	}
	return m.kept.InsertAlerts(ctx, alerts)
}

// TestCatchUp: a rule with items of its own that could not be asked for a week and a day is taught that week once it can be, and reports
// the day, also where the first try of reporting fails.
func TestCatchUp(t *testing.T) {
	db, conn := store(t)
	alerts := &moody{kept: kept{}}
	y := &diary{t: t, db: db, alerts: alerts.kept}
	rule := own("OWN-NEW-002", detect.Rule{Kind: detect.OnFirstSeen, Profile: "OWN-NEW-002", Item: "[fingerprint, toString((SELECT count() FROM wanted))]"})
	var err error
	y.d, err = detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Clock: func() time.Time { return y.clock }, Logger: testLog(t), Rules: append(detect.Rules(), rule)})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	var week []pipeline.Event
	for n := range 7 {
		week = append(week, webEvent(start.AddDate(0, 0, n), "10.0.0.5", "usual"))
	}
	y.commit(week...)
	if failed := steps(t, y.d); failed != 3 || len(y.alerts.of("AW-TMP-013")) != 1 {
		t.Fatalf("%d steps failed, alerts %v", failed, y.alerts.of("AW-TMP-013"))
	}
	odd := start.AddDate(0, 0, 7)
	y.commit(webEvent(odd, "10.0.0.5", "odd"))
	steps(t, y.d)
	if err := conn.Exec(t.Context(), "CREATE VIEW wanted AS SELECT 1 AS name"); err != nil {
		t.Fatal(err)
	}
	y.commit(webEvent(odd.Add(2*time.Hour), "10.0.0.5", "usual"))
	alerts.failing = true
	if _, _, err := y.d.Step(t.Context()); !errors.Is(err, errMoody) {
		t.Fatalf("nothing to report: %v", err)
	}
	alerts.failing = false
	steps(t, y.d)
	got := y.alerts.of("OWN-NEW-002")
	if len(got) != 1 || !got[0].FirstSeen.Equal(odd) {
		t.Errorf("what was missed is not reported once: %v", got)
	}
	if !y.holds("OWN-NEW-002", "usual") {
		t.Error("what was missed is not taught")
	}
}
