package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
)

// MinVersion is the oldest ClickHouse that the schema works on: from here on FINAL uses skip indexes without giving
// wrong answers.
const MinVersion = "25.8"

// AdoptAfter is how old events must be for their batch, if it has no ledger row, to be taken for abandoned.
const AdoptAfter = 15 * time.Minute

// maxInsertTimeout keeps a commit that is still at work from being taken for abandoned.
const maxInsertTimeout = 2 * time.Minute

// Options are a DB's dependencies; each may be left out.
type Options struct {
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time // the clock; time.Now
}

// DB is the store. It is safe for concurrent use.
type DB struct {
	conn         driver.Conn
	cfg          Config
	log          *slog.Logger
	now          func() time.Time
	metrics      *metrics
	scrub        func(error) error
	driverBlocks bool                         // the driver makes the blocks to insert, as over the native protocol it must
	compress     func([]byte) ([]byte, error) // of blocks sent over HTTP; nil for none

	buffers sync.Pool // *eventColumns
	blocks  sync.Pool // *nativeBlock
	seen    *seenStatements
	version versions

	lockStale time.Duration
}

// Open connects, and checks that the server answers, accepts the credentials and is new enough. It does not touch the
// schema, but creates the database if it is missing and the configuration says so.
func Open(ctx context.Context, cfg Config, o Options) (*DB, error) {
	dsn, err := cfg.readDSN()
	if err != nil {
		return nil, err
	}
	opts, err := parseDSN(dsn, &cfg)
	if err != nil {
		return nil, fmt.Errorf("clickhouse dsn %w", err)
	}
	scrub := scrubber(opts)
	conn, err := chgo.Open(opts)
	if err != nil {
		return nil, scrub(err)
	}
	db := newDB(conn, cfg, o)
	db.scrub = scrub
	db.driverBlocks = opts.Protocol == chgo.Native
	if c := opts.Compression; c != nil && (c.Method == chgo.CompressionLZ4 || c.Method == chgo.CompressionZSTD) {
		db.compress = lz4Frames
	}
	err = db.check(ctx)
	if missing := (*chgo.Exception)(nil); cfg.CreateDatabase && errors.As(err, &missing) && missing.Code == codeUnknownDatabase {
		if err = createDatabase(ctx, opts, &cfg); err == nil {
			err = db.check(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(scrub(err), conn.Close())
	}
	return db, nil
}

func newDB(conn driver.Conn, cfg Config, o Options) *DB {
	db := &DB{conn: conn, cfg: cfg, log: o.Logger, now: o.Now, scrub: func(err error) error { return err }, lockStale: lockStale}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	db.log = db.log.With("component", "clickhouse")
	if db.now == nil {
		db.now = time.Now
	}
	db.metrics = newMetrics(o.Registerer)
	db.buffers.New = func() any { return new(eventColumns) }
	db.blocks.New = func() any { return new(nativeBlock) }
	db.seen = newSeenStatements(seenLimit)
	return db
}

// Conn is the connection pool, for packages that keep tables of their own.
func (db *DB) Conn() driver.Conn { return db.conn }

// Close ends the connections.
func (db *DB) Close() error { return db.conn.Close() }

// Ping asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, db.cfg.DialTimeout, timeout("ping timed out"))
	defer cancel()
	var one uint8
	return db.scrub(db.conn.QueryRow(ctx, "SELECT 1").Scan(&one))
}

// check asks for the version, which also proves address and credentials.
func (db *DB) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, db.cfg.QueryTimeout, timeout("the server took too long to answer"))
	defer cancel()
	var version string
	if err := db.conn.QueryRow(ctx, "SELECT version()").Scan(&version); err != nil {
		return err
	}
	if !atLeast(version, MinVersion) {
		return finalError(fmt.Sprintf("ClickHouse is version %s, but at least %s is needed: upgrade the server, or use the embedded engine", version, MinVersion))
	}
	return nil
}

// atLeast compares the first two numbers of versions such as 25.8.1.2.
func atLeast(version, floor string) bool {
	var a, b, c, d int
	if n, _ := fmt.Sscanf(version, "%d.%d", &a, &b); n != 2 {
		return false
	}
	_, _ = fmt.Sscanf(floor, "%d.%d", &c, &d)
	return a > c || a == c && b >= d
}

// createDatabase makes the database that the DSN names.
func createDatabase(ctx context.Context, opts *chgo.Options, cfg *Config) error {
	other := *opts
	other.Auth.Database = "default"
	conn, err := chgo.Open(&other)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeoutCause(ctx, cfg.QueryTimeout, timeout("the server took too long to answer"))
	defer cancel()
	onCluster := ""
	if cfg.Cluster != "" {
		onCluster = " ON CLUSTER " + quoteString(cfg.Cluster)
	}
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+quoteName(opts.Auth.Database)+onCluster); err != nil {
		return fmt.Errorf("create database: %w", err)
	}
	return nil
}
