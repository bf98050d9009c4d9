package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
)

const scanHelp = `Runs the pipeline once over log files, on an embedded ClickHouse in a temporary folder that is removed afterwards, and
reports roles, the most frequent statements and findings. Nothing is sent anywhere. With -json it prints one finding a line.

Files whose names differ only in dates, numbers and endings are taken for the logs of one cluster.`

func scan(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden scan", "[-json] [-format F] [-prefix P] [-tz ZONE] FILE...", scanHelp)
	asJSON := f.Bool("json", false, "print one finding a line, as JSON")
	src := config.Source{Decoder: parsers.Default()}
	f.StringVar(&src.Decoder.Format, "format", src.Decoder.Format, "the logs' `format`; auto recognises each")
	f.StringVar(&src.Decoder.Prefix, "prefix", "", "PostgreSQL's `log_line_prefix`; empty: recognised")
	f.StringVar(&src.Decoder.TimeZone, "tz", "", "IANA `zone` of time stamps that state none; empty: UTC")
	f.StringVar(&src.Decoder.Cluster, "cluster", "", "`name` of the cluster that all files are from")
	library := f.String("libchdb", "", "`path` of libchdb.so; empty: found by itself")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() == 0 {
		return cli.Usagef("no file given (see 'auditwarden scan -h')")
	}
	if err := src.Decoder.Validate().Err(); err != nil {
		return cli.Usagef("%s", err)
	}
	return scratch(ctx, env, *library, f.Args(), src, func(a *app.App) error { return scanWith(ctx, env, a, *asJSON) })
}

func scanWith(ctx context.Context, env cli.Env, a *app.App, asJSON bool) error {
	if err := a.IngestAndArchive(ctx); err != nil {
		return err
	}
	d, err := a.NewDetection()
	if err != nil {
		return err
	}
	if err := d.CatchUp(ctx); err != nil {
		return err
	}
	report, err := a.NewReport(ctx)
	if err != nil {
		return err
	}
	if u := report.Lines.Unparsed; u > 0 && u*10 >= report.Lines.In {
		fmt.Fprintf(env.Stderr, "%d of %d lines were not understood: 'auditwarden parse FILE' shows them and why; -format or -prefix may help\n", u, report.Lines.In)
	}
	if report.Lines.In == 0 {
		fmt.Fprintln(env.Stderr, "the files hold no lines")
	}
	if !asJSON {
		return report.WriteText(env.Stdout)
	}
	out := json.NewEncoder(env.Stdout)
	out.SetEscapeHTML(false)
	for _, finding := range report.Findings {
		if err := out.Encode(finding); err != nil {
			return err
		}
	}
	return nil
}

// writeEngineConfig writes the file that the engine's process needs: where its data is and where it listens.
func writeEngineConfig(cfg *config.Config) (string, error) {
	data, err := yaml.Marshal(map[string]any{
		"data_dir": cfg.DataDir,
		"embedded": map[string]any{"path": cfg.Embedded.Path, "listen": cfg.Embedded.Listen, "library": cfg.Embedded.Library},
		"sources":  []map[string]any{{"name": "scan", "file": map[string]any{"paths": []string{"-"}, "follow": false}}},
		"log":      map[string]any{"level": cfg.Log.Level},
		"http":     map[string]any{"listen": ""},
	})
	if err != nil {
		return "", fmt.Errorf("write engine's configuration: %w", err)
	}
	path := filepath.Join(cfg.DataDir, "engine.yaml")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return "", fmt.Errorf("write engine's configuration: %w", err)
	}
	return path, nil
}

// freeAddress picks a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

func scanSource(i int, path string, like config.Source) config.Source {
	files := file.Default()
	files.Paths, files.Follow = []string{path}, false
	like.Name = "scan-" + strconv.Itoa(i)
	like.File = &files
	if like.Decoder.Cluster == "" {
		like.Decoder.Cluster = clusterName(path)
	}
	return like
}

var (
	endings = regexp.MustCompile(`(\.(gz|log|csv|json|txt|xml|out|[0-9]+))+$`)
	dated   = regexp.MustCompile(`[-_.]?[0-9][-0-9_.:TZ]*$`)
)

// clusterName takes dates, numbers and endings off a file's name; standard input has none.
func clusterName(path string) string {
	if path == file.Stdin {
		return ""
	}
	base := filepath.Base(path)
	name := dated.ReplaceAllString(endings.ReplaceAllString(base, ""), "")
	if name == "" {
		return base
	}
	return name
}
