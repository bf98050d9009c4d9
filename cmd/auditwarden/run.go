package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

const runHelp = `Runs ingest, detect and archive in one process, on the embedded ClickHouse unless clickhouse.dsn names a server.

Sources that follow their files run until the process is stopped. If all sources end by themselves, a report follows; then,
on a terminal, ClickHouse stays up for questions until Ctrl-C, and elsewhere the command ends.`

func runAll(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden run", "-config FILE [-data DIR]", runHelp)
	path := f.String("config", "", "the configuration `file`")
	data := f.String("data", "", "`folder` for data, instead of data_dir")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return cli.Usagef("run takes no arguments (see 'auditwarden run -h')")
	}
	cfg, err := loadConfig(env, *path)
	if err != nil {
		return err
	}
	cfg.MoveData(*data)
	a := app.New(cfg, app.NewLogger(cfg.Log, env.Stderr), env.Stdout, "clickhouse")

	var g app.Group
	if cfg.UsesEmbedded() {
		args := []string{"clickhouse", "-supervised", "-config", *path}
		if *data != "" {
			args = append(args, "-data", *data)
		}
		stop, err := a.StartEngine(ctx, args)
		if err != nil {
			return err
		}
		defer stop()
	}
	g.AddBackground("http", a.ServeHTTP)
	g.Add("", func(ctx context.Context) error {
		away := clickhouse.IsAway
		if cfg.Finite() { // somebody waits for its end
			away = func(error) bool { return false }
		}
		if err := a.Patiently(ctx, "clickhouse", away, a.OpenStore); err != nil {
			return err
		}
		defer a.DB.Close()
		if cfg.Finite() {
			return runOnce(ctx, env, a)
		}
		return a.RunForever(ctx)
	})
	return g.Run(ctx)
}

// runOnce takes finite sources to their end, judges what they hold, and reports.
func runOnce(ctx context.Context, env cli.Env, a *app.App) error {
	fmt.Fprintf(env.Stderr, "reading %d sources\n", len(a.Config.Sources))
	if err := a.IngestAndArchive(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	d, err := a.NewDetection()
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Stderr, "learning what is normal, and judging")
	if err := d.CatchUp(ctx); err != nil {
		return err
	}
	report, err := a.NewReport(ctx)
	if err != nil {
		return err
	}
	if err := report.WriteText(env.Stdout); err != nil {
		return err
	}
	a.WriteWhereToAsk(env.Stdout)
	if !report.Lines.Balanced() {
		return errors.New("lines read do not add up; see the report above")
	}
	if isTerminal(env.Stdout) {
		fmt.Fprintln(env.Stdout, "\nClickHouse stays up for your questions. Ctrl-C ends it.")
		<-ctx.Done()
	} else if a.Config.UsesEmbedded() {
		fmt.Fprintln(env.Stdout, "\nStandard output is no terminal, so ClickHouse ends here; 'auditwarden clickhouse' with the same flags brings it back.")
	}
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// configFor makes the configuration of a scan: files read once, everything in a temporary folder.
func configFor(files []string, parserDefaults config.Source, folder, listen string) *config.Config {
	c := config.Default()
	c.MoveData(folder)
	c.Embedded.Listen = listen
	c.HTTP.Listen = ""
	c.Archive.Off = true
	c.Log.Level = "warn"
	for i, f := range files {
		c.Sources = append(c.Sources, scanSource(i, f, parserDefaults))
	}
	return &c
}
