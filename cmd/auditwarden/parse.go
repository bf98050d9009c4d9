package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/cmd/internal/cli"
	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
)

const parseHelp = `Reads a log (plain, .gz, or - for standard input) and prints one JSON object a line for each event, and one with
"kind":"unparsed" for each record that no parser understands. A summary goes to standard error.

The statements are printed as they are in the log, literals included: this is your own file. Use explain for normal forms.`

func parse(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden parse", "[-format F] [-prefix P] [-tz ZONE] FILE|-...", parseHelp)
	cfg := parsers.Default()
	f.StringVar(&cfg.Format, "format", cfg.Format, "the log's `format`; auto recognises it, list prints all")
	f.StringVar(&cfg.Prefix, "prefix", "", "PostgreSQL's `log_line_prefix`; empty: recognised")
	f.StringVar(&cfg.TimeZone, "tz", "", "IANA `zone` of time stamps that state none; empty: UTC")
	f.StringVar(&cfg.Cluster, "cluster", "", "`name` of the database cluster, put into every event")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if cfg.Format == "list" {
		return listFormats(env.Stdout)
	}
	if f.NArg() == 0 {
		return cli.Usagef("no file given (- is standard input; see 'auditwarden parse -h')")
	}
	if err := cfg.Validate().Err(); err != nil {
		return cli.Usagef("%s", err)
	}
	out := bufio.NewWriterSize(env.Stdout, 1<<16)
	p := &printer{json: json.NewEncoder(out), reasons: map[string]uint64{}, kinds: map[pipeline.EventKind]uint64{}}
	p.json.SetEscapeHTML(false)
	err := decodeFiles(ctx, env, cfg, f.Args(), p.print)
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	p.summary(env.Stderr)
	return nil
}

func listFormats(w io.Writer) error {
	for _, i := range parsers.Formats() {
		if _, err := fmt.Fprintf(w, "%-28s %s\n", i.Name, i.Title); err != nil {
			return err
		}
	}
	return nil
}

// decodeFiles gives what becomes of the files' lines to use, batch by batch.
func decodeFiles(ctx context.Context, env cli.Env, cfg parsers.Config, paths []string, use func(*pipeline.Decoded) error) error {
	files := file.Default()
	files.Paths, files.Follow = paths, false
	src, err := file.New(files, file.Options{Name: "parse", Stdin: env.Stdin})
	if err != nil {
		return err
	}
	defer src.Close()
	dec, err := parsers.New(cfg, parsers.Options{})
	if err != nil {
		return err
	}
	var out pipeline.Decoded
	var seq uint64
	for {
		b, err := src.Read(ctx)
		if errors.Is(err, io.EOF) {
			dec.Flush(&out)
			return use(&out)
		}
		if err != nil {
			return err
		}
		for i := range b.Records {
			b.Records[i].Seq = seq
			seq++
			dec.Decode(b.Records[i], &out)
		}
		if err := use(&out); err != nil {
			return err
		}
		out.Reset()
	}
}

// printer writes events and unparsed records as JSON lines and counts them.
type printer struct {
	json                      *json.Encoder
	events, unparsed, skipped uint64 // lines
	n                         uint64 // events
	kinds                     map[pipeline.EventKind]uint64
	reasons                   map[string]uint64
	first, last               time.Time
}

// print writes what d holds in the order of the file's lines.
func (p *printer) print(d *pipeline.Decoded) error {
	e, u, s := d.Lines()
	p.events, p.unparsed, p.skipped = p.events+e, p.unparsed+u, p.skipped+s
	for i, j := 0, 0; i < len(d.Events) || j < len(d.Unparsed); {
		var err error
		if j == len(d.Unparsed) || i < len(d.Events) && !before(&d.Unparsed[j], &d.Events[i]) {
			err = p.event(&d.Events[i])
			i++
		} else {
			p.reasons[d.Unparsed[j].Reason]++
			err = p.json.Encode(newUnparsedJSON(&d.Unparsed[j]))
			j++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func before(u *pipeline.Unparsed, e *pipeline.Event) bool {
	return u.Stream == e.Stream && u.Offset < e.Offset
}

func (p *printer) event(e *pipeline.Event) error {
	p.n++
	p.kinds[e.Kind]++
	if t := e.EventTime; !t.IsZero() {
		if p.first.IsZero() || t.Before(p.first) {
			p.first = t
		}
		if t.After(p.last) {
			p.last = t
		}
	}
	return p.json.Encode(newEventJSON(e))
}

func (p *printer) summary(w io.Writer) {
	fmt.Fprintf(w, "%d lines: %d in %d events, %d unparsed, %d skipped\n", p.events+p.unparsed+p.skipped, p.events, p.n, p.unparsed, p.skipped)
	if !p.first.IsZero() {
		fmt.Fprintf(w, "from %s to %s\n", p.first.Format(time.RFC3339), p.last.Format(time.RFC3339))
	}
	if s := counts(p.kinds); s != "" {
		fmt.Fprintf(w, "events: %s\n", s)
	}
	if s := counts(p.reasons); s != "" {
		fmt.Fprintf(w, "unparsed records: %s\n", s)
	}
}

func counts[K ~string](m map[K]uint64) string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, string(k))
	}
	slices.Sort(names)
	for i, n := range names {
		names[i] = fmt.Sprintf("%d %s", m[K(n)], n)
	}
	return strings.Join(names, ", ")
}
