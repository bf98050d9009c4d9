package main

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func diffBaseline(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden baseline diff", "-config FILE [-json] ROLE FROM..TO FROM..TO",
		"Compares what a role did in two periods: what is new in the second, what is gone, what is seen on a much larger or smaller share of its\n"+
			"active days, and how much it does on an active day. Days are written YYYY-MM-DD, in UTC, both ends included.")
	asJSON := f.Bool("json", false, "print one comparison a line, as JSON")
	cluster := f.String("cluster", "", "only of this `cluster`")
	database := f.String("database", "", "only of this `database`")
	most := f.Int("most", 10, "print at most so many `items` of each kind")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 3 {
		return cli.Usagef("a role and two periods must be given, such as: web 2026-03-02..2026-03-08 2026-03-09..2026-03-15 (see 'auditwarden baseline diff -h')")
	}
	before, err := baseline.ParsePeriod(f.Arg(1))
	if err != nil {
		return cli.Usagef("%v", err)
	}
	after, err := baseline.ParsePeriod(f.Arg(2))
	if err != nil {
		return cli.Usagef("%v", err)
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	list, err := baseline.New(a.DB.Conn(), a.Config.Detect.Learning).Diff(ctx, *cluster, *database, f.Arg(0), before, after)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("role %q was not seen in either period, or nothing of it teaches", f.Arg(0))
	}
	return writeEach(env.Stdout, list, *asJSON, *most)
}
