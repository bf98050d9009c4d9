package endtoend

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// seen is what a test expects to find in events for one statement.
type seen struct {
	name     string
	cluster  string
	role     string
	sql      string // as sent; gives the fingerprint
	engine   pipeline.Engine
	kind     string // statement_kind
	tables   []string
	rows     *int64
	outcome  string
	sqlstate string
	code     int64
}

func rows(n int64) *int64 { return &n }

// TestStatementsAreEventsSecondsLater sends statements to a real PostgreSQL with pgaudit and a real MariaDB, by psql and
// mariadb, and looks for them in ClickHouse while everything runs.
func TestStatementsAreEventsSecondsLater(t *testing.T) {
	pg := testserver.PostgreSQL(t, testserver.PGOptions{Formats: []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog}})
	maria := testserver.MariaDB(t, testserver.MariaOptions{})
	dir := t.TempDir()
	listen := freePort(t)
	config := writeFile(t, filepath.Join(dir, "auditwarden.yaml"), fmt.Sprintf(`
data_dir: %s
embedded: {listen: %q}
http: {listen: ""}
ingest: {flush_interval: 200ms}
sources:
  - {name: pg-stderr, cluster: pg-stderr, file: {paths: [%q]}}
  - {name: pg-csv, cluster: pg-csv, file: {paths: [%q]}}
  - {name: pg-json, cluster: pg-json, file: {paths: [%q]}}
  - {name: maria, cluster: maria, file: {paths: [%q]}}
`, dir, listen, pg.LogPath(testserver.Stderr), pg.LogPath(testserver.CSVLog), pg.LogPath(testserver.JSONLog), maria.AuditLog))
	p := start(t, "auditwarden", "run", "-config", config)
	conn := connect(t, listen)
	eventually(t, time.Minute, func() bool {
		_, err := tryQuery[uint64](conn, "SELECT count() FROM events")
		return err == nil && p.running()
	}, p.out.String)

	pg.MustPsql("postgres", "postgres", "CREATE EXTENSION pgaudit; CREATE ROLE clerk LOGIN; CREATE DATABASE shop OWNER clerk;")
	pg.MustPsql("clerk", "shop", "CREATE TABLE public.orders (id int, note text);")
	pg.MustPsql("clerk", "shop", "INSERT INTO public.orders SELECT g, 'secret-literal' FROM generate_series(1, 25) g;")
	pg.MustPsql("clerk", "shop", "SELECT id, note FROM public.orders WHERE id <= 7;")
	if _, err := pg.Psql("clerk", "shop", "SELECT missing FROM public.orders;"); err == nil {
		t.Fatal("a missing column was found")
	}
	if _, err := pg.Psql("nobody_here", "shop", "SELECT 1"); err == nil {
		t.Fatal("a missing role logged in")
	}
	maria.MustQuery("root", "", "", "CREATE DATABASE shop; CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'pw-literal'; GRANT ALL ON shop.* TO clerk@'127.0.0.1';")
	maria.MustQuery("clerk", "pw-literal", "shop", "CREATE TABLE orders (id int, note text); INSERT INTO orders VALUES (1,'secret-literal'),(2,'x'); SELECT id FROM orders WHERE note = 'secret-literal';")
	if _, err := maria.Query("clerk", "pw-literal", "shop", "SELECT missing FROM orders;"); err == nil {
		t.Fatal("a missing column was found")
	}
	if _, err := maria.Query("clerk", "wrong", "shop", "SELECT 1"); err == nil {
		t.Fatal("a wrong password logged in")
	}

	var want []seen
	for _, c := range []string{"pg-stderr", "pg-csv", "pg-json"} {
		want = append(want,
			seen{"create table", c, "clerk", "CREATE TABLE public.orders (id int, note text);", pipeline.PostgreSQL, "create_table", []string{"public.orders"}, nil, "success", "", 0},
			seen{"insert", c, "clerk", "INSERT INTO public.orders SELECT g, 'secret-literal' FROM generate_series(1, 25) g;", pipeline.PostgreSQL, "insert", []string{"public.orders"}, rows(25), "success", "", 0},
			seen{"select", c, "clerk", "SELECT id, note FROM public.orders WHERE id <= 7;", pipeline.PostgreSQL, "select", []string{"public.orders"}, rows(7), "success", "", 0},
			seen{"failed select", c, "clerk", "SELECT missing FROM public.orders;", pipeline.PostgreSQL, "select", []string{"public.orders"}, nil, "failure", "42703", 0},
		)
	}
	want = append(want,
		seen{"insert", "maria", "clerk", "INSERT INTO orders VALUES (1,'secret-literal'),(2,'x')", pipeline.MariaDB, "insert", []string{"orders"}, nil, "success", "", 0},
		seen{"select", "maria", "clerk", "SELECT id FROM orders WHERE note = 'secret-literal'", pipeline.MariaDB, "select", []string{"orders"}, nil, "success", "", 0},
		seen{"failed select", "maria", "clerk", "SELECT missing FROM orders", pipeline.MariaDB, "select", []string{"orders"}, nil, "failure", "", 1054},
	)
	analyser := statement.New(statement.Default(), statement.Options{})
	for _, w := range want {
		t.Run(w.cluster+" "+w.name, func(t *testing.T) { w.find(t, conn, analyser, p) })
	}
	for cluster, role := range map[string]string{"pg-stderr": "nobody_here", "pg-csv": "nobody_here", "pg-json": "nobody_here", "maria": "clerk"} {
		eventually(t, 30*time.Second, func() bool {
			n, _ := tryQuery[uint64](conn, "SELECT count() FROM events FINAL WHERE cluster = ? AND kind = 'login_failure' AND role = ? AND outcome = 'failure'", cluster, role)
			return n > 0
		}, func() string { return "no failed login of " + role + " on " + cluster })
	}
	checkNoLiterals(t, conn)
	p.stop()
}

