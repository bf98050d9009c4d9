package app

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
	"github.com/auditwarden/auditwarden/pipeline/source/kafka"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// sourceState is where a source resumes, and how it saves where it is.
type sourceState struct {
	positions map[string]string
	save      func(context.Context, map[string]string) error
	reg       registerer // metrics; two readers of one source must not share one
	// groupSuffix keeps the archive's Kafka group apart from ingest's.
	groupSuffix string
}

// openSource opens the source that cfg names.
func (a *App) openSource(cfg *config.Source, st sourceState) (pipeline.Source, error) {
	switch {
	case cfg.File != nil:
		return file.New(*cfg.File, file.Options{
			Name: cfg.Name, Positions: st.positions, Save: st.save, Logger: a.Log, Registerer: st.reg,
		})
	case cfg.Kafka != nil:
		k := *cfg.Kafka
		k.Group += st.groupSuffix
		return kafka.New(k, kafka.Options{Source: cfg.Name, Positions: st.positions, Logger: a.Log, Registerer: st.reg})
	}
	return nil, fmt.Errorf("source %s: no kind set", cfg.Name)
}

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
	positions, err := a.DB.Load(ctx, cfg.Name)
	if err != nil {
		return fmt.Errorf("load position: %w", err)
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
