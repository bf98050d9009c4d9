package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline"
)

func rules(ctx context.Context, env cli.Env) error {
	return verbs(ctx, env, "rules", []command{
		{"list", "list all rules, a line each", listRules},
		{"show", "show one rule whole", showRule},
		{"dry-run", "what a rule would have alerted on", dryRun},
		{"document", "print docs/detections.md", documentRules},
	})
}

// ruleFlags: rules of the user's own are read from -dir.
func ruleFlags(env cli.Env, verb, synopsis, help string) (*cli.Flags, *string) {
	f := cli.NewFlags(env, "auditwarden rules "+verb, synopsis, help)
	return f, f.String("dir", "", "`folder` with rules of your own (detect.rules_dir)")
}

func listRules(_ context.Context, env cli.Env) error {
	f, dir := ruleFlags(env, "list", "[-dir DIR]", "Lists all rules: the built-in ones, and those of your own.")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	all, err := detect.Load(*dir)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSEVERITY\tKIND\tCATALOGUE\tTITLE")
	for _, r := range all {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Severity, r.Kind, strings.Join(r.Catalogue, " "), r.Title)
	}
	return t.Flush()
}

func showRule(_ context.Context, env cli.Env) error {
	f, dir := ruleFlags(env, "show", "[-dir DIR] ID", "Shows one rule: what fires it, why that matters, what to do, when it is wrong.")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return cli.Usagef("one rule's id must be given (see 'auditwarden rules list')")
	}
	all, err := detect.Load(*dir)
	if err != nil {
		return err
	}
	for _, r := range all {
		if strings.EqualFold(r.ID, f.Arg(0)) {
			_, err := env.Stdout.Write(bytes.TrimSpace(detect.Document([]detect.Rule{r})))
			fmt.Fprintln(env.Stdout)
			return err
		}
	}
	return fmt.Errorf("no rule has the id %q; 'auditwarden rules list' lists them", f.Arg(0))
}

func documentRules(_ context.Context, env cli.Env) error {
	f, dir := ruleFlags(env, "document", "[-dir DIR]", "Prints the page that documents all rules, as docs/detections.md holds it.")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	all, err := detect.Load(*dir)
	if err != nil {
		return err
	}
	_, err = env.Stdout.Write(detect.Document(all))
	return err
}

func dryRun(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden rules dry-run", "-config FILE [-since DAYS] ID",
		"Says what a rule would have alerted on in the events that are stored. Nothing is stored or sent.")
	days := f.Int("since", 30, "how many `days` back, by the events' own time")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return cli.Usagef("one rule's id must be given (see 'auditwarden rules list')")
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	d, err := detect.New(a.Config.Detect, detect.Options{Conn: a.DB.Conn(), Alerts: nowhere{}, Logger: a.Log})
	if err != nil {
		return err
	}
	alerts, err := d.DryRun(ctx, f.Arg(0), time.Now().AddDate(0, 0, -*days))
	if err != nil {
		return err
	}
	for _, al := range alerts {
		fmt.Fprintf(env.Stdout, "%-8s  %s  %s\n          %s\n", al.Severity, al.FirstSeen.UTC().Format(time.DateTime), al.Summary, al.Reason)
	}
	fmt.Fprintf(env.Stdout, "%d alerts in %d days\n", len(alerts), *days)
	return nil
}

// nowhere stores no alerts.
type nowhere struct{}

func (nowhere) InsertAlerts(context.Context, []pipeline.Alert) error { return nil }

func printVerbs(env cli.Env, group string, list []command) {
	var b strings.Builder
	fmt.Fprintf(&b, "usage: auditwarden %s VERB [flags]\n\nverbs:\n", group)
	width := 0
	for _, c := range list {
		width = max(width, len(c.name))
	}
	for _, c := range list {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, c.name, c.does)
	}
	fmt.Fprint(env.Stdout, b.String())
}
