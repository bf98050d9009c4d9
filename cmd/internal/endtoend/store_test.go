package endtoend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// adminConn is a connection to a site's engine with the right to read everything.
func adminConn(t *testing.T, s *site) driver.Conn {
	t.Helper()
	password, err := embedded.ReadPassword(filepath.Join(s.dir, "clickhouse"))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := chgo.Open(&chgo.Options{Addr: []string{s.listen}, Protocol: chgo.HTTP,
		Auth: chgo.Auth{Username: embedded.Writer, Password: password.Reveal()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// archiveContent verifies a site's archive and sums up its records: how many, and a hash over ids and bytes in order.
func archiveContent(t *testing.T, s *site) string {
	t.Helper()
	cfg, err := config.Load(s.config, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	report, err := worm.Verify(t.Context(), cfg.Archive.Config, worm.VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ar, err := worm.Open(t.Context(), cfg.Archive.Config, worm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ar.Close()
	var b strings.Builder
	for _, src := range report.Sources {
		if len(src.Problems) > 0 {
			t.Errorf("archive of %s: %v", src.Source, src.Problems)
		}
		h, n := sha256.New(), 0
		for r, err := range ar.Records(context.Background(), src.Source) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			id := r.ID()
			h.Write(id[:])
			h.Write(r.Raw)
		}
		fmt.Fprintf(&b, "%s %d %s\n", src.Source, n, hex.EncodeToString(h.Sum(nil)[:8]))
	}
	return b.String()
}

// shippedLogs are the logs that come with the project.
func shippedLogs(t *testing.T) []string {
	t.Helper()
	if one := os.Getenv("KILL_LOGS"); one != "" {
		return filepath.SplitList(one)
	}
	logs, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "logs", "*.gz"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no logs in testdata/logs (%v): make them with 'make logs'", err)
	}
	for i := range logs {
		if logs[i], err = filepath.Abs(logs[i]); err != nil {
			t.Fatal(err)
		}
	}
	return logs
}
