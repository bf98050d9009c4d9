package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"text/tabwriter"
	"time"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/sinks/stdout"
)

func alerts(ctx context.Context, env cli.Env) error {
	return verbs(ctx, env, "alerts", []command{
		{"list", "list open alerts, a line each", listAlerts},
		{"show", "show one alert whole", showAlert},
		{"ack", "say that somebody is at it", decide("ack", clickhouse.AlertAcknowledged, "Acknowledges alerts: somebody is at it. They stay in the list.")},
		{"close", "close alerts", decide("close", clickhouse.AlertClosed, "Closes alerts. With -false-positive it is kept that they were none.")},
		{"reopen", "open alerts again", decide("reopen", clickhouse.AlertOpen, "Opens closed alerts again.")},
	})
}

const listAlertsHelp = `Lists the alerts that nobody has closed, the newest first: id, severity, state, when it began, what. An id may be cut off as
long as it stays the only one.`

func listAlerts(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden alerts list", "-config FILE [-all] [-severity S] [-since DAYS] [-json]", listAlertsHelp)
	all := f.Bool("all", false, "closed ones, too")
	severity := f.String("severity", "info", "at least of this `severity`: critical, error, warning, info")
	days := f.Int("since", 0, "only of the last `days`, by the events' own time; 0: of all time")
	asJSON := f.Bool("json", false, "one JSON object a line, with all that is known")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	filter := clickhouse.AlertFilter{MinSeverity: pipeline.Severity(*severity), OpenOnly: !*all}
	if filter.MinSeverity.Rank() < 0 {
		return cli.Usagef("-severity %q: must be one of critical, error, warning, info", *severity)
	}
	if f.NArg() > 0 || *days < 0 {
		return cli.Usagef("takes flags only, and -since of at least 0 (see 'auditwarden alerts list -h')")
	}
	if *days > 0 {
		filter.Since = time.Now().AddDate(0, 0, -*days)
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	list, err := a.DB.Alerts(ctx, filter)
	if err != nil {
		return err
	}
	decided, err := a.DB.AlertDecisions(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		return printAlertsJSON(env, list, decided)
	}
	t := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSEVERITY\tSTATE\tSINCE\tRULE\tWHAT")
	for i := range list {
		al := &list[i]
		fmt.Fprintf(t, "%.10s\t%s\t%s\t%s\t%s\t%s\n", al.ID, al.Severity, state(decided[al.ID]), al.FirstSeen.UTC().Format(time.DateTime), al.Rule, app.Clean(al.Summary, 300))
	}
	return t.Flush()
}

// state of an alert; open where nobody has decided anything.
func state(d clickhouse.AlertDecision) clickhouse.AlertState {
	if d.State == "" {
		return clickhouse.AlertOpen
	}
	return d.State
}

func printAlertsJSON(env cli.Env, list []pipeline.Alert, decided map[string]clickhouse.AlertDecision) error {
	out := json.NewEncoder(env.Stdout)
	out.SetEscapeHTML(false)
	for _, al := range list {
		d := decided[al.ID]
		if err := out.Encode(struct {
			pipeline.Alert
			State clickhouse.AlertState `json:"state"`
			By    string                `json:"by,omitempty"`
			Note  string                `json:"note,omitempty"`
		}{al, state(d), d.By, d.Note}); err != nil {
			return err
		}
	}
	return nil
}

func showAlert(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden alerts show", "-config FILE ID", "Shows one alert whole: who, what, since when, why it is odd, what to do, the evidence.")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return cli.Usagef("one alert's id must be given (see 'auditwarden alerts list')")
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	al, err := findAlert(ctx, a, f.Arg(0))
	if err != nil {
		return err
	}
	sink, err := stdout.New(stdout.Config{Format: "text", Color: "auto"}, stdout.Options{Out: env.Stdout})
	if err != nil {
		return err
	}
	if _, err := sink.Send(ctx, al); err != nil {
		return err
	}
	decided, err := a.DB.AlertDecisions(ctx)
	if err != nil {
		return err
	}
	if d, ok := decided[al.ID]; ok {
		fmt.Fprintf(env.Stdout, "  state     %s by %s at %s UTC %s\n", d.State, app.Clean(d.By, 64), d.At.UTC().Format(time.DateTime), app.Clean(d.Note, 500))
	}
	return nil
}

// findAlert finds the only alert whose id begins so.
func findAlert(ctx context.Context, a *app.App, prefix string) (pipeline.Alert, error) {
	if prefix == "" {
		return pipeline.Alert{}, cli.Usagef("an alert's id must not be empty")
	}
	list, err := a.DB.Alerts(ctx, clickhouse.AlertFilter{Prefix: prefix, Limit: 2})
	switch {
	case err != nil:
		return pipeline.Alert{}, err
	case len(list) == 0:
		return pipeline.Alert{}, fmt.Errorf("no alert's id begins with %q; 'auditwarden alerts list -all' lists them", prefix)
	case len(list) > 1:
		return pipeline.Alert{}, fmt.Errorf("more than one alert's id begins with %q: write more of it", prefix)
	}
	return list[0], nil
}

// decide makes the command that puts alerts into a state.
func decide(verb string, to clickhouse.AlertState, help string) func(context.Context, cli.Env) error {
	return func(ctx context.Context, env cli.Env) error {
		f := newStoreFlags(env, "auditwarden alerts "+verb, "-config FILE [-by NAME] [-note TEXT] ID...", help)
		by := f.String("by", whoami(), "`name` of who decides")
		note := f.String("note", "", "why, for those who come later: `text`")
		no := false
		if to == clickhouse.AlertClosed {
			f.BoolVar(&no, "false-positive", false, "nothing was wrong")
		}
		if err := f.Parse(env.Args); err != nil {
			return err
		}
		if f.NArg() == 0 {
			return cli.Usagef("at least one alert's id must be given (see 'auditwarden alerts list')")
		}
		target := to
		if no {
			target = clickhouse.AlertFalsePositive
		}
		a, err := f.open(ctx)
		if err != nil {
			return err
		}
		defer a.DB.Close()
		var found []pipeline.Alert
		for _, prefix := range f.Args() { // all are found before anything is decided
			al, err := findAlert(ctx, a, prefix)
			if err != nil {
				return err
			}
			found = append(found, al)
		}
		for i := range found {
			if err := a.DB.SetAlertState(ctx, found[i].ID, target, *by, *note); err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%.10s  %s  %s\n", found[i].ID, target, app.Clean(found[i].Summary, 300))
		}
		return nil
	}
}

func whoami() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
