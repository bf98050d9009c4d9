// Package app puts the parts of Auditwarden together for the commands: it opens the store, the sources and the sinks
// that a configuration names, and runs ingest, detect and archive on them.
//
// What it starts it waits for. It holds no logic of its own: what a part does, and what it guarantees, is said there.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"sync"
	_ "time/tzdata" // time_zone works on images without a zone database

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/source/cloudwatch"
)

// App is one process: a configuration and what is open because of it.
type App struct {
	Config   *config.Config
	Log      *slog.Logger
	Registry *prometheus.Registry
	Health   *Health
	DB       *clickhouse.DB // nil until OpenStore
	Stdout   io.Writer      // where alerts of the stdout sink go

	metrics  *ingestMetrics
	mu       sync.Mutex // guards limiters
	limiters map[[3]string]*cloudwatch.Limiter
}

// New prepares a process; parts are the names under which health will be told.
func New(cfg *config.Config, log *slog.Logger, stdout io.Writer, parts ...string) *App {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	a := &App{Config: cfg, Log: log, Registry: reg, Health: NewHealth(parts...), Stdout: stdout, limiters: map[[3]string]*cloudwatch.Limiter{}}
	a.metrics = newIngestMetrics(reg, a.Health)
	return a
}

// NewLogger makes the logger that the configuration asks for.
func NewLogger(cfg config.Log, w io.Writer) *slog.Logger {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	opts := &slog.HandlerOptions{Level: levels[cfg.Level]}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// OpenStore connects to ClickHouse and brings its schema up to date. The embedded engine must be running already.
func (a *App) OpenStore(ctx context.Context) error {
	cfg := a.Config.ClickHouse
	if a.Config.UsesEmbedded() {
		dsn, err := EmbeddedDSN(&a.Config.Embedded, a.Config.Embedded.Listen)
		if err != nil {
			return err
		}
		cfg.DSN = dsn
	}
	db, err := clickhouse.Open(ctx, cfg, clickhouse.Options{Logger: a.Log, Registerer: a.Registry})
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	if err := db.Migrate(ctx); err != nil {
		db.Close()
		return fmt.Errorf("bring ClickHouse's schema up to date: %w", err)
	}
	a.DB = db
	a.Health.Set("clickhouse", nil)
	return nil
}

// EmbeddedDSN is how to reach the embedded engine at address with the right to write.
func EmbeddedDSN(cfg *embedded.Config, address string) (pipeline.Secret, error) {
	password, err := embedded.ReadPassword(cfg.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("no embedded engine has run in %s: start 'auditwarden run' or 'auditwarden clickhouse', or point clickhouse.dsn at a server", cfg.Path)
	}
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "http", User: url.UserPassword(embedded.Writer, password.Reveal()), Host: address, Path: "/default"}
	return pipeline.Secret(u.String()), nil
}
