package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func baselines(ctx context.Context, env cli.Env) error {
	return verbs(ctx, env, "baseline", []command{
		{"show", "show what is known of a role", showBaseline},
		{"diff", "show what is new, gone or changed between two periods", diffBaseline},
		{"approve", "make an item known, so that it is no news and teaches", approveBaseline},
		{"forget", "make an item unknown, so that it is news when it comes again", forgetBaseline},
		{"plot", "draw a role's week, with what is usual and what was odd", plotBaseline},
		{"rebuild", "compute profiles anew from the stored events", rebuildBaseline},
	})
}

func showBaseline(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden baseline show", "-config FILE [-json] [ROLE]",
		"Shows the profile of a role (of all roles if none is named): how settled it is, what it runs, touches, comes from, and how much.")
	asJSON := f.Bool("json", false, "print one profile a line, as JSON")
	cluster := f.String("cluster", "", "only of this `cluster`")
	database := f.String("database", "", "only of this `database`")
	most := f.Int("most", 10, "print at most so many `items` of each kind")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return cli.Usagef("one role at most (see 'auditwarden baseline show -h')")
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	list, err := baseline.Show(ctx, a.DB.Conn(), a.Config.Detect.Learning, *cluster, *database, f.Arg(0), time.Now())
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("no profile of role %q: no event of it has been stored, or none that teaches", f.Arg(0))
	}
	return writeEach(env.Stdout, list, *asJSON, *most)
}

// writeEach prints what was found, for a person or one a line as JSON.
func writeEach[T any, P interface {
	*T
	WriteText(io.Writer, int) error
}](w io.Writer, list []T, asJSON bool, most int) error {
	out := json.NewEncoder(w)
	for i := range list {
		var err error
		if asJSON {
			err = out.Encode(&list[i])
		} else {
			err = P(&list[i]).WriteText(w, most)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func rebuildBaseline(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden baseline rebuild", "-config FILE -from DATE [-to DATE]",
		"Computes the profiles anew from the stored events of a range of days. What is suspected still does not teach.")
	from := f.String("from", "", "first `day`, YYYY-MM-DD")
	to := f.String("to", "", "last `day`; empty: up to now")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	begin, err := time.Parse(time.DateOnly, *from)
	if err != nil {
		return cli.Usagef("-from %q must be a day as YYYY-MM-DD", *from)
	}
	end := time.Now().UTC()
	if *to != "" {
		if end, err = time.Parse(time.DateOnly, *to); err != nil {
			return cli.Usagef("-to %q must be a day as YYYY-MM-DD", *to)
		}
		end = end.AddDate(0, 0, 1)
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
	if err := d.Rebuild(ctx, begin, end); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "profiles rebuilt from events between %s and %s\n", begin.Format(time.DateOnly), end.Format(time.DateOnly))
	return nil
}
