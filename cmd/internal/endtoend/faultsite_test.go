package endtoend

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// faultSite is a whole deployment with networks between its parts, while things go wrong.
type faultSite struct {
	*site
	rng    *rand.Rand
	lines  *faultLines
	source string // name

	store  *wire // to ClickHouse
	bucket *wire // to S3
	s3     *testserver.S3Server

	parts  map[string]*program // by name; a second instance has "-2" at its end
	counts map[string]int      // of faults
	again  int                 // starts of parts that could not start before
	pace   time.Duration       // longest pause between faults
	target atomic.Int64        // lines to be written by now
	extra  []fault             // of the source
}

// fault is one kind of thing that goes wrong.
type fault struct {
	name   string
	weight int
	most   int // times in one run; 0: any number
	do     func()
}

func newFaultSite(t *testing.T, seed uint64, lines *faultLines) *faultSite {
	t.Helper()
	f := &faultSite{rng: rand.New(rand.NewPCG(seed, 7)), lines: lines, source: "faulty", parts: map[string]*program{}, counts: map[string]int{}, pace: 250 * time.Millisecond}
	f.site = &site{t: t, dir: t.TempDir(), listen: freePort(t)}
	f.s3 = testserver.S3(t)
	f.s3.CreateBucket("archive", true)
	f.store, f.bucket = newWire(t, f.listen), newWire(t, strings.TrimPrefix(f.s3.Endpoint, "http://"))
	return f
}

// configure writes the configurations of the engine and of the rest, and starts everything.
func (f *faultSite) configure(source string) {
	f.t.Helper()
	common := fmt.Sprintf("data_dir: %s\nhttp: {listen: \"\"}\nlog: {level: warn}\nembedded: {listen: %q}\n", f.dir, f.listen)
	f.config = writeFile(f.t, filepath.Join(f.dir, "engine.yaml"), common+"sources: [{name: none, file: {paths: [/none]}}]\n")
	f.parts["clickhouse"] = f.engine()
	password, err := embedded.ReadPassword(filepath.Join(f.dir, "clickhouse"))
	if err != nil {
		f.t.Fatal(err)
	}
	dsn := url.URL{Scheme: "http", User: url.UserPassword(embedded.Writer, password.Reveal()), Host: f.store.address, Path: "/default"}
	batch, segment := max(f.lines.total/60, 500), max(f.lines.total*2, 1<<16)
	f.config = writeFile(f.t, filepath.Join(f.dir, "auditwarden.yaml"), common+fmt.Sprintf(`clickhouse: {dsn: %q}
ingest: {batch_events: %d, flush_interval: 100ms}
detect: {poll_interval: 200ms}
archive: {bucket: archive, region: %s, endpoint: "http://%s", path_style: true, access_key_id: %s, secret_access_key: %s, retention_days: 1,
  segment_bytes: %d, segment_age: 1s, request_timeout: 10s, mode: GOVERNANCE}
sources:
  - {name: %s, cluster: c, format: mariadb/server_audit, %s}
`, dsn.String(), batch, f.s3.Region, f.bucket.address, f.s3.AccessKey, f.s3.SecretKey, segment, f.source, source))
	for _, name := range []string{"ingest", "archive", "detect"} {
		f.begin(name)
	}
}

func (f *faultSite) begin(name string) {
	if name == "clickhouse" {
		config := f.config
		f.config = filepath.Join(f.dir, "engine.yaml")
		f.parts[name] = f.engine()
		f.config = config
		return
	}
	f.parts[name] = f.part(strings.TrimSuffix(name, "-2"))
}

// startup is what parts say that end because something they need is away while they start: whoever runs them starts them
// again. Once they run, nothing may make them give up.
var startup = regexp.MustCompile(`(?m)^auditwarden-\w+:.*(open ClickHouse|bring ClickHouse's schema up to date|load position|open archive|load known|load rules)`)

// alive starts parts again that could not start, and fails the test if one has ended for another reason.
func (f *faultSite) alive() {
	f.t.Helper()
	for name, p := range f.parts {
		if p.running() {
			continue
		}
		if name == "clickhouse" || !startup.MatchString(p.out.String()) {
			f.t.Fatalf("%s gave up: %v\n%s", name, p.err, tail(p.out.String()))
		}
		f.again++
		f.begin(name)
	}
}

func tail(s string) string { return s[max(0, len(s)-4000):] }

func (f *faultSite) some(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(f.rng.Int64N(int64(hi-lo)))
}

// kill ends a part at once, and starts it again after a moment.
func (f *faultSite) kill(name string) {
	f.parts[name].kill()
	time.Sleep(f.some(0, 200*time.Millisecond))
	f.begin(name)
}

// freeze stops a process for a while, as a busy or swapping machine would.
func (f *faultSite) freeze(name string, d time.Duration) {
	f.alive()
	p := f.parts[name].cmd.Process
	_ = p.Signal(syscall.SIGSTOP) // it runs: alive() was asked
	time.Sleep(d)
	_ = p.Signal(syscall.SIGCONT)
}

