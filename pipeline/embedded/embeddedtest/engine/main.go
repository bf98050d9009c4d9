// Command engine is the process that embeddedtest starts: the embedded ClickHouse on a free port. It prints where it
// listens as one line of JSON, and ends when its standard input does or by SIGTERM.
//
//	engine FOLDER [-temporary | ADDRESS]
//
// With -temporary the folder goes with it; ADDRESS is where to listen.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

func main() {
	folder, listen, temporary := os.Args[1], "127.0.0.1:0", false
	switch {
	case len(os.Args) > 2 && os.Args[2] == "-temporary":
		temporary = true
	case len(os.Args) > 2:
		listen = os.Args[2]
	}
	err := run(folder, listen, temporary)
	if temporary {
		_ = os.RemoveAll(folder)
		_ = os.RemoveAll(filepath.Dir(os.Args[0]))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(folder, listen string, temporary bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	ctx, cancel := embedded.WithParent(ctx, os.Stdin)
	defer cancel()
	cfg := embedded.Default()
	cfg.Path, cfg.Listen, cfg.Fsync = folder, listen, !temporary
	for n := range embeddedtest.MaxDatabases {
		cfg.Analyst.Databases = append(cfg.Analyst.Databases, embeddedtest.DatabaseName(n+1))
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := embedded.New(cfg, embedded.Options{Logger: log})
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(map[string]string{"address": s.Address(), "password": s.Password().Reveal()})
	if err != nil {
		return err
	}
	return s.Serve(ctx)
}
