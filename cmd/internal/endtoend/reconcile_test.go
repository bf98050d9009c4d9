package endtoend

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

type reconciled struct {
	OK      bool `json:"ok"`
	Sources []struct {
		Source   string          `json:"source"`
		Lines    uint64          `json:"lines_read"`
		Stored   uint64          `json:"stored_lines"`
		Archived uint64          `json:"archived_records"`
		Notes    []string        `json:"notes"`
		Gaps     []reconciledGap `json:"gaps"`
	} `json:"sources"`
}

type reconciledGap struct {
	Stream  string `json:"stream"`
	From    int64  `json:"from"`
	To      int64  `json:"to"`
	Records int64  `json:"records"`
	Missing string `json:"missing"`
}

// reconcile runs the command, and expects its exit code to say the same as its answer.
func reconcile(t *testing.T, config string, more ...string) reconciled {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "auditwarden"), append([]string{"reconcile", "-config", config, "-json"}, more...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var r reconciled
	if jsonErr := json.Unmarshal(out, &r); jsonErr != nil {
		t.Fatalf("%v, %v\n%s%s", err, jsonErr, out, errs.String())
	}
	if (err == nil) != r.OK {
		t.Fatalf("ok is %v, but the command ended with %v: %s", r.OK, err, errs.String())
	}
	return r
}

// TestReconcile makes gaps on both sides, and wants each named exactly.
func TestReconcile(t *testing.T) {
	lines := &faultLines{total: 6000, base: time.Now().UTC().Add(-24 * time.Hour).Truncate(time.Second), blank: true}
	var text []byte
	var offsets []int64
	for i := range lines.total {
		offsets = append(offsets, int64(len(text)))
		text = append(append(text, lines.line(i)...), '\n')
	}
	s := newSite(t, []string{writeFile(t, filepath.Join(t.TempDir(), "audit.log"), string(text))})
	engine := s.engine()
	s.part("ingest").wait(time.Minute)
	s.part("archive").wait(time.Minute)

	for _, mode := range [][]string{nil, {"-exact"}} {
		if r := reconcile(t, s.config, mode...); !r.OK || r.Sources[0].Lines != 6000 || r.Sources[0].Archived != 6000 {
			t.Fatalf("nothing is missing, but %v: %+v", mode, r)
		}
	}

	// Lines 1000 to 1199 vanish from ClickHouse.
	deleteRows(t, adminConn(t, s), offsets[1000], offsets[1199])
	text1 := fmt.Sprintf("%d-%d", offsets[1000], offsets[1199])
	exact := reconcile(t, s.config, "-exact", "-settle", "0s")
	i := slices.IndexFunc(exact.Sources[0].Gaps, func(g reconciledGap) bool {
		return g.Missing == "clickhouse" && g.From == offsets[1000] && g.To == offsets[1199] && g.Records == 200
	})
	if i < 0 || len(exact.Sources[0].Gaps) != 1 {
		t.Errorf("exact: want 200 records %s missing in clickhouse, got %+v", text1, exact.Sources[0].Gaps)
	}
	fast := reconcile(t, s.config, "-settle", "0s")
	if fast.OK || !slices.ContainsFunc(fast.Sources[0].Gaps, func(g reconciledGap) bool {
		return g.Missing == "clickhouse" && g.From <= offsets[1000] && g.To >= offsets[1199]
	}) {
		t.Errorf("by counts: want a stretch around %s missing in clickhouse, got %+v", text1, fast.Sources[0].Gaps)
	}

	testReconcileArchive(t, s)
	engine.stop()
}

func deleteRows(t *testing.T, conn driver.Conn, from, to int64) {
	t.Helper()
	for _, table := range []string{"events", "unparsed"} {
		sql := fmt.Sprintf("ALTER TABLE %s DELETE WHERE offset BETWEEN %d AND %d SETTINGS mutations_sync = 2", table, from, to)
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// testReconcileArchive takes a segment with its checkpoint out of a copy of the archive.
func testReconcileArchive(t *testing.T, s *site) {
	copied := filepath.Join(t.TempDir(), "archive")
	if err := os.CopyFS(copied, os.DirFS(filepath.Join(s.dir, "archive"))); err != nil {
		t.Fatal(err)
	}
	var segments []string
	if err := filepath.WalkDir(copied, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(path, "segment") && !d.IsDir() {
			segments = append(segments, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(segments) < 2 {
		t.Fatalf("segments: %v", segments)
	}
	if err := os.Remove(segments[0]); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	config := writeFile(t, filepath.Join(s.dir, "copied.yaml"), strings.ReplaceAll(string(text), filepath.Join(s.dir, "archive"), copied))
	for _, mode := range [][]string{{"-settle", "0s"}, {"-settle", "0s", "-exact"}} {
		r := reconcile(t, config, mode...)
		found := false
		for _, g := range r.Sources[0].Gaps {
			found = found || g.Missing == "archive" && g.From == 0 && g.To > 0 && g.Records > 100
		}
		if !found {
			t.Errorf("%v: the missing segment is not named: %+v", mode, r.Sources[0].Gaps)
		}
	}
}
