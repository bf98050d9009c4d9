package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

// scratch does something about files with a store of its own, an embedded engine in a temporary folder that is gone afterwards.
func scratch(ctx context.Context, env cli.Env, library string, files []string, like config.Source, do func(*app.App) error) (err error) {
	folder, err := os.MkdirTemp("", "auditwarden-")
	if err != nil {
		return fmt.Errorf("make temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	listen, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	cfg := configFor(files, like, folder, listen)
	cfg.Embedded.Library = library
	path, err := writeEngineConfig(cfg)
	if err != nil {
		return err
	}
	a := app.New(cfg, app.NewLogger(cfg.Log, env.Stderr), env.Stdout, "clickhouse")
	stop, err := a.StartEngine(ctx, []string{"clickhouse", "-supervised", "-config", path})
	if err != nil {
		return err
	}
	defer stop()
	if err := a.OpenStore(ctx); err != nil {
		return err
	}
	defer a.DB.Close()
	return do(a)
}
