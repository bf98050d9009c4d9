package detect_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
)

// TestUnparsedRecordsAreJudged: records that no parser understood raise one alert of their source, which holds nothing of
// them, whatever the batches and however often they are judged. Their query runs.
func TestUnparsedRecordsAreJudged(t *testing.T) {
	db, conn := store(t)
	alerts := kept{}
	d, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Logger: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "hunter2"
	commit := func(id string, from, to int) {
		t.Helper()
		d := &pipeline.Decoded{}
		for n := from; n < to; n++ {
			r := pipeline.Record{Source: "orders-db", Stream: "f", Offset: int64(n)}
			d.Unparsed = append(d.Unparsed, pipeline.Unparsed{
				RecordID: r.ID(), Source: r.Source, Stream: r.Stream, Offset: r.Offset, Lines: 1, Reason: "no_prefix",
				Raw: fmt.Appendf(nil, "%d broken ' UNION SELECT '%s' FROM information_schema.tables", n, secret),
				SQL: &pipeline.Statement{Suspicious: true, Lexical: true, Signals: []pipeline.Signal{{Name: "union_catalog", Detail: secret}}},
			})
		}
		c := &pipeline.Commit{ID: id, Source: "orders-db", Decoded: d, LinesIn: uint64(to - from), Arrived: time.Now()}
		if err := db.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	step := func() (n int) {
		t.Helper()
		n, _, err := d.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	commit("one", 0, 3)
	step()
	commit("two", 3, 5)
	step()
	if err := conn.Exec(t.Context(), "TRUNCATE TABLE detect_batches"); err != nil { // judged, but it died before it noted so
		t.Fatal(err)
	}
	again, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: alerts, Logger: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	if n, changed, err := again.Step(t.Context()); err != nil || n != 2 || len(changed) != 0 {
		t.Errorf("judged again: %d batches, alerts %v, error %v; want 2 and no change", n, changed, err)
	}
	if len(alerts) != 1 {
		t.Fatalf("%d alerts, want one: %v", len(alerts), alerts.what())
	}
	for _, a := range alerts {
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s", text)
		if a.Rule != "AW-TMP-009" || a.Cluster != "orders-db" || a.Events != 5 || a.Severity != pipeline.Warning || !strings.Contains(a.Reason, "union_catalog") {
			t.Errorf("got %s", text)
		}
		if strings.Contains(string(text), secret) || strings.Contains(string(text), "broken") {
			t.Errorf("the alert holds a part of a record: %s", text)
		}
		rows, err := conn.Query(t.Context(), "SELECT count() FROM ("+a.Query+")")
		if err != nil {
			t.Fatalf("%s: %v", a.Query, err)
		}
		defer rows.Close()
		var n uint64
		if !rows.Next() || rows.Scan(&n) != nil || n != 5 {
			t.Errorf("%s lists %d records, want 5", a.Query, n)
		}
	}
	dry, err := d.DryRun(t.Context(), "AW-TMP-009", time.Now().Add(-24*time.Hour))
	if err != nil || len(dry) != 1 || dry[0].Events != 5 {
		t.Errorf("dry run: %v, error %v; want the one alert", dry, err)
	}
}
