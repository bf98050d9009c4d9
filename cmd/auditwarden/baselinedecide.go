package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

func approveBaseline(ctx context.Context, env cli.Env) error {
	return decideBaseline(ctx, env, baseline.Approve,
		"Makes one item of a role's profile known, whether it was seen or not: first sights of it are not reported, and a statement (kind shape)\n"+
			"teaches though it is suspicious. Rules on what a statement does still speak; keep those quiet with detect.exceptions.")
}

func forgetBaseline(ctx context.Context, env cli.Env) error {
	return decideBaseline(ctx, env, baseline.Forget,
		"Takes one item out of a role's profile: what was seen before this hour (or the hour of -until) does not count, now and after a rebuild, so\n"+
			"that the item is reported when it comes again.")
}

func decideBaseline(ctx context.Context, env cli.Env, verb baseline.Verb, help string) error {
	f := newStoreFlags(env, "auditwarden baseline "+string(verb), "-config FILE -reason TEXT [-author NAME] ROLE KIND ITEM", help+
		"\n\nThe decision is stored with author and reason, and shown by 'auditwarden baseline show'. Kinds: "+strings.Join(baseline.Kinds(), ", ")+",\nand the id of a rule that keeps items of its own.")
	reason := f.String("reason", "", "why, for those who come later")
	author := f.String("author", "", "who decided; empty: the `name` of the user who runs this")
	cluster := f.String("cluster", "", "the role's `cluster`, if it is known on several")
	database := f.String("database", "", "the role's `database`, if it is known in several")
	until := f.String("until", "", "forget what was seen before this `time`, as 2026-03-02T15:00:00Z; empty: now")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	d := baseline.Decision{At: time.Now().UTC(), Cluster: *cluster, Database: *database, Verb: verb, Reason: strings.TrimSpace(*reason), Author: *author}
	if f.NArg() != 3 {
		return cli.Usagef("a role, a kind and an item must be given, such as: web network 10.1.2.0/24 (see 'auditwarden baseline %s -h')", verb)
	}
	d.Role, d.Kind, d.Item = f.Arg(0), f.Arg(1), f.Arg(2)
	if err := completeDecision(&d, *until); err != nil {
		return err
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	if err := checkKind(d.Kind, a.Config.Detect.RulesDir); err != nil {
		return err
	}
	if err := a.OpenStore(ctx); err != nil {
		return err
	}
	defer a.DB.Close()
	det, err := detect.New(a.Config.Detect, detect.Options{Conn: a.DB.Conn(), Alerts: nowhere{}, Logger: a.Log})
	if err != nil {
		return err
	}
	if err := place(ctx, det.Profiles(), &d); err != nil {
		return err
	}
	if err := det.Decide(ctx, d); err != nil {
		if errors.Is(err, baseline.ErrNoItem) {
			return fmt.Errorf("role %q has no %s %q in its profile (see 'auditwarden baseline show %s')", d.Role, d.Kind, d.Item, d.Role)
		}
		return err
	}
	fmt.Fprintf(env.Stdout, "%s %s %q of %s on %s@%s, by %s\n", map[baseline.Verb]string{baseline.Approve: "approved", baseline.Forget: "forgot"}[verb], d.Kind, d.Item, d.Role, d.Database, d.Cluster, d.Author)
	return nil
}

// completeDecision checks what was said on the command line.
func completeDecision(d *baseline.Decision, until string) error {
	if d.Reason == "" {
		return cli.Usagef("-reason must say why, for those who come later")
	}
	if d.Author == "" {
		u, err := user.Current()
		if err != nil {
			return cli.Usagef("-author must be given: who runs this is not known (%v)", err)
		}
		d.Author = u.Username
	}
	if until != "" {
		if d.Verb != baseline.Forget {
			return cli.Usagef("-until is for forget only")
		}
		var err error
		if d.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return cli.Usagef("-until %q must be a time such as 2026-03-02T15:00:00Z", until)
		}
	}
	return nil
}

// checkKind wants a kind of item that profiles hold: one of every profile, or one that a rule keeps, also a rule of the user's own.
func checkKind(kind, rulesDir string) error {
	rules, err := detect.Load(rulesDir)
	if err != nil {
		return fmt.Errorf("load rules: %w", err)
	}
	if kinds := detect.Kinds(rules); !slices.Contains(kinds, kind) {
		return cli.Usagef("no kind is called %q: it must be one of %s", kind, strings.Join(kinds, ", "))
	}
	return nil
}

// place finds out which cluster and database are meant.
func place(ctx context.Context, p *baseline.Profiles, d *baseline.Decision) error {
	found, err := p.Places(ctx, d.Cluster, d.Database, d.Role)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("no profile of role %q: no event of it has been stored, or none that teaches", d.Role)
	case len(found) > 1:
		names := make([]string, len(found))
		for i, e := range found {
			names[i] = e.Database + "@" + e.Cluster
		}
		return cli.Usagef("role %q is known in several places (%s): name one by -cluster and -database", d.Role, strings.Join(names, ", "))
	}
	d.Cluster, d.Database = found[0].Cluster, found[0].Database
	return nil
}
