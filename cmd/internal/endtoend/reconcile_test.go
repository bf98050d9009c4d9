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
		Held     *uint64         `json:"source_lines"`
		Bytes    *int64          `json:"source_bytes"`
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
	log := writeFile(t, filepath.Join(t.TempDir(), "audit.log"), string(text))
	s := newSite(t, []string{log})
	engine := s.engine()
	s.part("ingest").wait(time.Minute)
	s.part("archive").wait(time.Minute)

	for _, mode := range [][]string{nil, {"-exact"}} {
		if r := reconcile(t, s.config, mode...); !r.OK || r.Sources[0].Lines != 6000 || r.Sources[0].Archived != 6000 || *r.Sources[0].Held != 6000 || *r.Sources[0].Bytes != int64(len(text)) {
			t.Fatalf("nothing is missing, but %v: %+v", mode, r)
		}
	}

	// Lines 1000 to 1199 vanish from ClickHouse.
	deleteRows(t, adminConn(t, s), offsets[1000], offsets[1199])
	text1 := fmt.Sprintf("%d-%d", offsets[1000], offsets[1199])
	exact := reconcile(t, s.config, "-exact", "-settle", "0s")
	if exact.OK {
		t.Fatal("exact: no gap is named")
	}
	want := []reconciledGap{ // line 1062 is blank: it was skipped, and that is known of it
		{Stream: exact.Sources[0].Gaps[0].Stream, From: offsets[1000], To: offsets[1061], Records: 62, Missing: "clickhouse"},
		{Stream: exact.Sources[0].Gaps[0].Stream, From: offsets[1063], To: offsets[1199], Records: 137, Missing: "clickhouse"},
	}
	if !slices.Equal(exact.Sources[0].Gaps, want) {
		t.Errorf("exact: want %+v, got %+v", want, exact.Sources[0].Gaps)
	}
	fast := reconcile(t, s.config, "-settle", "0s")
	if fast.OK || !slices.ContainsFunc(fast.Sources[0].Gaps, func(g reconciledGap) bool {
		return g.Missing == "clickhouse" && g.From <= offsets[1000] && g.To >= offsets[1199]
	}) {
		t.Errorf("by counts: want a stretch around %s missing in clickhouse, got %+v", text1, fast.Sources[0].Gaps)
	}

	testReconcileArchive(t, s)
	testReconcileFile(t, s, log, text, offsets)
	engine.stop()
}

// testReconcileFile: the file itself says what is missing, at its end and where ClickHouse and the archive agree; skipped lines that come
// again count once; a file that is gone is named.
func testReconcileFile(t *testing.T, s *site, log string, text []byte, offsets []int64) {
	conn := adminConn(t, s)
	// All of it is read once more, in other batches: by a source that has lost its positions.
	for _, sql := range []string{"TRUNCATE TABLE checkpoints", "TRUNCATE TABLE events", "TRUNCATE TABLE unparsed"} {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	before := query[uint64](t, conn, "SELECT sum(lines) FROM skipped FINAL")
	again, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	config := s.config
	s.config = writeFile(t, filepath.Join(s.dir, "again.yaml"), strings.Replace(string(again), "batch_events: 2000", "batch_events: 777", 1))
	s.part("ingest").wait(time.Minute)
	s.config = config
	if after := query[uint64](t, conn, "SELECT sum(lines) FROM skipped FINAL"); after <= before {
		t.Errorf("%d lines were skipped, %d after the second reading: nothing was read twice", before, after)
	}
	for _, mode := range [][]string{{"-settle", "0s"}, {"-settle", "0s", "-exact"}} {
		if r := reconcile(t, config, mode...); !r.OK {
			t.Errorf("all was read twice, nothing is missing, but %v: %+v", mode, r)
		}
	}

	more := []byte("first line more\nsecond line more\n")
	if err := os.WriteFile(log, append(slices.Clone(text), more...), 0o600); err != nil {
		t.Fatal(err)
	}
	r := reconcile(t, config, "-settle", "0s")
	for _, missing := range []string{"clickhouse", "archive"} {
		want := reconciledGap{From: int64(len(text)), To: int64(len(text)) + 16, Records: 2, Missing: missing}
		if !slices.ContainsFunc(r.Sources[0].Gaps, func(g reconciledGap) bool { g.Stream = ""; return g == want }) {
			t.Errorf("want %+v, got %+v", want, r.Sources[0].Gaps)
		}
	}
	if r := reconcile(t, config); !r.OK || len(r.Sources[0].Notes) < 2 {
		t.Errorf("what came a moment ago is no gap, but a note: %+v", r)
	}

	if err := os.Remove(log); err != nil {
		t.Fatal(err)
	}
	r = reconcile(t, config, "-settle", "0s")
	if !r.OK || *r.Sources[0].Held != 0 || !slices.ContainsFunc(r.Sources[0].Notes, func(n string) bool { return strings.Contains(n, "last read from "+log+") is no longer there") }) {
		t.Errorf("the file that is gone is not named: %+v", r)
	}
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
