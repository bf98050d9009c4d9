package detect_test

import (
	"context"
	"log/slog"
	"testing"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// testLog logs to the test, stages and their times included.
func testLog(tb testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// store opens an empty store with its schema in place, on the test binary's engine.
func store(tb testing.TB) (*clickhouse.DB, driver.Conn) {
	tb.Helper()
	dsn := embeddedtest.Start(tb).Database(tb)
	cfg := clickhouse.Default()
	cfg.DSN = pipeline.Secret(dsn)
	ctx := context.Background()
	db, err := clickhouse.Open(ctx, cfg, clickhouse.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.Migrate(ctx); err != nil {
		tb.Fatal(err)
	}
	opts, err := chgo.ParseDSN(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	conn, err := chgo.Open(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(); db.Close() })
	return db, conn
}
