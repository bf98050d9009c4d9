package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/auditwarden/auditwarden/baseline/volume"
	"github.com/auditwarden/auditwarden/baseline/volume/series"
	"github.com/auditwarden/auditwarden/cmd/internal/cli"
)

const spikesHelp = `Reads lines of "timestamp,value" (with or without a header, - or nothing is standard input) in the order of time and
writes "timestamp,value,expected,score,alert": how unusual each value is by those before it, from 0 to 1 (0.5 is the score of
the false-alarm probability), and whether it is worth an alert. The two are judged apart: the score looks at rises and falls of
anything that is measured, an alert at counts that rise above the rhythm of day and week (or, with -two-sided, fall), or
that stay above it for days.

Values may be missing (nothing, or NaN): they have score 0 and teach nothing. Missing lines are missing as well, not zeros. What
makes the answer doubtful is said on standard error: lines out of order, negative counts, too short a series.

Time stamps: 2006-01-02 15:04:05 (UTC unless a zone follows), RFC 3339, seconds or milliseconds since 1970.`

func spikes(ctx context.Context, env cli.Env) error {
	f := cli.NewFlags(env, "auditwarden spikes", "[-two-sided] [-q Q] [-skip-bad] [FILE|-]", spikesHelp)
	cfg := volume.Default()
	f.BoolVar(&cfg.TwoSided, "two-sided", false, "alert on falls as well")
	f.Float64Var(&cfg.FalseAlarm, "q", cfg.FalseAlarm, "nominal `probability` of a false alarm at each point")
	f.Float64Var(&cfg.MinFactor, "min-factor", cfg.MinFactor, "least `factor` to the expected value of an alert")
	f.Float64Var(&cfg.MinValue, "min-value", cfg.MinValue, "least `distance` to the expected value of an alert")
	skip := f.Bool("skip-bad", false, "go on after a line that is not understood, and name it on standard error")
	if err := f.Parse(env.Args); err != nil {
		return err
	}
	if f.NArg() > 1 {
		return cli.Usagef("one file at most (see 'auditwarden spikes -h')")
	}
	if err := cfg.Validate().Err(); err != nil {
		return cli.Usagef("%s", err)
	}
	in := env.Stdin
	if name := f.Arg(0); name != "" && name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read series: %w", err)
		}
		defer file.Close()
		in = file
	}
	out := bufio.NewWriterSize(env.Stdout, 1<<16)
	s := spikeWriter{points: series.NewReader(in), detector: volume.New(cfg), out: csv.NewWriter(out), doubts: doubts{learn: cfg.Learn}}
	if *skip {
		s.skipped = env.Stderr
	}
	err := s.run(ctx)
	s.out.Flush()
	if err == nil {
		s.doubts.write(env.Stderr)
	}
	return errors.Join(err, s.out.Error(), out.Flush())
}

type spikeWriter struct {
	points   *series.Reader
	detector *volume.Detector
	out      *csv.Writer
	doubts   doubts
	skipped  io.Writer // where bad lines are named; nil: the first ends it
}

func (s *spikeWriter) run(ctx context.Context) error {
	if err := s.out.Write([]string{"timestamp", "value", "expected", "score", "alert"}); err != nil {
		return err
	}
	for ctx.Err() == nil {
		p, stamp, err := s.points.Next()
		var bad *series.LineError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &bad) && s.skipped != nil:
			fmt.Fprintf(s.skipped, "auditwarden: %s\n", bad)
			continue
		case err != nil:
			return fmt.Errorf("read series: %w", err)
		}
		s.doubts.see(p, s.points.Line())
		v := s.detector.Push(p)
		alert := "0"
		if v.Alert {
			alert = "1"
		}
		if err := s.out.Write([]string{stamp, number(p.Value, -1), number(v.Expected, 6), number(v.Score, 6), alert}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func number(x float64, digits int) string { return strconv.FormatFloat(x, 'g', digits, 64) }
