package endtoend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

const (
	// sqlmapLimit bounds one run of sqlmap; what it has not done by then, it need not.
	sqlmapLimit = 40 * time.Second
	// sqlmapAtOnce is how many run at a time.
	sqlmapAtOnce = 3
	// firstAlertWithin is how long after its first suspicious statement a campaign may go without an alert.
	firstAlertWithin = 15 * time.Second
)

// assault is one run of sqlmap, from an application host of its own.
type assault struct {
	name    string
	options []string
	target  *target
	host    *host

	visible  time.Time // when the alert could first be read
	requests int       // sent until then
	within   time.Duration
	report   string
	cut      bool // sqlmap ran out of time
}

var (
	postgresAssaults = []assault{
		{name: "plain", options: []string{"--technique=BEUSTQ", "--current-user"}},
		{name: "space2comment", options: []string{"--dbms=postgresql", "--technique=BEU", "--tamper=space2comment", "--current-user"}},
		{name: "between-randomcase", options: []string{"--dbms=postgresql", "--technique=BEU", "--tamper=between,randomcase"}},
		{name: "charencode", options: []string{"--dbms=postgresql", "--technique=BEU", "--tamper=charencode"}},
		{name: "time", options: []string{"--dbms=postgresql", "--technique=T"}},
		{name: "union", options: []string{"--dbms=postgresql", "--technique=U", "--current-db"}},
		{name: "error", options: []string{"--dbms=postgresql", "--technique=E", "--banner"}},
	}
	mariaAssaults = []assault{
		{name: "plain", options: []string{"--technique=BEUSTQ", "--current-user"}},
		{name: "space2comment", options: []string{"--dbms=mysql", "--technique=BEU", "--tamper=space2comment", "--current-user"}},
		{name: "between-randomcase", options: []string{"--dbms=mysql", "--technique=BEU", "--tamper=between,randomcase"}},
		{name: "versioned-comments", options: []string{"--dbms=mysql", "--technique=BEU", "--tamper=modsecurityversioned,space2hash"}},
		{name: "keywords-charencode", options: []string{"--dbms=mysql", "--technique=BEU", "--tamper=versionedmorekeywords,charencode"}},
		{name: "time", options: []string{"--dbms=mysql", "--technique=T"}},
		{name: "union", options: []string{"--dbms=mysql", "--technique=U", "--current-db"}},
		{name: "error", options: []string{"--dbms=mysql", "--technique=E", "--banner"}},
	}
)

// TestSqlmap lets sqlmap loose on a page with a hole, over a real PostgreSQL with pgaudit and a real MariaDB, while people
// use the same shop. No role has a past, so that what is found is found by itself: each run has its alert within seconds,
// the people have none.
func TestSqlmap(t *testing.T) {
	if _, err := exec.LookPath("sqlmap"); err != nil {
		t.Fatal("sqlmap is not installed: run deploy/install-test-servers.sh, which installs what the tests start")
	}
	pg := testserver.PostgreSQL(t, testserver.PGOptions{Formats: []string{testserver.CSVLog},
		HBA: []string{"local all all trust", "host all all 127.0.0.0/8 trust"}})
	maria := testserver.MariaDB(t, testserver.MariaOptions{})
	furnish(pg, maria)
	dir, listen := t.TempDir(), freePort(t)
	config := writeFile(t, filepath.Join(dir, "auditwarden.yaml"), fmt.Sprintf(`
data_dir: %s
embedded: {listen: %q}
http: {listen: ""}
sources:
  - {name: shop-pg, cluster: shop-pg, file: {paths: [%q], from: end}}
  - {name: shop-maria, cluster: shop-maria, file: {paths: [%q], from: end}}
`, dir, listen, pg.LogPath(testserver.CSVLog), maria.AuditLog))
	run := start(t, "auditwarden", "run", "-config", config)
	conn := connect(t, listen)
	eventually(t, time.Minute, func() bool {
		_, err := tryQuery[uint64](conn, "SELECT count() FROM alerts")
		return err == nil && run.running()
	}, run.out.String)

	pgTarget, mariaTarget := postgresTarget(t, pg), mariaTarget(t, maria)
	crowds := []*crowd{pgTarget.ordinary(t), mariaTarget.ordinary(t)}
	quietAtFirst(t, conn, crowds, run)
	assaults := arm(pgTarget, postgresAssaults)
	assaults = append(assaults, arm(mariaTarget, mariaAssaults)...)
	unleash(t, conn, assaults)

	for i, c := range crowds {
		counts, errs := c.stop()
		t.Logf("ordinary statements on %s: %v", []string{"shop-pg", "shop-maria"}[i], counts)
		if len(errs) > 0 {
			t.Errorf("ordinary traffic failed %d times, first: %v", len(errs), errs[0])
		}
	}
	caughtUp(t, conn, run)
	alerts := readFindings(t, conn)
	for _, a := range assaults {
		t.Run(a.target.cluster+" "+a.name, func(t *testing.T) { a.check(t, conn, alerts) })
	}
	t.Run("ordinary traffic", func(t *testing.T) { checkOnlyAssaults(t, alerts, assaults) })
	run.stop()
}

