package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func rules(ctx context.Context, env cli.Env) error {
	return verbs(ctx, env, "rules", []command{
		{"list", "list all rules, a line each", listRules},
		{"show", "show one rule whole", showRule},
		{"test", "run rules' own cases through the real pipeline", testRules},
		{"dry-run", "what rules would have alerted on", dryRun},
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
			if r.Query != "" {
				fmt.Fprintf(env.Stdout, "\n```sql\n%s\n```\n", strings.TrimSpace(r.Query))
			}
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
