package main

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

const testRulesHelp = `Runs the rules' own cases: their events are stored in an embedded ClickHouse in a temporary folder and judged as in earnest,
with all rules on. FILE holds rules of your own, which are checked and whose cases are run; without one the cases of all rules are
run (-dir adds a folder). Exit code 1: a case went otherwise than it says, or a file is wrong.`

func testRules(ctx context.Context, env cli.Env) error {
	f, dir := ruleFlags(env, "test", "[-dir DIR] [-v] [FILE...]", testRulesHelp)
	verbose := f.Bool("v", false, "name the cases that went as they should, too")
	library := f.String("libchdb", "", "`path` of libchdb.so; empty: found by itself")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	all, err := detect.Load(*dir)
	if err != nil {
		return err
	}
	tested := all
	if f.NArg() > 0 {
		var ids []string
		if all, ids, err = detect.LoadFiles(all, f.Args()...); err != nil {
			return err
		}
		tested = detect.Only(all, ids)
	}
	var results []detect.Result
	err = scratch(ctx, env, *library, []string{"-"}, config.Source{}, func(a *app.App) error {
		if err := detect.CheckSQL(ctx, a.DB.Conn(), detect.Default(), tested); err != nil {
			return err
		}
		var err error
		results, err = detect.RunCases(ctx, detect.CaseRun{Config: detect.Default(), Rules: detect.CasesOf(all, tested), Store: a.DB, Conn: a.DB.Conn(), Logger: a.Log,
			Analyser: statement.New(statement.Default(), statement.Options{})})
		return err
	})
	if err != nil {
		return err
	}
	return printResults(env, tested, results, *verbose)
}

func printResults(env cli.Env, tested []detect.Rule, results []detect.Result, verbose bool) error {
	failed := 0
	for i := range results {
		r := &results[i]
		if r.Passed() {
			if verbose {
				fmt.Fprintf(env.Stdout, "ok    %s  %s\n", r.Rule, r.Case)
			}
			continue
		}
		failed++
		fmt.Fprintf(env.Stdout, "FAIL  %s  %s: %s\n", r.Rule, r.Case, r.Complaint())
		for _, a := range r.Alerts {
			fmt.Fprintf(env.Stdout, "        %s %s  %s\n          %s\n", a.Severity, a.Rule, a.Summary, a.Reason)
		}
	}
	without := 0
	for i := range tested {
		if len(tested[i].Tests) == 0 && tested[i].Kind != detect.OnSilence {
			without++
			fmt.Fprintf(env.Stdout, "note  %s  has no cases: give it one that fires and one that does not, under tests\n", tested[i].ID)
		}
	}
	fmt.Fprintf(env.Stdout, "%s, %s, %d failed\n", plural(len(tested), "rule"), plural(len(results), "case"), failed)
	if failed > 0 {
		return cli.ErrReported
	}
	return nil
}
