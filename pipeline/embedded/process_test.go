package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// own is a client of an engine of the test's own.
func own(t *testing.T, folder string) (*client, *embeddedtest.Process) {
	p := embeddedtest.StartOwn(t, folder)
	return &client{t: t, server: p.Server, database: "default"}, p
}

// What was answered must be there after SIGKILL; what was not may be, whole or not at all.
func TestKillKeepsWhatWasAnswered(t *testing.T) {
	folder := t.TempDir()
	c, p := own(t, folder)
	c.must("CREATE TABLE t (batch UInt32, n UInt32) ENGINE=MergeTree ORDER BY (batch, n)")
	const perBatch = 500
	var answered [4]atomic.Int64
	var wg sync.WaitGroup
	for w := range answered {
		wg.Go(func() {
			for i := 0; ; i++ {
				r, _ := http.NewRequest(http.MethodPost, c.url(), strings.NewReader(fmt.Sprintf("INSERT INTO t SELECT %d, number FROM numbers(%d)", w*1_000_000+i, perBatch)))
				r.SetBasicAuth("auditwarden", p.Password)
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					return
				}
				res.Body.Close()
				if res.StatusCode != http.StatusOK {
					return
				}
				answered[w].Store(int64(i + 1))
			}
		})
	}
	for answered[0].Load()+answered[1].Load()+answered[2].Load()+answered[3].Load() < 60 {
		time.Sleep(time.Millisecond)
	}
	p.Kill()
	wg.Wait()

	c, _ = own(t, folder)
	total := int64(0)
	for w := range answered {
		n := answered[w].Load()
		total += n
		got := strings.TrimSpace(c.must(fmt.Sprintf("SELECT uniqExact(batch) FROM t WHERE batch >= %d AND batch < %d", w*1_000_000, int64(w)*1_000_000+n)))
		if got != fmt.Sprint(n) {
			t.Errorf("writer %d: %d batches were answered, %s are there", w, n, got)
		}
	}
	if got := c.must(fmt.Sprintf("SELECT count() FROM (SELECT batch FROM t GROUP BY batch HAVING count() != %d)", perBatch)); got != "0\n" {
		t.Errorf("%s batches are there in part", strings.TrimSpace(got))
	}
	t.Logf("%d batches were answered before SIGKILL", total)
}

func TestStopAndStartAgain(t *testing.T) {
	folder := t.TempDir()
	c, p := own(t, folder)
	if got := c.must("SELECT value FROM system.merge_tree_settings WHERE name IN ('fsync_after_insert', 'fsync_part_directory')"); got != "1\n1\n" {
		t.Errorf("fsync is %q by default", got)
	}
	c.must("CREATE TABLE t (n UInt32) ENGINE=MergeTree ORDER BY n")
	c.must("INSERT INTO t SELECT number FROM numbers(1000)")
	left := make(chan struct{})
	go func() { // an analyst's that still runs is ended, not waited for
		defer close(left)
		if res, err := http.Post("http://"+p.Address+"/", "", strings.NewReader("SELECT count() FROM numbers(1e13) WHERE NOT ignore(cityHash64(number))")); err == nil {
			res.Body.Close()
		}
	}()
	c.appears("ignore(cityHash64")
	began := time.Now()
	if code := p.Stop(); code != 0 {
		t.Errorf("SIGTERM ends it with code %d", code)
	}
	if took := time.Since(began); took > 30*time.Second { // the query never ends
		t.Errorf("it took %s to stop", took)
	}
	<-left
	c, _ = own(t, folder)
	if got := c.must("SELECT count() FROM t"); got != "1000\n" {
		t.Errorf("%q rows after a restart", got)
	}
}

func TestSecondProcess(t *testing.T) {
	folder := t.TempDir()
	own(t, folder)
	cfg := embedded.Default()
	cfg.Path, cfg.Listen = folder, "127.0.0.1:0"
	_, err := embedded.New(cfg, embedded.Options{})
	if err == nil || !strings.Contains(err.Error(), "another process (pid ") || !strings.Contains(err.Error(), folder) {
		t.Errorf("got %v", err)
	}
}

