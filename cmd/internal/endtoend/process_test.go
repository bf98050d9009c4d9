package endtoend

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// portsInARow picks a loopback address such that it and the next two ports are free.
func portsInARow(t *testing.T) string {
	t.Helper()
	for range 50 {
		host, port, err := net.SplitHostPort(freePort(t))
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		free := true
		for i := 1; i <= 2; i++ {
			ln, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n+i)))
			if err != nil {
				free = false
				break
			}
			ln.Close()
		}
		if free {
			return net.JoinHostPort(host, port)
		}
	}
	t.Fatal("no three free ports in a row")
	return ""
}

func get(address, path string) (int, string) {
	resp, err := http.Get("http://" + address + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func above(t *testing.T, address string, n int) string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	p, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(host, strconv.Itoa(p+n))
}

// parts is a deployment of the three processes on one configuration.
type parts struct {
	t                           *testing.T
	listen, health, log, config string
}

func newParts(t *testing.T, s3 *testserver.S3Server) *parts {
	t.Helper()
	dir := t.TempDir()
	s := &parts{t: t, listen: freePort(t), health: portsInARow(t), log: filepath.Join(dir, "postgresql.log")}
	s.config = writeFile(t, filepath.Join(dir, "auditwarden.yaml"), fmt.Sprintf(`
data_dir: %s
embedded: {listen: %q}
http: {listen: %q}
ingest: {flush_interval: 100ms}
detect: {poll_interval: 100ms}
sources:
  - {name: orders, cluster: orders, file: {paths: [%q]}}
archive:
  bucket: evidence
  region: %s
  endpoint: %s
  path_style: true
  access_key_id: %s
  secret_access_key: %s
  retention_days: 1
  segment_age: 200ms
`, dir, s.listen, s.health, s.log, s3.Region, s3.Endpoint, s3.AccessKey, s3.SecretKey))
	return s
}

// ready waits until the part, the n-th, says that it is ready (200) or not (503).
func (s *parts) ready(p *program, n, want int) {
	s.t.Helper()
	var body string
	eventually(s.t, time.Minute, func() (is bool) {
		var code int
		code, body = get(above(s.t, s.health, n), "/readyz")
		return code == want
	}, func() string {
		return fmt.Sprintf("%s: /readyz is not %d: %s %s", p.name, want, body, p.out)
	})
}

// TestProcesses runs ingest, detect and archive apart on one configuration, against S3 with Object Lock: health, metrics,
// what happens when ClickHouse goes away and comes back, and an orderly end.
func TestProcesses(t *testing.T) {
	s3 := testserver.S3(t)
	s3.CreateBucket("evidence", true)
	s := newParts(t, s3)
	listen, health, log, config := s.listen, s.health, s.log, s.config

	early := start(t, "ingest", "-config", config)
	<-early.done
	if out := early.out.String(); early.err == nil || !strings.Contains(out, "no embedded engine has run") {
		t.Errorf("ingest without an engine: %v %s", early.err, out)
	}
	engine := start(t, "auditwarden", "clickhouse", "-config", config)
	conn := connect(t, listen)
	up := func() bool { _, err := tryQuery[uint8](conn, "SELECT 1"); return err == nil }
	eventually(t, time.Minute, up, engine.out.String)
	parts := []*program{start(t, "ingest", "-config", config), start(t, "detect", "-config", config), start(t, "archive", "-config", config)}
	for i, p := range parts {
		eventually(t, 30*time.Second, func() bool { code, _ := get(above(t, health, i), "/readyz"); return code == 200 }, func() string {
			_, body := get(above(t, health, i), "/readyz")
			return p.name + ": " + body + p.out.String()
		})
		if code, body := get(above(t, health, i), "/metrics"); code != 200 || !strings.Contains(body, "go_goroutines") || !strings.Contains(body, "auditwarden_") {
			t.Errorf("%s: metrics %d", p.name, code)
		}
	}

	appendLine(t, log, 1)
	count := func() uint64 {
		n, _ := tryQuery[uint64](conn, "SELECT count() FROM events FINAL")
		return n
	}
	eventually(t, 20*time.Second, func() bool { return count() == 1 }, parts[0].out.String)

	ready := func(part, want int) {
		t.Helper()
		s.ready(parts[part], part, want)
	}
	engine.kill()
	s3.Stop()
	appendLine(t, log, 2)
	for i := range parts { // ingest and detect miss ClickHouse, archive its bucket
		ready(i, http.StatusServiceUnavailable)
	}
	s3.Start()
	ready(2, http.StatusOK)
	engine = start(t, "auditwarden", "clickhouse", "-config", config)
	eventually(t, time.Minute, func() bool { return up() && count() == 2 }, parts[0].out.String)
	for i := range parts {
		ready(i, http.StatusOK)
	}

	for _, p := range parts {
		p.stop()
		if strings.Contains(p.out.String(), s3.SecretKey) {
			t.Errorf("%s shows a secret", p.name)
		}
	}
	engine.stop()
	verify := start(t, "auditwarden", "archive", "verify", "-config", config)
	verify.wait(30 * time.Second)
	if out := verify.out.String(); !strings.Contains(out, "orders:") || !strings.Contains(out, " 2 records") || strings.Contains(out, "not immutable") {
		t.Errorf("verify says: %s", out)
	}
}

// TestPartsStartFirst starts everything before ClickHouse and S3 are there: it waits, and says for what.
func TestPartsStartFirst(t *testing.T) {
	s3 := testserver.S3(t)
	s3.CreateBucket("evidence", true)
	s := newParts(t, s3)
	engine := start(t, "auditwarden", "clickhouse", "-config", s.config)
	conn := connect(t, s.listen)
	up := func() bool { _, err := tryQuery[uint8](conn, "SELECT 1"); return err == nil }
	eventually(t, time.Minute, up, engine.out.String)
	engine.stop() // its password is there now
	s3.Stop()
	appendLine(t, s.log, 1)

	names := []string{"ingest", "detect", "archive"}
	waits := func(p *program, n int) {
		t.Helper()
		s.ready(p, n, http.StatusServiceUnavailable)
		eventually(t, time.Minute, func() bool { return strings.Contains(p.out.String(), "cannot start, trying again") }, p.out.String)
	}
	for i, name := range names {
		p := start(t, name, "-config", s.config)
		waits(p, i)
		p.stop() // in order, although it never started
	}
	var all []*program
	for i, name := range names {
		all = append(all, start(t, name, "-config", s.config))
		waits(all[i], i)
	}
	s3.Start()
	engine = start(t, "auditwarden", "clickhouse", "-config", s.config)
	for i, p := range all {
		s.ready(p, i, http.StatusOK)
	}
	eventually(t, time.Minute, func() bool {
		n, _ := tryQuery[uint64](conn, "SELECT count() FROM events FINAL")
		return n == 1
	}, all[0].out.String)
	for _, p := range all {
		p.stop()
	}
	engine.stop()
}

// appendLine writes the n-th line, and the beginning of a next one that completes it.
func appendLine(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "2026-05-02 10:11:%02d UTC:10.0.3.9(40112):app@shop:[877]:LOG:  AUDIT: SESSION,%d,1,READ,SELECT,,,select %d,<none>\n", n, n, n); err != nil {
		t.Fatal(err)
	}
}

