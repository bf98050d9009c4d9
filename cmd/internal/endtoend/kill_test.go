package endtoend

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// site is one set of our processes on a configuration file of its own.
type site struct {
	t      *testing.T
	dir    string
	listen string
	config string
}

func newSite(t *testing.T, logs []string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), listen: freePort(t)}
	var b strings.Builder
	fmt.Fprintf(&b, "data_dir: %s\nembedded: {listen: %q}\nhttp: {listen: \"\"}\nlog: {level: warn}\n", s.dir, s.listen)
	// Small commits and segments, so that there are many moments between them.
	fmt.Fprintf(&b, "ingest: {batch_events: 2000, flush_interval: 50ms}\ndetect: {poll_interval: 50ms}\n")
	fmt.Fprintf(&b, "archive: {folder: %s, retention_days: 1, segment_bytes: 262144}\nsources:\n", filepath.Join(s.dir, "archive"))
	for i, l := range logs {
		fmt.Fprintf(&b, "  - {name: log-%d, cluster: c%d, file: {paths: [%q], follow: false, batch_lines: 500}}\n", i, i, l)
	}
	s.config = writeFile(t, filepath.Join(s.dir, "auditwarden.yaml"), b.String())
	return s
}

func (s *site) engine() *program {
	p := start(s.t, "auditwarden", "clickhouse", "-config", s.config)
	conn := connect(s.t, s.listen)
	eventually(s.t, time.Minute, func() bool {
		_, err := tryQuery[uint8](conn, "SELECT 1")
		return err == nil || !p.running()
	}, p.out.String)
	if !p.running() {
		s.t.Fatalf("engine ended: %s", p.out)
	}
	return p
}

func (s *site) part(name string) *program { return start(s.t, name, "-config", s.config) }

// judged reports whether detection has judged all that ingest committed.
func (s *site) judged(conn driver.Conn) bool {
	n, err := tryQuery[uint64](conn, "SELECT count() FROM batches FINAL WHERE (batch_id, committed_at) NOT IN (SELECT batch_id, committed_at FROM detect_batches)")
	return err == nil && n == 0
}

// undisturbed runs everything to its end once.
func (s *site) undisturbed() state {
	engine := s.engine()
	s.part("ingest").wait(2 * time.Minute)
	archive, detect := s.part("archive"), s.part("detect")
	archive.wait(2 * time.Minute)
	conn := connect(s.t, s.listen)
	eventually(s.t, 2*time.Minute, func() bool { return s.judged(conn) }, detect.out.String)
	detect.stop()
	st := s.state(conn)
	engine.stop()
	return st
}

// disturbed runs the same while processes are killed at random moments, each of them at least once.
func (s *site) disturbed(r *rand.Rand) state {
	kills := map[string]int{}
	parts := map[string]*program{}
	begin := func(name string) {
		if name == "clickhouse" {
			parts[name] = s.engine()
			return
		}
		parts[name] = s.part(name)
	}
	names := []string{"clickhouse", "ingest", "archive", "detect"}
	for _, n := range names {
		begin(n)
	}
	conn := connect(s.t, s.listen)
	for round := 0; round < 24; round++ {
		time.Sleep(time.Duration(20+r.IntN(250)) * time.Millisecond)
		victim := names[r.IntN(len(names))]
		if round < len(names) {
			victim = names[(round+2)%len(names)] // each of them early, while all are at work
		}
		if parts[victim].running() {
			kills[victim]++ // in the middle: it had something left to do
		}
		parts[victim].kill()
		begin(victim)
	}
	s.t.Logf("kills of running processes: %v", kills)
	for _, n := range names {
		if kills[n] == 0 {
			s.t.Errorf("%s was never killed in the middle: choose another seed or more rounds", n)
		}
	}
	// Started once more, each finds what is left to do and ends.
	for _, n := range []string{"ingest", "archive", "detect"} {
		parts[n].kill()
	}
	s.part("ingest").wait(2 * time.Minute)
	s.part("archive").wait(2 * time.Minute)
	begin("detect")
	eventually(s.t, 2*time.Minute, func() bool { return s.judged(conn) }, parts["detect"].out.String)
	parts["detect"].stop()
	st := s.state(conn)
	parts["clickhouse"].stop()
	return st
}

// state is what must not depend on what was killed when.
type state struct {
	events   string
	unparsed string
	alerts   string
	archive  string
}

func (s *site) state(conn driver.Conn) state {
	s.t.Helper()
	var st state
	st.events = query[string](s.t, conn, `SELECT concat(toString(count()), ' ', toString(sum(lines)), ' ', hex(groupBitXor(cityHash64(record_id, event_index, event_time, kind,
		cluster, role, database, client, fingerprint, signals, outcome, ifNull(rows, -1), sqlstate, error_code, message, repeat))))  FROM events FINAL`)
	st.unparsed = s.admin(`SELECT concat(toString(count()), ' ', hex(groupBitXor(cityHash64(record_id, raw, reason)))) FROM unparsed FINAL`)
	st.alerts = query[string](s.t, conn, `SELECT arrayStringConcat(arraySort(groupArray(concat(id, ' ', rule, ' ', severity, ' ', toString(events), ' ', toString(first_seen), ' ', toString(last_seen), ' ', summary))), '\n') FROM alerts FINAL`)
	st.archive = archiveContent(s.t, s)
	return st
}

// admin asks as the user who may read everything.
func (s *site) admin(sql string) string {
	return query[string](s.t, adminConn(s.t, s), sql)
}

// TestKill compares an undisturbed run with runs in which every process is killed at random moments.
func TestKill(t *testing.T) {
	logs := shippedLogs(t)
	want := newSite(t, logs).undisturbed()
	if want.alerts == "" || want.archive == "" || strings.HasPrefix(want.events, "0 ") {
		t.Fatalf("nothing to compare: %+v", want)
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("KILL_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("KILL_SEED=%d repeats this run's moments", seed)
	got := newSite(t, logs).disturbed(rand.New(rand.NewPCG(seed, 1)))
	for _, c := range []struct{ what, got, want string }{
		{"events", got.events, want.events}, {"unparsed", got.unparsed, want.unparsed},
		{"alerts", got.alerts, want.alerts}, {"archive", got.archive, want.archive},
	} {
		if c.got != c.want {
			t.Errorf("%s differ after kills (seed %d):\n%s\nwant:\n%s", c.what, seed, c.got, c.want)
		}
	}
}
