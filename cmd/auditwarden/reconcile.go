package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/auditwarden/auditwarden/cmd/internal/app"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/source/kafka"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// reconciliation is what one source's places hold.
type reconciliation struct {
	Source   string `json:"source"`
	Lines    uint64 `json:"lines_read"` // by the ledger: a line read twice counts twice
	Events   uint64 `json:"lines_events"`
	Unparsed uint64 `json:"lines_unparsed"`
	Skipped  uint64 `json:"lines_skipped"`
	Stored   uint64 `json:"stored_lines"` // there now, each once, skipped ones left out
	Archived uint64 `json:"archived_records"`
	// What the source itself holds now, where it was asked.
	SourceLines *uint64 `json:"source_lines,omitempty"`
	SourceBytes *int64  `json:"source_bytes,omitempty"`

	Gaps  []gap    `json:"gaps"`
	Notes []string `json:"notes,omitempty"`
}

// gap is a stretch of a stream that one place holds and another does not.
type gap struct {
	Source  string `json:"source"`
	Stream  string `json:"stream,omitempty"`
	From    int64  `json:"from"` // offsets, both included
	To      int64  `json:"to"`
	Records int64  `json:"records"` // how many are missing
	Missing string `json:"missing"` // where: clickhouse, archive
	Reason  string `json:"reason"`
}

var errGaps = errors.New("there are gaps, see above")

func reconcile(ctx context.Context, env cli.Env) error {
	f := newStoreFlags(env, "auditwarden reconcile", "-config FILE [-exact] [-json]",
		`Compares, for each source, what ClickHouse holds with what the archive holds and with what the source itself says, and names
every gap: source, stream, from, to, and where it is missing. Exit code 1 if there is one.
It compares counts, by stream and by the archive's segments, which takes seconds. With -exact it compares every record's id, and reads
the whole archive.
Of the sources it asks: the files in sight, which it reads and counts; the ends of Kafka's partitions; CloudWatch Logs, whose events of the
last -since it counts, at the source's rate of requests.
What one side got in the last -settle and the other did not yet is no gap.`)
	asJSON := f.Bool("json", false, "print JSON")
	exact := f.Bool("exact", false, "compare record by record")
	settle := f.Duration("settle", 10*time.Minute, "how long one side may be behind the other")
	since := f.Duration("since", 24*time.Hour, "how far back to count in CloudWatch Logs; 0 for not at all")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	a, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer a.DB.Close()
	r := reconciler{app: a, exact: *exact, settle: *settle, since: *since}
	if !a.Config.Archive.Off {
		if r.archive, err = worm.Open(ctx, a.Config.Archive.Config, worm.Options{}); err != nil {
			return err
		}
		defer r.archive.Close()
	}
	all := []*reconciliation{}
	gaps := 0
	for i := range a.Config.Sources {
		one, err := r.source(ctx, &a.Config.Sources[i])
		if err != nil {
			return fmt.Errorf("reconcile source %s: %w", a.Config.Sources[i].Name, err)
		}
		gaps += len(one.Gaps)
		all = append(all, one)
	}
	if *asJSON {
		err = json.NewEncoder(env.Stdout).Encode(map[string]any{"ok": gaps == 0, "sources": all})
	} else {
		err = printReconciled(env.Stdout, all)
	}
	if err == nil && gaps > 0 {
		return errGaps
	}
	return err
}

func printReconciled(w io.Writer, all []*reconciliation) error {
	for _, r := range all {
		fmt.Fprintf(w, "%s: %d lines read = %d in events + %d unparsed + %d skipped; %d stored, %d archived\n",
			r.Source, r.Lines, r.Events, r.Unparsed, r.Skipped, r.Stored, r.Archived)
		if r.SourceBytes != nil {
			fmt.Fprintf(w, "  the files in sight hold %d lines, %d bytes\n", *r.SourceLines, *r.SourceBytes)
		} else if r.SourceLines != nil {
			fmt.Fprintf(w, "  CloudWatch Logs has %d events since the time given\n", *r.SourceLines)
		}
		for _, g := range r.Gaps {
			fmt.Fprintf(w, "  GAP in %s: %s from %d to %d, %d records: %s\n", g.Missing, g.Stream, g.From, g.To, g.Records, g.Reason)
		}
		for _, n := range r.Notes {
			fmt.Fprintf(w, "  note: %s\n", n)
		}
	}
	_, err := io.WriteString(w, "")
	return err
}

