package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline"
)

const dryRunHelp = `Says what rules would have alerted on in the events that are stored, with today's configuration and profiles. Nothing is
stored or sent. ID is a rule's id or a glob of ids; without one and without -file all rules are run, with -file those of the file.`

func dryRun(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden rules dry-run", "-config FILE [-since DAYS] [-file RULES] [ID...]", dryRunHelp)
	days := f.Int("since", 30, "how many `days` back, by the events' own time")
	file := f.String("file", "", "`file` of rules that are not in use yet")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if *days < 1 {
		return cli.Usagef("-since is %d: must be at least 1", *days)
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	all, err := detect.Load(a.Config.Detect.RulesDir)
	if err != nil {
		return err
	}
	ids := f.Args()
	if *file != "" {
		var own []string
		if all, own, err = detect.LoadFiles(all, *file); err != nil {
			return err
		}
		if len(ids) == 0 {
			ids = own
		}
	}
	if ids, err = detect.Select(all, ids); err != nil {
		return fmt.Errorf("%w; 'auditwarden rules list' lists them", err)
	}
	if a, err = f.open(ctx); err != nil {
		return err
	}
	defer a.DB.Close()
	d, err := detect.New(a.Config.Detect, detect.Options{Conn: a.DB.Conn(), Alerts: nowhere{}, Logger: a.Log, Rules: all})
	if err != nil {
		return err
	}
	return printDryRun(ctx, env, d, ids, *days)
}

// printDryRun runs one rule after the other and prints its alerts, or that it has none.
func printDryRun(ctx context.Context, env cli.Env, d *detect.Detector, ids []string, days int) error {
	total, silent := 0, 0
	for _, id := range ids {
		alerts, err := d.DryRun(ctx, id, time.Now().AddDate(0, 0, -days))
		if err != nil {
			return fmt.Errorf("dry-run %s: %w", id, err)
		}
		if len(alerts) == 0 {
			silent++
			continue
		}
		total += len(alerts)
		fmt.Fprintf(env.Stdout, "%s: %s\n", id, plural(len(alerts), "alert"))
		slices.SortFunc(alerts, func(a, b pipeline.Alert) int { return a.FirstSeen.Compare(b.FirstSeen) })
		for _, al := range alerts {
			fmt.Fprintf(env.Stdout, "  %-8s  %s  %s\n            %s\n", al.Severity, al.FirstSeen.UTC().Format(time.DateTime), al.Summary, strings.TrimSpace(al.Reason))
		}
	}
	fmt.Fprintf(env.Stdout, "%s of %s in %s", plural(total, "alert"), plural(len(ids), "rule"), plural(days, "day"))
	if silent > 0 {
		fmt.Fprintf(env.Stdout, "; %s had none", plural(silent, "rule"))
	}
	fmt.Fprintln(env.Stdout)
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// nowhere stores no alerts.
type nowhere struct{}

func (nowhere) InsertAlerts(context.Context, []pipeline.Alert) error { return nil }
