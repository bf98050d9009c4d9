// Command engine is the process that embeddedtest starts: the embedded ClickHouse on a temporary folder and a free port. It
// prints where it listens as one line of JSON, and ends, folder and all, when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	cfg := embedded.Default()
	cfg.Path, cfg.Listen = folder, "127.0.0.1:0"
	s, err := embedded.New(cfg, embedded.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(map[string]string{"address": s.Address(), "password": s.Password().Reveal()})
	if err != nil {
		return err
	}
	err = s.Serve(ctx)
	_ = os.RemoveAll(folder)
	_ = os.RemoveAll(filepath.Dir(os.Args[0]))
	return err
}
