package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// truth is testdata/truth.json: what the shipped logs hold.
type truth struct {
	Periods map[string]struct {
		From, Until time.Time
	}
	Logs []struct {
		Cluster string
		Lines   uint64
	}
	Attacks   []incident
	Responses []incident
}

// incident is something that happened on the day of the intrusion.
type incident struct {
	ID, What, Cluster, Role, Client string
	Expect                          []string
	Start, End                      time.Time
}

// alertRow is what a test needs of an alert.
type alertRow struct {
	ID, Rule, Severity, Cluster, Role, Client, Summary, Reason, Response string
	First, Last                                                          time.Time
	Normalized                                                           []string
}

func (a alertRow) String() string {
	return fmt.Sprintf("%s %s %s %s", a.First.Format(time.DateTime), a.Severity, a.Rule, a.Summary)
}

func readTruth(t *testing.T) truth {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tr truth
	if err := json.Unmarshal(data, &tr); err != nil {
		t.Fatal(err)
	}
	if len(tr.Attacks) < 20 || len(tr.Logs) != 4 {
		t.Fatalf("truth.json lists %d attacks in %d logs", len(tr.Attacks), len(tr.Logs))
	}
	return tr
}

// TestShippedLogs plays the demonstration as `make run` does and holds it against what is known to be in the logs.
func TestShippedLogs(t *testing.T) {
	tr := readTruth(t)
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir, listen := t.TempDir(), freePort(t)
	demo, err := os.ReadFile(filepath.Join(root, "deploy", "demo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(demo), "testdata/logs/", filepath.Join(root, "testdata", "logs")+"/")
	config := writeFile(t, filepath.Join(dir, "demo.yaml"), text+fmt.Sprintf("\nembedded: {listen: %q}\nhttp: {listen: \"\"}\n", listen))

	run := start(t, "auditwarden", "run", "-config", config, "-data", dir)
	run.wait(5 * time.Minute) // exit code 0, since standard output is no terminal
	report := run.out.String()
	for _, want := range []string{"every line is accounted for", "Findings:", "http://" + listen, "curl"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	again := start(t, "auditwarden", "run", "-config", config, "-data", dir)
	again.wait(5 * time.Minute)
	if !strings.Contains(again.out.String(), "every line is accounted for") {
		t.Errorf("the second run's report: %s", again.out)
	}

	engine := start(t, "auditwarden", "clickhouse", "-config", config, "-data", dir)
	conn := connect(t, listen)
	eventually(t, time.Minute, func() bool { _, err := tryQuery[uint8](conn, "SELECT 1"); return err == nil }, engine.out.String)
	checkLines(t, conn, tr)
	alerts := readAlerts(t, conn)
	t.Run("every attack has its alert", func(t *testing.T) { checkAttacks(t, tr, alerts) })
	t.Run("ordinary traffic has none", func(t *testing.T) { checkQuiet(t, tr, alerts) })
	t.Run("alerts speak without literals", func(t *testing.T) { checkTexts(t, alerts) })
	engine.stop()
}

// checkLines: every line of every log is accounted for, and a second run added none.
func checkLines(t *testing.T, conn driver.Conn, tr truth) {
	t.Helper()
	for _, l := range tr.Logs {
		in := query[uint64](t, conn, "SELECT sum(lines_in) FROM batches FINAL WHERE source = ?", l.Cluster)
		sum := query[uint64](t, conn, "SELECT sum(lines_events + lines_unparsed + lines_skipped) FROM batches FINAL WHERE source = ?", l.Cluster)
		events := query[uint64](t, conn, "SELECT sum(lines) FROM events FINAL WHERE source = ?", l.Cluster)
		unparsed := query[uint64](t, conn, "SELECT sum(lines_unparsed) FROM batches FINAL WHERE source = ?", l.Cluster)
		if in != l.Lines || sum != l.Lines || events != l.Lines || unparsed != 0 {
			t.Errorf("%s: %d lines in the file, %d read, %d accounted for, %d in events, %d unparsed", l.Cluster, l.Lines, in, sum, events, unparsed)
		}
	}
}

func readAlerts(t *testing.T, conn driver.Conn) []alertRow {
	t.Helper()
	rows, err := conn.Query(context.Background(), `SELECT id, rule, severity, cluster, role, client, summary, reason, response, first_seen, last_seen, evidence.normalized
		FROM alerts FINAL ORDER BY first_seen`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []alertRow
	for rows.Next() {
		var a alertRow
		if err := rows.Scan(&a.ID, &a.Rule, &a.Severity, &a.Cluster, &a.Role, &a.Client, &a.Summary, &a.Reason, &a.Response, &a.First, &a.Last, &a.Normalized); err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// covers: the alert is about the incident's cluster, role and client, at its time.
func (a alertRow) covers(in incident) bool {
	const slack = 2 * time.Second // the truth is in whole seconds
	if a.Cluster != in.Cluster || a.Last.Before(in.Start.Add(-slack)) || a.First.After(in.End.Add(slack)) {
		return false
	}
	if in.Role != "" && a.Role != in.Role {
		return false
	}
	return slices.Contains(strings.Fields(in.Client), a.Client)
}

func checkAttacks(t *testing.T, tr truth, alerts []alertRow) {
	for _, in := range tr.Attacks {
		i := slices.IndexFunc(alerts, func(a alertRow) bool {
			// An alert about statements shows their normal form; logins and volumes have none.
			shows := slices.ContainsFunc(a.Normalized, func(n string) bool { return n != "" }) || strings.HasPrefix(in.Expect[0], "login_")
			return a.covers(in) && a.Severity != "info" && a.Reason != "" && a.Response != "" && shows
		})
		if i < 0 {
			t.Errorf("no alert for %s (%s) by %s from %s at %s", in.ID, in.What, in.Role, in.Client, in.Start.Format(time.DateTime))
			continue
		}
		t.Logf("%-28s %s", in.ID, alerts[i])
	}
}

func checkQuiet(t *testing.T, tr truth, alerts []alertRow) {
	for _, a := range alerts {
		if a.First.Before(tr.Periods["intrusion"].From) {
			t.Errorf("alert on ordinary traffic: %s", a)
			continue
		}
		about := func(in incident) bool {
			return a.Cluster == in.Cluster && (a.Role == in.Role || in.Role == "" || slices.Contains(strings.Fields(in.Client), a.Client)) &&
				!a.First.After(in.End.Add(time.Hour)) && !a.Last.Before(in.Start.Add(-time.Hour))
		}
		if !slices.ContainsFunc(tr.Attacks, about) && !slices.ContainsFunc(tr.Responses, about) {
			t.Errorf("alert on ordinary traffic beside the intrusion: %s", a)
		}
	}
}

// checkTexts: an alert names what it rests on as normal forms, and holds no value of the intruder's or of a customer's.
func checkTexts(t *testing.T, alerts []alertRow) {
	forms := 0
	for _, a := range alerts {
		forms += len(a.Normalized)
		for _, text := range append(a.Normalized, a.Summary, a.Reason) {
			for _, secret := range []string{"/etc/passwd", "qzqkq", "0x7171", "'admin'", "PASSWORD '"} {
				if strings.Contains(text, secret) {
					t.Errorf("%s shows %q: %s", a.Rule, secret, text)
				}
			}
		}
	}
	if forms == 0 {
		t.Error("no alert shows a normal form")
	}
}
