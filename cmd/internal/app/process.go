package app

import (
	"context"
	"os"

	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

// Process is one of the commands that run a single part on a shared configuration file.
type Process struct {
	Name   string // for example "auditwarden-ingest"
	Help   string
	Store  bool // it needs ClickHouse
	Number int  // see config.HTTP.At
	Run    func(*App, context.Context) error
}

// Main is the command: flags, configuration, store, health endpoint, and the part itself.
func (p Process) Main(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, p.Name, "-config FILE", p.Help)
	path := f.String("config", "", "the configuration `file`")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return cli.Usagef("it takes no arguments (see '%s -h')", p.Name)
	}
	cfg, err := LoadConfig(*path)
	if err != nil {
		return err
	}
	var parts []string
	if p.Store {
		parts = append(parts, "clickhouse")
	}
	cfg.HTTP.Listen = cfg.HTTP.At(p.Number)
	a := New(cfg, NewLogger(cfg.Log, env.Stderr), env.Stdout, parts...)
	var g Group
	g.AddBackground("http", a.ServeHTTP)
	g.Add("", func(ctx context.Context) error {
		if p.Store {
			if err := a.Patiently(ctx, "clickhouse", clickhouse.IsAway, a.OpenStore); err != nil {
				return err
			}
			defer a.DB.Close()
		}
		return p.Run(a, ctx)
	})
	return g.Run(ctx)
}

// LoadConfig reads the file that -config names.
func LoadConfig(path string) (*config.Config, error) {
	if path == "" {
		return nil, cli.Usagef("-config FILE must be given")
	}
	return config.Load(path, os.LookupEnv)
}