func TestMissingLibrary(t *testing.T) {
	t.Setenv("AUDITWARDEN_LIBCHDB", "")
	cache := t.TempDir()
	t.Setenv("AUDITWARDEN_CACHE", cache)
	cfg := embedded.Default()
	cfg.Path = t.TempDir()
	_, err := embedded.New(cfg, embedded.Options{})
	want := "find the embedded ClickHouse engine: no libchdb.so at " + filepath.Join(cache, "libchdb", embedded.LibraryVersion, "libchdb.so") +
		"; run `make libchdb` to fetch it (178 MB, from the npm registry), or set clickhouse.dsn to a ClickHouse server"
	var missing *embedded.MissingLibraryError
	if err == nil || err.Error() != want || !errors.As(err, &missing) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	wrong := filepath.Join(cache, "libchdb.so")
	if err := os.WriteFile(wrong, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AUDITWARDEN_LIBCHDB", wrong)
	if _, err := embedded.New(cfg, embedded.Options{}); err == nil || !strings.Contains(err.Error(), "open library "+wrong) {
		t.Errorf("a file that is no library: %v", err)
	}
}

func TestConfigProblems(t *testing.T) {
	cfg := embedded.Config{Listen: "0.0.0.0:8123", Library: "/nowhere/libchdb.so", Analyst: embedded.AnalystConfig{Databases: []string{"a`b", "system"}}}
	want := strings.Join([]string{
		"path: must name the folder that holds the data",
		`listen: "0.0.0.0:8123" is not a loopback address: the embedded engine has no TLS; use 127.0.0.1, or a ClickHouse server`,
		"library: no library at /nowhere/libchdb.so; leave it empty to use the one that `make libchdb` fetches",
		"analyst.databases: \"a`b\" is not a plain name: letters, digits and _",
		"analyst.databases: must not hold system: what of it can be read is fixed",
		"analyst.timeout: must be longer than 0, for example 5m",
		"analyst.queries: is 0; must be from 1 to 64",
	}, "\n")
	if got := cfg.Validate().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	cfg = embedded.Default()
	if ps := cfg.Validate(); len(ps) > 0 {
		t.Errorf("the default has problems: %v", ps)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestSupervisor(t *testing.T) {
	address := freeAddress(t)
	var output bytes.Buffer
	s, err := embedded.NewSupervisor(embedded.SupervisorConfig{Command: []string{embeddedtest.Binary(t), t.TempDir(), address}, Address: address, Output: &output}, embedded.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	select {
	case <-s.Ready():
	case err := <-ended:
		t.Fatalf("it ended: %v", err)
	}
	pid := process(t, address)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for {
		if again := process(t, address); again != 0 && again != pid {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it was not started again")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if s.Crashes() != 1 {
		t.Errorf("%d crashes counted", s.Crashes())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("stop: %v", err)
	}
	if process(t, address) != 0 {
		t.Error("it still answers")
	}
}

// process asks who answers at the address; 0 is nobody.
func process(t *testing.T, address string) (pid int) {
	t.Helper()
	res, err := http.Get("http://" + address + "/ping")
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	_, _ = fmt.Sscan(res.Header.Get("X-Auditwarden-Process"), &pid)
	return pid
}

func TestSupervisorCannotStart(t *testing.T) {
	t.Run("exits", func(t *testing.T) {
		s, err := embedded.NewSupervisor(embedded.SupervisorConfig{Command: []string{"false"}, Address: freeAddress(t)}, embedded.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "start embedded ClickHouse: its process ended: exit status 1") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another answers", func(t *testing.T) {
		other := embeddedtest.Start(t) // a server that is not the child
		s, err := embedded.NewSupervisor(embedded.SupervisorConfig{Command: []string{"sleep", "60"}, Address: other.Address, StartTimeout: 300 * time.Millisecond}, embedded.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "did not answer") {
			t.Errorf("got %v", err)
		}
	})
}

// The engine must not outlive the process that started it, however that ended.
func TestEndsWithParent(t *testing.T) {
	address := freeAddress(t)
	cmd := exec.Command(embeddedtest.Binary(t), t.TempDir(), address)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for process(t, address) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}
