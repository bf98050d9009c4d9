package detect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
)

// enter writes a batch without events into the ledger.
func enter(t *testing.T, conn driver.Conn, id string, committed time.Time) {
	t.Helper()
	sql := fmt.Sprintf("INSERT INTO batches (batch_id, source, committed_at, arrived_at) VALUES (%s, 's', %[2]s, %[2]s)", baseline.Quote(id), baseline.Time(committed))
	if err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// TestLedgerIsReadFromTheMark: a start looks back a day from where everything was judged, and no further; a sweep does so
// every hour, a poll in between looks back ten minutes.
func TestLedgerIsReadFromTheMark(t *testing.T) {
	_, conn := store(t)
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	start := func() *detect.Detector {
		d, err := detect.New(detect.Default(), detect.Options{Conn: conn, Alerts: kept{}, Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	judged := func(d *detect.Detector, want int, what string) {
		t.Helper()
		if n, _, err := d.Step(t.Context()); n != want || err != nil {
			t.Fatalf("%s: judged %d batches, want %d; %v", what, n, want, err)
		}
	}
	enter(t, conn, "old", now.AddDate(0, 0, -40))
	enter(t, conn, "new", now)
	d := start()
	judged(d, 2, "the first start reads everything")
	judged(d, 0, "all is judged")
	enter(t, conn, "late", now.Add(-9*time.Minute))
	judged(d, 1, "a poll finds what became visible ten minutes late")
	enter(t, conn, "later", now.Add(-23*time.Hour))
	judged(d, 0, "a poll reads no further back")
	now = now.Add(2 * time.Hour)
	judged(d, 1, "a sweep does")
	judged(d, 0, "all is judged again")
	enter(t, conn, "much later", now.Add(-22*time.Hour-30*time.Minute))
	enter(t, conn, "too late", now.AddDate(0, 0, -3))
	judged(start(), 1, "another start reads a day before the mark")
	if err := conn.Exec(t.Context(), "TRUNCATE TABLE detect_marks"); err != nil {
		t.Fatal(err)
	}
	judged(start(), 1, "without a mark everything is read")
}
