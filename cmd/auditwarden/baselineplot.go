package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func plotBaseline(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden baseline plot", "-config FILE [-metric M] [-from DAY] [-o FILE] ROLE",
		"Draws seven days of a role as SVG: what it did each hour, what is usual at that time of day by what was known before, and the alerts about\n"+
			"it. Metrics: "+strings.Join(baseline.PlotMetrics(), ", ")+".")
	metric := f.String("metric", "events", "what is drawn")
	from := f.String("from", "", "first `day`, YYYY-MM-DD; empty: the seven days that end with the role's last one")
	out := f.String("o", "", "`file` to write; empty: standard output")
	cluster := f.String("cluster", "", "the role's `cluster`, if it is known on several")
	database := f.String("database", "", "the role's `database`, if it is known in several")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return cli.Usagef("one role must be given (see 'auditwarden baseline plot -h')")
	}
	if !slices.Contains(baseline.PlotMetrics(), *metric) {
		return cli.Usagef("-metric %q must be one of %s", *metric, strings.Join(baseline.PlotMetrics(), ", "))
	}
	var first time.Time
	if *from != "" {
		var err error
		if first, err = time.Parse(time.DateOnly, *from); err != nil {
			return cli.Usagef("-from %q must be a day as YYYY-MM-DD", *from)
		}
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	p := baseline.New(a.DB.Conn(), a.Config.Detect.Learning)
	d := baseline.Decision{Cluster: *cluster, Database: *database, Role: f.Arg(0)}
	if err := place(ctx, p, &d); err != nil {
		return err
	}
	c, err := p.Chart(ctx, baseline.Entity{Cluster: d.Cluster, Database: d.Database, Role: d.Role}, *metric, first)
	if errors.Is(err, baseline.ErrNoVolume) {
		return fmt.Errorf("role %q: %w", d.Role, err)
	}
	if err != nil {
		return err
	}
	return writeTo(env, *out, c.WriteSVG)
}

// writeTo lets write fill a file, or standard output if path is empty.
func writeTo(env cli.Env, path string, write func(io.Writer) error) error {
	if path == "" {
		return write(env.Stdout)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	if err := write(file); err != nil {
		file.Close()
		return fmt.Errorf("write picture: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