// second adds another instance of a part, or takes it away.
func (f *faultSite) second(name string) {
	name += "-2"
	p := f.parts[name]
	switch {
	case p == nil:
		f.begin(name)
		return
	case f.rng.IntN(2) == 0:
		p.kill()
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may not have started, and drains what it can
		<-p.done
	}
	delete(f.parts, name)
}

func (f *faultSite) faults() []fault {
	list := []fault{
		{"SIGKILL ingest", 5, 0, func() { f.kill("ingest") }},
		{"SIGKILL archive", 5, 0, func() { f.kill("archive") }},
		{"SIGKILL detect", 2, 0, func() { f.kill("detect") }},
		{"SIGKILL ClickHouse", 2, 12, func() { f.kill("clickhouse") }},
		{"ingest frozen", 1, 0, func() { f.freeze("ingest", f.some(200*time.Millisecond, 2*time.Second)) }},
		{"archive frozen", 1, 0, func() { f.freeze("archive", f.some(200*time.Millisecond, 2*time.Second)) }},
		{"ClickHouse frozen", 1, 0, func() { f.freeze("clickhouse", f.some(200*time.Millisecond, time.Second)) }},
		{"ClickHouse away", 2, 0, func() { f.store.away(f.some(50*time.Millisecond, time.Second)) }},
		{"connections to ClickHouse cut", 3, 0, func() { f.store.cut() }},
		{"slow network to ClickHouse", 1, 0, func() { f.store.slow(20*time.Millisecond, f.some(100*time.Millisecond, time.Second)) }},
		{"S3 away", 2, 0, func() { f.bucket.away(f.some(50*time.Millisecond, time.Second)) }},
		{"connections to S3 cut", 3, 0, func() { f.bucket.cut() }},
		{"slow network to S3", 1, 0, func() { f.bucket.slow(20*time.Millisecond, f.some(100*time.Millisecond, time.Second)) }},
		{"SIGKILL S3", 1, 6, func() {
			f.s3.Kill()
			f.s3.Start()
		}},
	}
	return append(list, f.extra...)
}

// disturb does n faults, one after the other, while write writes the lines: they are spread over all of them.
func (f *faultSite) disturb(n int, write func(target *atomic.Int64) error) {
	f.t.Helper()
	written := make(chan error, 1)
	go func() { written <- write(&f.target) }()
	list := f.faults()
	for i := range n {
		f.reach(f.target.Load(), written)
		f.target.Store(int64(f.lines.total) * int64(i+1) / int64(n))
		time.Sleep(f.some(20*time.Millisecond, f.pace))
		f.alive()
		kind := f.draw(list)
		kind.do()
		f.counts[kind.name]++
	}
	f.t.Logf("%d faults: %v; started again %d times", n, f.counts, f.again)
	f.reach(int64(f.lines.total), written)
	select {
	case err := <-written:
		if err != nil {
			f.t.Fatalf("write lines: %v", err)
		}
	case <-time.After(stalled):
		f.t.Fatal("the last lines were not written in time")
	}
}

// reach waits until n lines are written.
func (f *faultSite) reach(n int64, ended <-chan error) {
	f.t.Helper()
	f.arrive(uint64(n), func() uint64 {
		if len(ended) > 0 && f.lines.written.Load() < n {
			f.t.Fatalf("write lines: %v", <-ended)
		}
		return uint64(f.lines.written.Load())
	}, func(have uint64) string { return fmt.Sprintf("%d of %d lines are written", have, n) })
}

func (f *faultSite) draw(list []fault) fault {
	for {
		sum := 0
		for _, k := range list {
			sum += k.weight
		}
		n := f.rng.IntN(sum)
		for _, k := range list {
			if n -= k.weight; n < 0 {
				if k.most > 0 && f.counts[k.name] >= k.most {
					break
				}
				return k
			}
		}
	}
}

// stalled is how long nothing may arrive before a test gives up; a busy machine may take any time for all.
const stalled = 5 * time.Minute

// arrive waits until there are n, for as long as more arrive.
func (f *faultSite) arrive(n uint64, count func() uint64, tell func(have uint64) string) {
	f.t.Helper()
	have, since := uint64(0), time.Now()
	for {
		f.alive()
		begun := time.Now()
		if now := count(); now > have {
			have, since = now, time.Now()
		}
		if have >= n {
			return
		}
		if time.Since(since) > stalled {
			f.t.Fatalf("nothing new for %v: %s", stalled, tell(have))
		}
		time.Sleep(max(20*time.Millisecond, 3*time.Since(begun))) // counting must not be what keeps the site busy
	}
}

// storeHas waits until the store holds n records.
func (f *faultSite) storeHas(conn driver.Conn, n uint64) {
	f.t.Helper()
	const count = `SELECT toUInt64((SELECT uniqExact(record_id) FROM events) + (SELECT uniqExact(record_id) FROM unparsed))`
	f.arrive(n, func() uint64 {
		have, _ := tryQuery[uint64](conn, count)
		return have
	}, func(have uint64) string {
		return fmt.Sprintf("the store has %d of %d records; ingest says:\n%s", have, n, tail(f.parts["ingest"].out.String()))
	})
}