type reconciler struct {
	app     *app.App
	archive *worm.Archive // nil if it is off
	exact   bool
	settle  time.Duration
	since   time.Duration // for CloudWatch
}

func (r *reconciler) source(ctx context.Context, cfg *config.Source) (*reconciliation, error) {
	account, err := r.app.DB.Accounting(ctx, cfg.Name)
	if err != nil {
		return nil, err
	}
	out := &reconciliation{Source: cfg.Name, Lines: account.LinesIn, Events: account.LinesEvents,
		Unparsed: account.LinesUnparsed, Skipped: account.LinesSkipped, Gaps: []gap{}}
	r.ledger(out, &account)
	stored, err := r.stored(ctx, cfg.Name)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		out.Stored += s.lines
	}
	var archived map[string]*archivedStream
	if r.archive != nil {
		if archived, err = r.archived(ctx, cfg.Name); err != nil {
			return nil, err
		}
		for _, a := range archived {
			out.Archived += a.records
		}
		if err := r.compare(ctx, out, stored, archived); err != nil {
			return nil, err
		}
	}
	switch {
	case cfg.Kafka != nil:
		r.ends(ctx, out, cfg.Kafka, stored)
	case cfg.File != nil:
		err = r.files(ctx, out, cfg.File, stored, archived)
	case cfg.CloudWatch != nil:
		err = r.events(ctx, out, cfg.CloudWatch, stored)
	}
	return out, err
}

// ledger names what ClickHouse itself knows to be wrong.
func (r *reconciler) ledger(out *reconciliation, a *clickhouse.Account) {
	if n := a.Unaccounted(); n != 0 {
		out.Gaps = append(out.Gaps, gap{Source: a.Source, Records: n, Missing: "clickhouse", Reason: "lines in the ledger that are neither event, unparsed nor skipped"})
	}
	if a.Twice > 0 {
		out.Gaps = append(out.Gaps, gap{Source: a.Source, Records: int64(a.Twice), Missing: "clickhouse", Reason: "events that are there twice, under different keys"})
	}
	for _, s := range a.Short {
		out.Notes = append(out.Notes, fmt.Sprintf("batch %s of %s holds %d of %d events (%s to %s)", s.ID, s.CommittedAt.Format(time.RFC3339), s.Present, s.Events, s.FirstPos, s.LastPos))
	}
	if len(a.Short) > 0 && r.archive == nil {
		s := a.Short[0]
		out.Gaps = append(out.Gaps, gap{Source: a.Source, Records: int64(len(a.Short)), Missing: "clickhouse",
			Reason: "batches of which events are missing, the first from " + s.FirstPos + " to " + s.LastPos})
	}
}

// ends compares with the ends of Kafka's partitions, as far as the brokers answer.
func (r *reconciler) ends(ctx context.Context, out *reconciliation, cfg *kafka.Config, stored map[string]*storedStream) {
	ends, err := kafka.Ends(ctx, *cfg)
	if err != nil {
		out.Notes = append(out.Notes, "Kafka was not asked: "+err.Error())
		return
	}
	for stream, e := range ends {
		next := e.First
		if s := stored[stream]; s != nil {
			next = s.last + 1
		}
		if e.Next > next {
			out.Notes = append(out.Notes, fmt.Sprintf("%s: %d messages after offset %d are in Kafka and not stored yet (or were all skipped)", stream, e.Next-next, next-1))
		}
	}
}
