package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

const checkHelp = `Validates a configuration file and prints every problem at once, one a line. Nothing is started or changed.`

func check(_ context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden check", "-config FILE", checkHelp)
	path := f.String("config", "", "the configuration `file`")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return cli.Usagef("check takes no arguments, the file follows -config (see 'auditwarden check -h')")
	}
	cfg, err := loadConfig(env, *path)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: good: %d sources, %d sinks\n", *path, len(cfg.Sources), len(cfg.Sinks))
	return nil
}

// loadConfig reads the file that -config names, and prints what is wrong with it.
func loadConfig(env cli.Env, path string) (*config.Config, error) {
	cfg, err := app.LoadConfig(path)
	var bad *config.FileError
	if errors.As(err, &bad) {
		printProblems(env.Stderr, bad)
		return nil, cli.ErrReported
	}
	return cfg, err
}

func printProblems(w io.Writer, bad *config.FileError) {
	fmt.Fprintln(w, bad)
	if n := len(bad.Problems); n > 1 {
		fmt.Fprintf(w, "%d problems\n", n)
	}
}
