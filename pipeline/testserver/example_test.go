package testserver_test

import (
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// The next two tests show the whole way: start a server, act as a client, read what it logged.

func TestPostgreSQLLogsWhatPsqlSends(t *testing.T) {
	t.Parallel()
	formats := []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog}
	pg := testserver.PostgreSQL(t, testserver.PGOptions{Formats: formats})
	pg.MustPsql("postgres", "postgres", "CREATE ROLE app LOGIN; CREATE TABLE acct (id int, owner text); GRANT SELECT ON acct TO app;")
	if got := pg.MustPsql("app", "postgres", "SELECT count(*) AS shown_by_test FROM acct;"); got != "0\n" {
		t.Fatalf("count: got %q, want 0", got)
	}
	for _, format := range formats {
		line := testserver.WaitForLine(t, pg.LogPath(format), "shown_by_test")
		for _, part := range []string{"AUDIT: SESSION,", "READ,SELECT", "app", "postgres", "127.0.0.1"} {
			if !strings.Contains(line, part) {
				t.Errorf("%s: line lacks %q: %s", format, part, line)
			}
		}
	}
	rds := testserver.WaitForLine(t, pg.LogPath(testserver.Stderr), "shown_by_test")
	if !strings.Contains(rds, ":app@postgres:[") || !strings.HasSuffix(rds, ",<not logged>,1") {
		t.Errorf("line has neither the RDS prefix nor the row count: %s", rds)
	}
}

func TestMariaDBLogsWhatTheClientSends(t *testing.T) {
	t.Parallel()
	db := testserver.MariaDB(t, testserver.MariaOptions{})
	db.MustQuery("root", "", "", "CREATE DATABASE shop; CREATE TABLE shop.acct (id int); CREATE USER app@'127.0.0.1' IDENTIFIED BY 'pw'; GRANT SELECT ON shop.* TO app@'127.0.0.1';")
	if got := db.MustQuery("app", "pw", "shop", "SELECT count(*) AS shown_by_test FROM acct;"); got != "0\n" {
		t.Fatalf("count: got %q, want 0", got)
	}
	query := testserver.WaitForLine(t, db.AuditLog, "shown_by_test")
	if !strings.Contains(query, ",app,127.0.0.1,") || !strings.HasSuffix(query, ",QUERY,shop,'SELECT count(*) AS shown_by_test FROM acct',0") {
		t.Errorf("unexpected line: %s", query)
	}
	testserver.WaitForLine(t, db.AuditLog, ",READ,shop,acct,")
	if _, err := db.Query("app", "wrong", "shop", "SELECT 1"); err == nil {
		t.Error("a wrong password was accepted")
	}
	testserver.WaitForLine(t, db.AuditLog, ",FAILED_CONNECT,")
}
