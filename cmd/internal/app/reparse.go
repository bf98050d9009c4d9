package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// Reparsed is what became of the records of one source in quarantine.
type Reparsed struct {
	Source  string         `json:"source"`
	Records uint64         `json:"records"` // looked at
	Parsed  uint64         `json:"parsed"`  // of those
	Events  uint64         `json:"events"`  // made of them
	Left    map[string]int `json:"left"`    // by the reason why the others still are not understood
}

// reparseChunk is how many records are stored at once.
const reparseChunk = 1000

// Reparse parses a source's records in quarantine again, as cfg says now, and moves those that are understood to the
// events. Each is parsed by itself: what a record lacks because others came before it, it goes on lacking.
func (a *App) Reparse(ctx context.Context, cfg *config.Source, filter clickhouse.UnparsedFilter, dryRun bool) (*Reparsed, error) {
	decoder, err := a.settled(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r := reparser{app: a, cfg: decoder, analyser: statement.New(a.Config.Statement, statement.Options{}), dryRun: dryRun, source: cfg.Name,
		out: &Reparsed{Source: cfg.Name, Left: map[string]int{}}}
	filter.Source = cfg.Name
	if err := a.DB.Unparsed(ctx, filter, func(u pipeline.Unparsed) error { return r.take(ctx, u) }); err != nil {
		return nil, err
	}
	return r.out, r.store(ctx)
}

// settled is the source's parser with its format named. In quarantine lies what somebody may have written there on purpose,
// a line of another format for example; recognition by a record alone would believe it.
func (a *App) settled(ctx context.Context, cfg *config.Source) (parsers.Config, error) {
	out := cfg.Decoder
	if out.Format != "" && out.Format != "auto" {
		return out, nil
	}
	formats, err := a.DB.Formats(ctx, cfg.Name)
	if err != nil {
		return out, err
	}
	if len(formats) != 1 {
		return out, fmt.Errorf("its format is auto, and its events have %d formats: name the one of the records in quarantine with -source and -format", len(formats))
	}
	out.Format = formats[0]
	return out, nil
}

type reparser struct {
	app      *App
	cfg      parsers.Config
	source   string
	analyser pipeline.Analyser
	dryRun   bool
	events   []pipeline.Event
	done     []pipeline.RecordID
	out      *Reparsed
}

func (r *reparser) take(ctx context.Context, u pipeline.Unparsed) error {
	r.out.Records++
	events, reason, err := parseAlone(r.cfg, u)
	if err != nil {
		return err
	}
	if reason != "" {
		r.out.Left[reason]++
		return nil
	}
	now := time.Now().UTC()
	for i := range events {
		e := &events[i]
		e.IngestedAt = now
		if e.EventTime.IsZero() {
			e.TimeCertainty, e.EventTime = pipeline.TimeMissing, u.Time
			if u.Time.IsZero() {
				e.EventTime = now
			}
		}
		r.analyser.Analyse(e)
	}
	r.out.Parsed++
	r.out.Events += uint64(len(events))
	r.events, r.done = append(r.events, events...), append(r.done, u.RecordID)
	if len(r.done) < reparseChunk {
		return nil
	}
	return r.store(ctx)
}

// store moves what was understood so far.
func (r *reparser) store(ctx context.Context) error {
	if len(r.done) == 0 || r.dryRun {
		r.events, r.done = nil, nil
		return nil
	}
	sum := sha256.New()
	for _, id := range r.done {
		sum.Write(id[:])
	}
	first, last := &r.events[0], &r.events[len(r.events)-1]
	c := &pipeline.Commit{
		ID: "again-" + hex.EncodeToString(sum.Sum(nil)[:16]), Source: r.source, Decoded: &pipeline.Decoded{Events: r.events}, Arrived: first.IngestedAt,
		FirstPos: fmt.Sprintf("%s@%d", first.Stream, first.Offset), LastPos: fmt.Sprintf("%s@%d", last.Stream, last.Offset),
	}
	if err := r.app.DB.Reparsed(ctx, c, r.done); err != nil {
		return err
	}
	r.events, r.done = nil, nil
	return nil
}

// parseAlone gives the events of a record in quarantine under its old identity, or why it still has none.
func parseAlone(cfg parsers.Config, u pipeline.Unparsed) (events []pipeline.Event, reason string, err error) {
	decoder, err := parsers.New(cfg, parsers.Options{})
	if err != nil {
		return nil, "", fmt.Errorf("set up parser: %w", err)
	}
	var out pipeline.Decoded
	at := u.Offset
	for i, line := range bytes.Split(bytes.TrimSuffix(u.Raw, []byte("\n")), []byte("\n")) {
		decoder.Decode(pipeline.Record{
			Source: u.Source, Stream: u.Stream, Offset: at, Time: u.Time, Raw: line, Size: int64(len(line)) + 1, Seq: uint64(i),
		}, &out)
		at += int64(len(line)) + 1
	}
	decoder.Flush(&out)
	switch {
	case len(out.Unparsed) > 0:
		return nil, out.Unparsed[0].Reason, nil
	case len(out.Skipped) > 0:
		return nil, out.Skipped[0].Reason, nil
	case len(out.Events) == 0:
		return nil, u.Reason, nil
	}
	for i := range out.Events {
		e := &out.Events[i]
		e.RecordID, e.Index, e.Offset = u.RecordID, uint16(min(i, 1<<16-1)), u.Offset //nolint:gosec // bounded
		e.Lines, e.Bytes = 0, 0
	}
	out.Events[0].Lines, out.Events[0].Bytes = u.Lines, u.Bytes
	return out.Events, "", nil
}
