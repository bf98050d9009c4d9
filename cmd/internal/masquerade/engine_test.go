package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

const cluster, database = "shop", "tpcc"

func store(t *testing.T) (*clickhouse.DB, driver.Conn) {
	t.Helper()
	dsn := embeddedtest.Start(t).Database(t)
	cfg := clickhouse.Default()
	cfg.DSN = pipeline.Secret(dsn)
	db, err := clickhouse.Open(t.Context(), cfg, clickhouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	opts, err := chgo.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := chgo.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); db.Close() })
	return db, conn
}

// commit stores lines as events of the accounts they name.
func commit(t *testing.T, db *clickhouse.DB, name string, lines []line) {
	t.Helper()
	a := statement.New(statement.Config{}, statement.Options{})
	const most = 20_000
	for part := 0; part*most < len(lines); part++ {
		var events []pipeline.Event
		for i, l := range lines[part*most : min((part+1)*most, len(lines))] {
			r := pipeline.Record{Source: "workload", Stream: name, Offset: int64(part*most + i)}
			events = append(events, pipeline.Event{
				RecordID: r.ID(), Source: r.Source, Stream: r.Stream, Offset: r.Offset, Lines: 1, Engine: pipeline.PostgreSQL, Kind: pipeline.KindStatement, Format: "test",
				EventTime: l.at, IngestedAt: l.at, TimeCertainty: pipeline.TimeExact, Cluster: cluster, Database: database, Role: l.account, ClientAddr: fmt.Sprintf("10.0.%d.%d", l.session/250%250, l.session%250), Application: "till",
				SessionID: fmt.Sprint(l.session), Outcome: pipeline.OutcomeSuccess, SQL: a.Statement(pipeline.PostgreSQL, l.sql),
			})
		}
		id := sha256.Sum256(fmt.Append(nil, name, part))
		err := db.Commit(t.Context(), &pipeline.Commit{ID: hex.EncodeToString(id[:16]), Source: "workload", Decoded: &pipeline.Decoded{Events: events}, LinesIn: uint64(len(events)), Arrived: lines[0].at})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// judged is what the rule's query says of one window.
type judged struct {
	role, other string
	evidence    float64
}

func ask(t *testing.T, conn driver.Conn, s baseline.Scope) map[string]judged {
	t.Helper()
	cfg := baseline.Default()
	s, some, err := s.Masked(t.Context(), conn) // must leave out none that has an answer
	if err != nil || !some {
		t.Fatalf("no role may do another's work, %v", err)
	}
	rows, err := conn.Query(t.Context(), fmt.Sprintf("SELECT DISTINCT e.session_id, m.role, m.subject, m.observed FROM (%s) AS m INNER JOIN events AS e ON CAST(e.record_id, 'String') = m.record_id", cfg.MasqueradeSQL(s)))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]judged{}
	for rows.Next() {
		var session string
		var j judged
		if err := rows.Scan(&session, &j.role, &j.other, &j.evidence); err != nil {
			t.Fatal(err)
		}
		if known, ok := out[session]; !ok || known.evidence < j.evidence {
			out[session] = j
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEngine lets ClickHouse judge a day of the simulated shop on which one session in six runs under another
// account's name, after a fortnight that the profiles learned from, and holds the query to the arithmetic in Go.
func TestEngine(t *testing.T) {
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var learned, day []line
	for _, l := range simulate(21, first, 15) {
		if l.at.Before(first.AddDate(0, 0, 14)) {
			learned = append(learned, l)
		} else {
			day = append(day, l)
		}
	}
	accounts := map[string]string{}
	for _, l := range learned {
		accounts[l.account] = l.role
	}
	renamed := map[string]bool{}
	for i := range day {
		l := &day[i]
		// A session within one clock hour is one window.
		l.at = l.at.Truncate(time.Hour).Add(time.Duration(i%3000) * time.Second)
		if l.session%6 != 0 {
			continue
		}
		job := jobs()[l.session/6%len(jobs())]
		if job.name == l.role {
			continue
		}
		l.account = job.name + "0"
		renamed[fmt.Sprint(l.session)] = true
	}
	hours := map[int]time.Time{}
	for i := range day {
		if h, ok := hours[day[i].session]; ok {
			day[i].at = h.Add(time.Duration(i%3000) * time.Second)
		} else {
			hours[day[i].session] = day[i].at.Truncate(time.Hour)
		}
	}

	db, conn := store(t)
	commit(t, db, "learned", learned)
	profiles := baseline.New(conn, baseline.Default())
	if err := profiles.Teach(t.Context(), baseline.Scope{From: first, To: first.AddDate(0, 0, 14)}, baseline.Lesson{}); err != nil {
		t.Fatal(err)
	}
	if err := profiles.RefreshPeers(t.Context()); err != nil {
		t.Fatal(err)
	}
	commit(t, db, "day", day)
	s := baseline.Scope{From: first.AddDate(0, 0, 14), To: first.AddDate(0, 0, 15)}
	start := time.Now()
	got := ask(t, conn, s)
	t.Logf("%d statements judged in %v", len(day), time.Since(start))

	set := &set{}
	set.add(learned, func(int, *line) bool { return true })
	work := baseline.NewWork(baseline.DefaultWork())
	for _, d := range set.train {
		work.Learn(d.account, d.work)
	}
	set.add(day, func(int, *line) bool { return false })
	windows := map[string][]baseline.Deed{}
	who := map[string]string{}
	for _, d := range set.test {
		k := fmt.Sprint(d.session)
		windows[k], who[k] = append(windows[k], d.work), d.account
	}
	missed, flagged := 0, 0
	for k, deeds := range windows {
		want := work.Judge(who[k], deeds)
		have, found := got[k]
		if found != want.Found {
			t.Errorf("session %s of %s: ClickHouse finds it %v with evidence %.3f, Go %v with %.3f", k, who[k], found, have.evidence, want.Found, want.Evidence)
		}
		if found && want.Found && (math.Abs(have.evidence-want.Evidence) > 0.05 || have.other != want.As) {
			t.Errorf("session %s of %s: ClickHouse says %s with evidence %.3f, Go %s with %.3f", k, who[k], have.other, have.evidence, want.As, want.Evidence)
		}
		if renamed[k] && !found {
			missed++
		}
		if !renamed[k] && found {
			flagged++
		}
	}
	t.Logf("%d sessions, %d renamed, %d of them missed, %d others flagged", len(windows), len(renamed), missed, flagged)
	if len(renamed) < 3 || 10*missed > len(renamed) || 100*flagged > len(windows) {
		t.Errorf("%d of %d renamed sessions missed, %d of %d others flagged", missed, len(renamed), flagged, len(windows)-len(renamed))
	}
}
