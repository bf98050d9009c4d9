package main

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/embedded"
)

const clickhouseHelp = `Serves the embedded ClickHouse engine over ClickHouse's HTTP interface until it is stopped. 'auditwarden run' starts this by
itself; start it by hand where ingest, detect and archive run as separate processes without a ClickHouse server.`

func serveClickHouse(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden clickhouse", "-config FILE", clickhouseHelp)
	path := f.String("config", "", "the configuration `file`")
	data := f.String("data", "", "`folder` for data, instead of data_dir")
	supervised := f.Bool("supervised", false, "end when standard input does: set by 'auditwarden run'")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	cfg, err := loadConfig(env, *path)
	if err != nil {
		return err
	}
	cfg.MoveData(*data)
	if *supervised {
		var cancel context.CancelFunc
		ctx, cancel = embedded.WithParent(ctx, env.Stdin)
		defer cancel()
	}
	srv, err := embedded.New(cfg.Embedded, embedded.Options{Logger: app.NewLogger(cfg.Log, env.Stderr).With("component", "embedded")})
	if err != nil {
		return fmt.Errorf("start embedded ClickHouse: %w", err)
	}
	return srv.Serve(ctx)
}
