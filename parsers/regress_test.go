//go:build regress

package parsers_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline/testserver"
)

// TestRegressionSuite runs the files of PostgreSQL's own regression suite, in the order of its schedule, under pgaudit, and
// compares every record across the three layouts and with independent readers. deploy/regress.sh fetches the suite and
// names its folder in AUDITWARDEN_REGRESS; it takes eight minutes, and TestLosslessServer does the same on a smaller corpus.
func TestRegressionSuite(t *testing.T) {
	dir := os.Getenv("AUDITWARDEN_REGRESS")
	if dir == "" {
		t.Fatal("AUDITWARDEN_REGRESS names no folder: run deploy/regress.sh")
	}
	pg := testserver.PostgreSQL(t, testserver.PGOptions{
		Formats:  []string{testserver.Stderr, testserver.CSVLog, testserver.JSONLog},
		Settings: map[string]string{"pgaudit.log_relation": "on", "pgaudit.log_parameter": "on", "pgaudit.log_rows": "on", "log_line_prefix": testserver.RDSPrefix},
	})
	pg.MustPsql("postgres", "postgres", "create database regression")
	files := schedule(t, filepath.Join(dir, "parallel_schedule"))
	for _, name := range files {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // some wait for others, which run beside them in the suite
		cmd := pg.PsqlCommand(pg.DSN("postgres", "regression"), "-X", "-q", "-v", "ON_ERROR_STOP=0", "-f", "sql/"+name+".sql")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PG_ABS_SRCDIR="+dir, "PG_ABS_BUILDDIR="+dir, "PG_LIBDIR=/usr/lib/postgresql/15/lib", "PG_DLSUFFIX=.so", "PGTZ=PST8PDT", "PGDATESTYLE=Postgres, MDY")
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
		_ = cmd.Run() // much of it fails, as it should
		stop()
		cancel()
	}
	pg.MustPsql("postgres", "postgres", "select 'end of the suite'")
	read := func(format string) []byte {
		testserver.WaitForLine(t, pg.LogPath(format), "end of the suite'")
		data, err := os.ReadFile(pg.LogPath(format))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	n := checkLossless(t, parsers.Config{}, false, read(testserver.Stderr), read(testserver.CSVLog), read(testserver.JSONLog))
	t.Logf("%d files, %d records", len(files), n)
	if len(files) < 200 || n < 50_000 {
		t.Errorf("%d files gave %d records, want the whole suite", len(files), n)
	}
}

// schedule lists the tests of a schedule in its order.
func schedule(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for s := bufio.NewScanner(f); s.Scan(); {
		if list, ok := strings.CutPrefix(s.Text(), "test:"); ok {
			names = append(names, strings.Fields(list)...)
		}
	}
	return names
}
