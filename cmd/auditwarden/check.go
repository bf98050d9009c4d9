package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/sinks"
)

const checkHelp = `Validates a configuration file and prints every problem at once, one a line. Nothing is started or changed.

With -send-test it also sends a clearly marked test alert to every sink, and says which took it.`

func check(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden check", "-config FILE [-send-test]", checkHelp)
	path := f.String("config", "", "the configuration `file`")
	send := f.Bool("send-test", false, "send a test alert to every sink")
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
	if *send {
		return sendTest(ctx, env, cfg)
	}
	return nil
}

// sendTest sends a test alert to every sink, one after the other.
func sendTest(ctx context.Context, env cli.Env, cfg *config.Config) error {
	named, err := sinks.New(cfg.Sinks, sinks.Options{Out: env.Stdout})
	if err != nil {
		return err
	}
	failed := 0
	for _, n := range named {
		if err := sinks.Test(ctx, n.Sink); err != nil {
			fmt.Fprintf(env.Stderr, "sink %s: %s\n", n.Name, err)
			failed++
			continue
		}
		fmt.Fprintf(env.Stdout, "sink %s: took the test alert\n", n.Name)
	}
	if failed > 0 {
		return cli.ErrReported
	}
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
