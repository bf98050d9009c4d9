package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
)

const reparseHelp = `Parses the records in quarantine (the table unparsed) again, as the configuration or the flags say now, and moves those that
are understood to the events; their raw bytes leave the quarantine. Detection judges them as it judges late arrivals.
It may be run while ingest does, and again after it was interrupted.`

func reparse(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden reparse", "-config FILE [-source NAME] [-reason R] [-since TIME] [-format F] [-prefix P] [-n] [-json]", reparseHelp)
	name := f.String("source", "", "only records of this `source`; needed with -format and -prefix")
	format := f.String("format", "", "the records' `format`, instead of the configured one")
	prefix := f.String("prefix", "", "PostgreSQL's `log_line_prefix`, instead of the configured one")
	dryRun := f.Bool("n", false, "count only, move nothing")
	asJSON := f.Bool("json", false, "print a JSON line a source")
	var filter clickhouse.UnparsedFilter
	f.StringVar(&filter.Reason, "reason", "", "only records that came here for this `reason`")
	f.Func("since", "only records ingested since this `time` (2026-05-02T10:00:00Z) or for this long (36h)", func(s string) (err error) {
		filter.Since, err = timeOrAge(s, time.Now())
		return err
	})
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	switch {
	case f.NArg() > 0:
		return cli.Usagef("reparse takes no arguments (see 'auditwarden reparse -h')")
	case *name == "" && (*format != "" || *prefix != ""):
		return cli.Usagef("-format and -prefix are of one source: name it with -source")
	}
	a, err := f.load()
	if err != nil {
		return err
	}
	sources, err := reparsed(a.Config.Sources, *name, *format, *prefix)
	if err != nil {
		return err
	}
	if err := a.OpenStore(ctx); err != nil {
		return err
	}
	defer a.DB.Close()
	var failed []error
	for i := range sources {
		src := &sources[i]
		done, err := a.Reparse(ctx, src, filter, *dryRun)
		if err != nil {
			failed = append(failed, fmt.Errorf("source %s: %w", src.Name, err))
			continue
		}
		if err := tellReparsed(env, done, *dryRun, *asJSON); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// reparsed are the sources to look at, with the flags put over their configuration.
func reparsed(all []config.Source, name, format, prefix string) ([]config.Source, error) {
	if name == "" {
		return all, nil
	}
	i := slices.IndexFunc(all, func(s config.Source) bool { return s.Name == name })
	if i < 0 {
		return nil, cli.Usagef("the configuration has no source %q", name)
	}
	src := all[i]
	src.Decoder.Format = cmp.Or(format, src.Decoder.Format)
	src.Decoder.Prefix = cmp.Or(prefix, src.Decoder.Prefix)
	if err := src.Decoder.Validate().Err(); err != nil {
		return nil, cli.Usagef("%s", err)
	}
	return []config.Source{src}, nil
}

func tellReparsed(env cli.Env, r *app.Reparsed, dryRun, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(env.Stdout).Encode(r)
	}
	moved := "moved to"
	if dryRun {
		moved = "would make"
	}
	fmt.Fprintf(env.Stdout, "%s: %d records in quarantine, %d understood now, %s %d events, %d left\n",
		app.Clean(r.Source, 200), r.Records, r.Parsed, moved, r.Events, r.Records-r.Parsed)
	for _, reason := range slices.Sorted(maps.Keys(r.Left)) {
		fmt.Fprintf(env.Stdout, "  %-20s %d\n", reason, r.Left[reason])
	}
	return nil
}

// timeOrAge reads a moment, or how long before now it was.
func timeOrAge(s string, now time.Time) (time.Time, error) {
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(-d), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("want a time such as 2026-05-02T10:00:00Z, or a duration such as 36h")
	}
	return t, nil
}
