package endtoend

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// finding is an alert as an analyst reads it.
type finding struct {
	Rule, Severity, Cluster, Role, Client, Application string
	Summary, Reason, Response                          string
	First, Last, Detected                              time.Time
	Events                                             uint64
	Normalized, Records                                []string
	Times                                              []time.Time
}

func (f finding) String() string {
	return fmt.Sprintf("%s %s %s by %s from %s (%s): %s", f.Cluster, f.Severity, f.Rule, f.Role, f.Client, f.Application, f.Summary)
}

func (f finding) serious() bool { return f.Severity == "error" || f.Severity == "critical" }

// about: the alert is on this run of sqlmap and names where it came from.
func (f finding) about(a *assault) bool {
	return f.Cluster == a.target.cluster && f.Role == shopRole && f.Client == a.host.address && (!a.target.named || f.Application == a.host.application)
}

func findings(conn driver.Conn) ([]finding, error) {
	rows, err := conn.Query(context.Background(), `SELECT rule, severity, cluster, role, client, application, summary, reason, response,
		first_seen, last_seen, detected_at, events, evidence.normalized, evidence.record_id, evidence.time FROM alerts FINAL ORDER BY detected_at`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []finding
	for rows.Next() {
		var f finding
		if err := rows.Scan(&f.Rule, &f.Severity, &f.Cluster, &f.Role, &f.Client, &f.Application, &f.Summary, &f.Reason, &f.Response,
			&f.First, &f.Last, &f.Detected, &f.Events, &f.Normalized, &f.Records, &f.Times); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

func readFindings(t *testing.T, conn driver.Conn) []finding {
	t.Helper()
	all, err := findings(conn)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// watch notes when each assault's first serious alert can be read.
func watch(ctx context.Context, conn driver.Conn, assaults []*assault) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ; ctx.Err() == nil; <-tick.C {
		all, err := findings(conn)
		if err != nil {
			continue
		}
		for _, a := range assaults {
			if a.visible.IsZero() && slices.ContainsFunc(all, func(f finding) bool { return f.serious() && f.about(a) }) {
				a.visible = time.Now()
				a.requests, _ = a.host.seen()
			}
		}
	}
}

func everyAlerted(conn driver.Conn, assaults []*assault) bool {
	all, err := findings(conn)
	return err == nil && !slices.ContainsFunc(assaults, func(a *assault) bool {
		return !slices.ContainsFunc(all, func(f finding) bool { return f.serious() && f.about(a) })
	})
}

// check: the run has a serious alert in time, which shows what was sent without its values.
func (a *assault) check(t *testing.T, conn driver.Conn, all []finding) {
	requests, attacked := a.host.seen()
	if attacked.IsZero() {
		t.Fatalf("sqlmap attacked nothing:\n%s", a.report)
	}
	hole := strings.Contains(a.report, "identified the following injection point")
	if !hole && !a.cut {
		t.Errorf("sqlmap found no hole, so this shows little:\n%s", a.report)
	}
	i := slices.IndexFunc(all, func(f finding) bool { return f.serious() && f.about(a) })
	if i < 0 {
		t.Fatalf("no alert on %d requests; its signals: %s", requests, query[string](t, conn,
			"SELECT toString(groupUniqArrayArray(signals)) FROM events FINAL WHERE cluster = ? AND client = ?", a.target.cluster, a.host.address))
	}
	f := all[i]
	delay := f.Detected.Sub(f.First)
	t.Logf("first alert %.1f s after its first evidence, which was stored after %.1f s; readable %.1f s after the first attack, at request %d of %d (hole found: %v, cut off: %v): %s",
		delay.Seconds(), f.stored(t, conn).Seconds(), a.visible.Sub(attacked).Seconds(), a.requests, requests, hole, a.cut, f)
	if delay > a.within {
		t.Errorf("first alert after %v, want %v at most", delay, a.within)
	}
	// MariaDB's log counts whole seconds.
	if late := f.First.Sub(attacked); late > a.within || late < -2*time.Second {
		t.Errorf("the first evidence is %v after the first attack", late)
	}
	checkTelling(t, f, a.host)
}

// stored is how long after it happened the earliest evidence was committed.
func (f finding) stored(t *testing.T, conn driver.Conn) time.Duration {
	t.Helper()
	var at, committed time.Time
	err := conn.QueryRow(context.Background(), `SELECT e.event_time, b.committed_at FROM events AS e INNER JOIN batches AS b ON b.batch_id = e.batch_id
		WHERE e.record_id IN ? ORDER BY e.event_time, b.committed_at LIMIT 1`, f.Records).Scan(&at, &committed)
	if err != nil {
		t.Errorf("evidence is not among the events: %v", err)
	}
	return committed.Sub(at)
}

// checkTelling: an alert explains itself in normal forms, without a value of the payloads.
func checkTelling(t *testing.T, f finding, h *host) {
	t.Helper()
	if f.Reason == "" || f.Response == "" || !strings.Contains(f.Summary, shopRole) || !strings.Contains(f.Summary, h.address) {
		t.Errorf("alert does not say who, why and what to do: %+v", f)
	}
	if !slices.ContainsFunc(f.Normalized, func(n string) bool { return strings.Contains(strings.ToLower(n), "from product where") }) {
		t.Errorf("evidence lacks the page's query in normal form: %q", f.Normalized)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.literals) == 0 {
		t.Error("payloads held no literal: the check for them checks nothing")
	}
	for l := range h.literals {
		if text, shown := f.shows(l); shown {
			t.Errorf("alert shows the value %q of a payload: %s", l, text)
		}
	}
}

// shows gives the text of the alert that holds a value. A number alone is looked for in normal forms only: reasons have
// numbers of their own.
func (f finding) shows(value string) (string, bool) {
	texts := f.Normalized
	if !number.MatchString(value) {
		texts = append([]string{f.Summary, f.Reason}, texts...)
	}
	whole := regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(value) + `(\W|$)`)
	for _, text := range texts {
		if whole.MatchString(text) {
			return text, true
		}
	}
	return "", false
}

// checkOnlyAssaults: every alert, of any severity, is about one of the runs.
func checkOnlyAssaults(t *testing.T, all []finding, assaults []*assault) {
	for _, f := range all {
		if !slices.ContainsFunc(assaults, func(a *assault) bool { return f.about(a) }) {
			t.Errorf("alert on ordinary traffic: %s\n%s\n%q", f, f.Reason, f.Normalized)
		}
	}
}
