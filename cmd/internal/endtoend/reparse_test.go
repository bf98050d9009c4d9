package endtoend

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReparse configures a source wrongly, and takes what came of it out of the quarantine with the right format: the same
// events as if it had been right from the beginning.
func TestReparse(t *testing.T) {
	var log strings.Builder
	for i := range 300 {
		fmt.Fprintf(&log, "<<prod-7 clerk%d shop %d>> 2026-05-02 10:11:%02d.%03d UTC LOG:  AUDIT: SESSION,%d,1,READ,SELECT,,,select note from orders where id = %d,<none>\n",
			i%3, 800+i%3, i/10%60, i%1000, 1+i/3, i)
	}
	for i := range 20 {
		fmt.Fprintf(&log, "<<not quite it, %d\n", i)
	}
	path := writeFile(t, filepath.Join(t.TempDir(), "postgresql.log"), log.String())
	const prefix = "<<prod-7 %u %d %p>> %m "

	tell := func(s *site) (events, unparsed uint64, ids uint64) {
		conn := adminConn(t, s)
		return query[uint64](t, conn, "SELECT count() FROM events FINAL"), query[uint64](t, conn, "SELECT sum(lines) FROM unparsed FINAL"),
			query[uint64](t, conn, "SELECT groupBitXor(cityHash64(record_id, event_index, role, database, process_id, event_time, fingerprint, statement_id, class)) FROM events FINAL")
	}
	right := newSite(t, nil)
	right.oneSource(path, "postgresql/stderr", prefix)
	right.engine()
	right.part("ingest").wait(time.Minute)
	wantEvents, wantUnparsed, wantIDs := tell(right)
	if wantEvents != 300 || wantUnparsed != 20 {
		t.Fatalf("configured well: %d events, %d lines not understood", wantEvents, wantUnparsed)
	}

	wrong := newSite(t, nil)
	wrong.oneSource(path, "postgresql/stderr", "%t:%r:%u@%d:[%p]:")
	wrong.engine()
	wrong.part("ingest").wait(time.Minute)
	if events, unparsed, _ := tell(wrong); events != 0 || unparsed != 320 {
		t.Fatalf("configured wrongly: %d events, %d lines not understood", events, unparsed)
	}
	reparse := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(filepath.Join(bin, "auditwarden"), append([]string{"reparse", "-config", wrong.config}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("reparse %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if got, want := reparse("-n", "-source", "log", "-prefix", prefix), "log: 320 records in quarantine, 300 understood now, would make 300 events, 20 left\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if events, _, _ := tell(wrong); events != 0 {
		t.Errorf("-n moved %d events", events)
	}
	if got, want := reparse("-source", "log", "-prefix", prefix), "log: 320 records in quarantine, 300 understood now, moved to 300 events, 20 left\n  unrecognised         20\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := reparse("-source", "log", "-prefix", prefix), "log: 20 records in quarantine, 0 understood now, moved to 0 events, 20 left\n"; !strings.HasPrefix(got, want) {
		t.Errorf("again: got %s, want %s", got, want)
	}
	if events, unparsed, ids := tell(wrong); events != wantEvents || unparsed != wantUnparsed || ids != wantIDs {
		t.Errorf("%d events, %d lines not understood, digest %x; want %d, %d, %x", events, unparsed, ids, wantEvents, wantUnparsed, wantIDs)
	}
	// A source whose format is auto has the format of its events.
	wrong.oneSource(path, "auto", prefix)
	if got, want := reparse(), "log: 20 records in quarantine, 0 understood now"; !strings.HasPrefix(got, want) {
		t.Errorf("format auto: got %s, want %s", got, want)
	}
	wrong.part("archive").wait(time.Minute)
	if r := reconcile(t, wrong.config, "-exact"); !r.OK {
		t.Errorf("reconcile: %+v", r)
	}
}

// oneSource makes the site's configuration anew, for one log of a known format.
func (s *site) oneSource(path, format, prefix string) {
	s.config = writeFile(s.t, filepath.Join(s.dir, "auditwarden.yaml"), fmt.Sprintf(`data_dir: %s
embedded: {listen: %q}
http: {listen: ""}
log: {level: warn}
archive: {folder: %s, retention_days: 1}
sources:
  - {name: log, cluster: c, format: %s, prefix: %q, file: {paths: [%q], follow: false}}
`, s.dir, s.listen, filepath.Join(s.dir, "archive"), format, prefix, path))
}