// furnish makes the shop on both servers, before anybody watches.
func furnish(pg *testserver.PG, maria *testserver.Maria) {
	pg.MustPsql("postgres", "postgres", "CREATE ROLE webshop LOGIN; CREATE ROLE backoffice LOGIN; CREATE ROLE reports LOGIN; CREATE DATABASE shop;")
	pg.MustPsql("postgres", "shop", "CREATE EXTENSION pgaudit;"+shopTables+shopRows()+
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO webshop, backoffice; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reports;")
	maria.MustQuery("root", "", "", "CREATE DATABASE shop;")
	var users strings.Builder
	for role, rights := range map[string]string{shopRole: "SELECT, INSERT, UPDATE, DELETE", officeRole: "SELECT, INSERT, UPDATE, DELETE", reportRole: "SELECT"} {
		fmt.Fprintf(&users, "CREATE USER %[1]s@'127.0.0.%%' IDENTIFIED BY '%[2]s'; GRANT %[3]s ON shop.* TO %[1]s@'127.0.0.%%';", role, shopPassword, rights)
	}
	maria.MustQuery("root", "", "shop", shopTables+shopRows()+users.String())
}

// arm gives each run an application host, and in short mode takes one run only.
func arm(tg *target, all []assault) []*assault {
	if testing.Short() {
		all = all[:1]
	}
	var out []*assault
	for i := range all {
		a := all[i]
		a.target, a.host = tg, tg.add(a.name, fmt.Sprintf("127.0.0.%d", 20+i))
		out = append(out, &a)
	}
	return out
}

// quietAtFirst waits until a good deal of ordinary traffic was judged, and expects no alert.
func quietAtFirst(t *testing.T, conn driver.Conn, crowds []*crowd, run *program) {
	t.Helper()
	eventually(t, time.Minute, func() bool { return crowds[0].sent() > 100 && crowds[1].sent() > 100 }, func() string { return "little ordinary traffic" })
	for _, cluster := range []string{"shop-pg", "shop-maria"} {
		var n uint64
		var err error
		eventually(t, time.Minute, func() bool {
			n, err = tryQuery[uint64](conn, `SELECT count() FROM events FINAL WHERE cluster = ? AND statement_kind != ''
				AND batch_id IN (SELECT batch_id FROM detect_batches)`, cluster)
			return err == nil && n > 100
		}, func() string { return fmt.Sprintf("%d judged statements of %s (%v): %s", n, cluster, err, run.out) })
	}
	for _, f := range readFindings(t, conn) {
		t.Errorf("alert before anything happened: %s\n%s\n%q", f, f.Reason, f.Normalized)
	}
}

// unleash runs sqlmap for each assault, a few at a time, and watches for their alerts meanwhile and a little longer.
func unleash(t *testing.T, conn driver.Conn, assaults []*assault) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watcher, runs sync.WaitGroup
	watcher.Go(func() { watch(ctx, conn, assaults) })
	slots := make(chan struct{}, sqlmapAtOnce)
	fails := make([]error, len(assaults))
	folder := t.TempDir()
	for i, a := range assaults {
		slots <- struct{}{}
		runs.Go(func() {
			defer func() { <-slots }()
			fails[i] = a.run(ctx, filepath.Join(folder, fmt.Sprint(i)))
		})
	}
	runs.Wait()
	if err := errors.Join(fails...); err != nil {
		t.Fatal(err)
	}
	within := patience()
	for _, a := range assaults {
		a.within = within
	}
	deadline := time.Now().Add(within)
	for time.Now().Before(deadline) && !everyAlerted(conn, assaults) {
		time.Sleep(100 * time.Millisecond)
	}
	cancel()
	watcher.Wait()
}

// patience is firstAlertWithin, and up to four times as long on a machine whose load is more than four to a processor.
func patience() time.Duration {
	text, err := os.ReadFile("/proc/loadavg")
	var load float64
	if _, scan := fmt.Sscan(string(text), &load); err != nil || scan != nil {
		return firstAlertWithin
	}
	factor := min(max(load/float64(4*runtime.NumCPU()), 1), 4)
	return time.Duration(float64(firstAlertWithin) * factor)
}

// run is one run of sqlmap against the host's page.
func (a *assault) run(ctx context.Context, home string) error {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, sqlmapLimit)
	defer cancel()
	args := []string{"-u", a.host.url(a.target.page, "1"), "-p", "id", "--batch", "--ignore-stdin", "--flush-session", "--fresh-queries", "--disable-coloring",
		"--threads=1", "--level=1", "--risk=1", "--time-sec=1", "--output-dir=" + filepath.Join(home, "out")}
	cmd := exec.CommandContext(limited, "sqlmap", append(args, a.options...)...)
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_DATA_HOME="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	a.report, a.cut = string(out), limited.Err() != nil
	if err != nil && !a.cut {
		return fmt.Errorf("sqlmap %s on %s: %w\n%s", a.name, a.target.cluster, err, out)
	}
	return nil
}

// caughtUp waits until all that happened was read, stored and judged.
func caughtUp(t *testing.T, conn driver.Conn, run *program) {
	t.Helper()
	var before uint64
	still := time.Now()
	eventually(t, time.Minute, func() bool {
		n, err := tryQuery[uint64](conn, "SELECT count() FROM events")
		left, err2 := tryQuery[uint64](conn, "SELECT count() FROM batches FINAL WHERE (batch_id, committed_at) NOT IN (SELECT batch_id, committed_at FROM detect_batches)")
		if err != nil || err2 != nil || left > 0 || n != before {
			before, still = n, time.Now()
			return false
		}
		return time.Since(still) > 3*time.Second
	}, run.out.String)
}
