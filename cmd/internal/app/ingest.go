package app

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// Ingest reads all sources into the store until they end or ctx does.
func (a *App) Ingest(ctx context.Context) error {
	analyser := statement.New(a.Config.Statement, statement.Options{})
	var g Group
	for i := range a.Config.Sources {
		src := &a.Config.Sources[i]
		g.Add("source "+src.Name, func(ctx context.Context) error { return a.ingestSource(ctx, src, analyser) })
	}
	return g.Run(ctx)
}

func (a *App) ingestSource(ctx context.Context, cfg *config.Source, analyser pipeline.Analyser) error {
	var positions map[string]string
	err := a.Patiently(ctx, "source "+cfg.Name, clickhouse.IsAway, func(ctx context.Context) (err error) {
		if positions, err = a.DB.Load(ctx, cfg.Name); err != nil {
			return fmt.Errorf("load position: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	src, err := a.openSource(cfg, sourceState{
		positions: positions,
		save:      func(ctx context.Context, p map[string]string) error { return a.DB.Save(ctx, cfg.Name, p) },
		reg:       labelled(a.Registry, "ingest"),
	})
	if err != nil {
		return fmt.Errorf("open source: %w", err)
	}
	defer src.Close()
	decoder, err := parsers.New(cfg.Decoder, parsers.Options{})
	if err != nil {
		return fmt.Errorf("set up parser: %w", err)
	}
	a.Health.Set("source "+cfg.Name, nil)
	return pipeline.NewRunner(cfg.Name, src, decoder, analyser, a.DB, pipeline.RunnerOptions{
		BatchEvents: a.Config.Ingest.BatchEvents, FlushInterval: a.Config.Ingest.FlushInterval, Logger: a.Log, Observer: a.metrics,
	}).Run(ctx)
}
