package main

import (
	"context"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

// storeFlags are those of commands that ask the store: which configuration, and which folder of data.
type storeFlags struct {
	*cli.Flags
	env    cli.Env
	config *string
	data   *string
}

func newStoreFlags(env cli.Env, name, synopsis, help string) *storeFlags {
	f := &storeFlags{Flags: cli.NewFlags(env, name, synopsis, help), env: env}
	f.config = f.String("config", "", "the configuration `file`")
	f.data = f.String("data", "", "`folder` for data, instead of data_dir")
	return f
}

// load reads the configuration and gives the process, with nothing open yet.
func (f *storeFlags) load() (*app.App, error) {
	cfg, err := loadConfig(f.env, *f.config)
	if err != nil {
		return nil, err
	}
	cfg.MoveData(*f.data)
	return app.New(cfg, app.NewLogger(config.Log{Level: "warn", Format: cfg.Log.Format}, f.env.Stderr), f.env.Stdout), nil
}

// open gives the process with its store open. The embedded engine must be running.
func (f *storeFlags) open(ctx context.Context) (*app.App, error) {
	a, err := f.load()
	if err != nil {
		return nil, err
	}
	return a, a.OpenStore(ctx)
}

// verbs dispatches "auditwarden GROUP VERB"; env.Args holds what follows GROUP.
func verbs(ctx context.Context, env cli.Env, group string, list []command) error {
	if len(env.Args) > 0 {
		name := env.Args[0]
		for _, c := range list {
			if c.name == name {
				env.Args = env.Args[1:]
				return c.run(ctx, env)
			}
		}
		if name != "-h" && name != "-help" && name != "--help" {
			return cli.Usagef("%s has no verb %q (see 'auditwarden %s -h')", group, name, group)
		}
	}
	printVerbs(env, group, list)
	if len(env.Args) == 0 {
		return cli.Usagef("no verb given")
	}
	return nil
}