// TestArchiveErrors: a place that cannot keep evidence is refused in one clear line.
func TestArchiveErrors(t *testing.T) {
	s3 := testserver.S3(t)
	s3.CreateBucket("unlocked", false)
	for _, tt := range []struct{ name, bucket, endpoint, key, want string }{
		{"bucket without Object Lock", "unlocked", s3.Endpoint, s3.SecretKey, "Object Lock"},
		{"no such bucket", "nowhere", s3.Endpoint, s3.SecretKey, "nowhere"},
		{"wrong secret", "unlocked", s3.Endpoint, "wrong-secret-value", "unlocked"},
		{"no such host", "unlocked", "http://s3.invalid", s3.SecretKey, "s3.invalid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			config := writeFile(t, filepath.Join(dir, "c.yaml"), fmt.Sprintf(`
data_dir: %s
http: {listen: ""}
log: {level: error}
sources: [{name: a, file: {paths: [%q]}}]
archive: {bucket: %s, region: %s, endpoint: %q, path_style: true, access_key_id: %s, secret_access_key: %s}
`, dir, filepath.Join(dir, "x.log"), tt.bucket, s3.Region, tt.endpoint, s3.AccessKey, tt.key))
			p := start(t, "archive", "-config", config)
			select {
			case <-p.done:
			case <-time.After(time.Minute):
				t.Fatalf("it still runs: %s", p.out)
			}
			out := strings.TrimSpace(p.out.String())
			if p.cmd.ProcessState.ExitCode() != 1 || strings.Count(out, "\n") > 0 || !strings.Contains(out, tt.want) || strings.Contains(out, tt.key) {
				t.Errorf("exit %d: %s", p.cmd.ProcessState.ExitCode(), out)
			}
		})
	}
}