// find waits for the event and compares it.
func (w seen) find(t *testing.T, conn driver.Conn, analyser *statement.Analyser, p *program) {
	fingerprint := analyser.Statement(w.engine, strings.TrimSuffix(w.sql, ";")).Fingerprint
	const sql = `SELECT database, client, kind, statement_kind, tables, rows, outcome, sqlstate, error_code, dateDiff('second', event_time, ingested_at)
		FROM events FINAL WHERE cluster = ? AND role = ? AND fingerprint = ? AND NOT repeat AND outcome = ? LIMIT 1`
	var got struct {
		database, client, kind, statementKind, outcome, sqlstate string
		tables                                                   []string
		rows                                                     *int64
		code, lag                                                int64
	}
	var err error
	eventually(t, 30*time.Second, func() bool {
		err = conn.QueryRow(context.Background(), sql, w.cluster, w.role, fingerprint, w.outcome).Scan(&got.database, &got.client, &got.kind,
			&got.statementKind, &got.tables, &got.rows, &got.outcome, &got.sqlstate, &got.code, &got.lag)
		return err == nil
	}, func() string { return fmt.Sprintf("no event with fingerprint %s: %v\n%s", fingerprint, err, p.out) })
	if got.database != "shop" || got.client != "127.0.0.1" {
		t.Errorf("database %q, client %q, want shop and 127.0.0.1", got.database, got.client)
	}
	if got.statementKind != w.kind || strings.Join(got.tables, ",") != strings.Join(w.tables, ",") {
		t.Errorf("kind %s, tables %v, want %s %v", got.statementKind, got.tables, w.kind, w.tables)
	}
	if got.outcome != w.outcome || w.sqlstate != "" && got.sqlstate != w.sqlstate || got.code != w.code {
		t.Errorf("outcome %s %s %d, want %s %s %d", got.outcome, got.sqlstate, got.code, w.outcome, w.sqlstate, w.code)
	}
	if w.rows != nil && (got.rows == nil || *got.rows != *w.rows) {
		t.Errorf("rows %v, want %d", got.rows, *w.rows)
	}
	if got.lag > 20 {
		t.Errorf("stored %d s after it happened", got.lag)
	}
}

// checkNoLiterals: what was in a literal is in no table that analysts read.
func checkNoLiterals(t *testing.T, conn driver.Conn) {
	t.Helper()
	for _, secret := range []string{"secret-literal", "pw-literal"} {
		for sql, what := range map[string]string{
			"SELECT count() FROM events FINAL WHERE position(toString(tuple(*)), ?) > 0":     "events",
			"SELECT count() FROM statements FINAL WHERE position(toString(tuple(*)), ?) > 0": "statements",
			"SELECT count() FROM alerts FINAL WHERE position(toString(tuple(*)), ?) > 0":     "alerts",
		} {
			if n := query[uint64](t, conn, sql, secret); n > 0 {
				t.Errorf("%s shows the literal %q in %d rows", what, secret, n)
			}
		}
	}
	if n := query[uint64](t, conn, "SELECT count() FROM statements FINAL WHERE position(normalized, 'orders') > 0"); n == 0 {
		t.Error("statements hold no normal form: the check for literals checks nothing")
	}
}
