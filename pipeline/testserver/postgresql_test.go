package testserver_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

func TestPostgreSQLOptions(t *testing.T) {
	t.Parallel()
	pg := testserver.PostgreSQL(t, testserver.PGOptions{
		LogLinePrefix: `%m [%p] it's `,
		HBA:           []string{"local all all trust", "host all all 127.0.0.1/32 scram-sha-256"},
		Settings:      map[string]string{"pgaudit.log": "write", "password_encryption": "scram-sha-256"},
	})
	admin := pg.PsqlCommand(pg.LocalDSN("postgres", "postgres"), "-c", "ALTER ROLE postgres PASSWORD 'right'")
	if out, err := admin.CombinedOutput(); err != nil {
		t.Fatalf("set a password over the socket: %v: %s", err, out)
	}
	log := pg.LogPath(testserver.Stderr)
	if _, err := pg.Psql("postgres", "postgres", "SELECT 1"); err == nil {
		t.Fatal("no password was asked for")
	}
	withPassword := pg.PsqlCommand(pg.DSN("postgres", "postgres"), "-c", "CREATE TABLE written AS SELECT 1 AS one")
	withPassword.Env = append(withPassword.Environ(), "PGPASSWORD=wrong")
	if out, err := withPassword.CombinedOutput(); err == nil {
		t.Fatalf("a wrong password was accepted: %s", out)
	}
	line := testserver.WaitForLine(t, log, `password authentication failed for user "postgres"`)
	if !strings.Contains(line, "] it's FATAL:  ") {
		t.Errorf("the prefix asked for is not in the line: %s", line)
	}
}

func TestPostgreSQLSurvivesKillAndRestart(t *testing.T) {
	t.Parallel()
	pg := testserver.PostgreSQL(t, testserver.PGOptions{})
	pg.MustPsql("postgres", "postgres", "CREATE TABLE kept (id int); INSERT INTO kept VALUES (7);")
	first := pg.PID()
	pg.Restart()
	if got := pg.MustPsql("postgres", "postgres", "SELECT id FROM kept;"); strings.TrimSpace(got) != "7" {
		t.Errorf("after a restart: got %q, want 7", got)
	}
	pg.Kill()
	if err := syscall.Kill(first, 0); err == nil {
		t.Error("the first server still runs")
	}
	if _, err := pg.Psql("postgres", "postgres", "SELECT 1"); err == nil {
		t.Error("a killed server answered")
	}
	pg.Start()
	pg.MustPsql("postgres", "postgres", "SELECT id FROM kept;")
	if _, err := os.Stat(pg.LogPath(testserver.Stderr)); err != nil {
		t.Error(err)
	}
}
