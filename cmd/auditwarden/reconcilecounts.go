package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// storedStream is what ClickHouse holds of a stream.
type storedStream struct {
	first, last int64
	lines       uint64 // each once
	skipped     uint64 // counted each time they came
	newest      time.Time
}

// archivedStream is what the archive holds of a stream.
type archivedStream struct {
	first, last int64
	records     uint64
	segments    []worm.SegmentCount
}

const (
	storedSQL = `SELECT stream, min(offset), max(offset), sum(n), max(at) FROM (
		SELECT CAST(stream, 'String') AS stream, offset, toUInt64(lines) AS n, ingested_at AS at FROM events FINAL WHERE source = ?
		UNION ALL
		SELECT CAST(stream, 'String') AS stream, offset, toUInt64(lines) AS n, ingested_at AS at FROM unparsed FINAL WHERE source = ?
			AND record_id NOT IN (SELECT record_id FROM events WHERE source = ?))
		GROUP BY stream`
	skippedSQL = `SELECT CAST(stream, 'String'), sum(lines) FROM skipped FINAL WHERE source = ? GROUP BY stream`
	partSQL    = `SELECT sum(n) FROM (
		SELECT toUInt64(lines) AS n FROM events FINAL WHERE source = ? AND stream = ? AND offset BETWEEN ? AND ?
		UNION ALL
		SELECT toUInt64(lines) AS n FROM unparsed FINAL WHERE source = ? AND stream = ? AND offset BETWEEN ? AND ?
			AND record_id NOT IN (SELECT record_id FROM events WHERE source = ?))`
	newestSQL = `SELECT max(committed_at) FROM batches WHERE source = ?`
)

func (r *reconciler) stored(ctx context.Context, source string) (map[string]*storedStream, error) {
	out := map[string]*storedStream{}
	rows, err := r.app.DB.Conn().Query(ctx, storedSQL, source, source, source)
	if err != nil {
		return nil, fmt.Errorf("count stored lines: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		s := &storedStream{}
		if err := rows.Scan(&name, &s.first, &s.last, &s.lines, &s.newest); err != nil {
			return nil, fmt.Errorf("count stored lines: %w", err)
		}
		out[name] = s
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count stored lines: %w", err)
	}
	skipped, err := r.app.DB.Conn().Query(ctx, skippedSQL, source)
	if err != nil {
		return nil, fmt.Errorf("count skipped lines: %w", err)
	}
	defer skipped.Close()
	for skipped.Next() {
		var name string
		var lines uint64
		if err := skipped.Scan(&name, &lines); err != nil {
			return nil, fmt.Errorf("count skipped lines: %w", err)
		}
		if out[name] == nil {
			out[name] = &storedStream{first: 0, last: -1}
		}
		out[name].skipped = lines
	}
	return out, skipped.Err()
}

func (r *reconciler) archived(ctx context.Context, source string) (map[string]*archivedStream, error) {
	out := map[string]*archivedStream{}
	for c, err := range r.archive.Counts(ctx, source) {
		if err != nil {
			return nil, err
		}
		a := out[c.Stream]
		if a == nil {
			a = &archivedStream{first: c.First, last: c.Last}
			out[c.Stream] = a
		}
		a.first, a.last = min(a.first, c.First), max(a.last, c.Last)
		a.records += c.Records
		a.segments = append(a.segments, c)
	}
	return out, nil
}

// compare finds what one of ClickHouse and the archive holds and the other does not.
func (r *reconciler) compare(ctx context.Context, out *reconciliation, stored map[string]*storedStream, archived map[string]*archivedStream) error {
	var newest time.Time
	if err := r.app.DB.Conn().QueryRow(ctx, newestSQL, out.Source).Scan(&newest); err != nil {
		return fmt.Errorf("find the latest commit: %w", err)
	}
	if r.exact {
		return r.compareIDs(ctx, out, stored, time.Since(newest) < r.settle)
	}
	streams := slices.Sorted(maps.Keys(archived))
	for _, name := range streams {
		if err := r.compareStream(ctx, out, name, stored[name], archived[name], time.Since(newest) < r.settle); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(stored)) {
		if s := stored[name]; archived[name] == nil && s.lines+s.skipped > 0 {
			r.behind(out, gap{Stream: name, From: s.first, To: s.last, Records: int64(s.lines + s.skipped), Missing: "archive",
				Reason: "the archive holds nothing of this stream"}, time.Since(s.newest) < r.settle)
		}
	}
	return nil
}

// behind reports a gap at a stream's end, unless it is too young to be one.
func (r *reconciler) behind(out *reconciliation, g gap, young bool) {
	g.Source = out.Source
	if young {
		out.Notes = append(out.Notes, fmt.Sprintf("%s is behind: %d records of %s from %d to %d", g.Missing, g.Records, g.Stream, g.From, g.To))
		return
	}
	out.Gaps = append(out.Gaps, g)
}

// compareStream compares by counts: first the whole stream, then, if that differs, segment by segment.
func (r *reconciler) compareStream(ctx context.Context, out *reconciliation, name string, s *storedStream, a *archivedStream, ingesting bool) error {
	if s == nil {
		r.behind(out, gap{Stream: name, From: a.first, To: a.last, Records: int64(a.records), Missing: "clickhouse", Reason: "ClickHouse holds nothing of this stream"}, ingesting)
		return nil
	}
	// Lines skipped twice count twice: within what was skipped no difference can be told.
	if a.records >= s.lines && a.records <= s.lines+s.skipped {
		return nil
	}
	total := int64(s.lines+s.skipped) - int64(a.records)
	if total > 0 {
		total = int64(s.lines) - int64(a.records)
	}
	found := int64(0)
	slices.SortFunc(a.segments, func(x, y worm.SegmentCount) int { return int(x.First - y.First) })
	next := s.first
	for _, seg := range a.segments {
		if seg.First > next { // between two segments
			n, err := r.part(ctx, out.Source, name, next, seg.First-1)
			if err != nil {
				return err
			}
			if n > 0 && total > 0 {
				out.Gaps = append(out.Gaps, gap{out.Source, name, next, seg.First - 1, int64(n), "archive", "stored, and between two segments of the archive"})
				found += int64(n)
			}
		}
		next = max(next, seg.Last+1)
		n, err := r.part(ctx, out.Source, name, seg.First, seg.Last)
		if err != nil {
			return err
		}
		switch missing := int64(seg.Records) - int64(n); {
		case missing > 0 && total < 0:
			r.behind(out, gap{Stream: name, From: seg.First, To: seg.Last, Records: missing, Missing: "clickhouse",
				Reason: fmt.Sprintf("archived in segment %d; some may have been skipped", seg.Sequence)}, ingesting && seg.Last > s.last)
			found -= missing
		case missing < 0 && total > 0:
			out.Gaps = append(out.Gaps, gap{out.Source, name, seg.First, seg.Last, -missing, "archive", fmt.Sprintf("segment %d holds fewer than are stored", seg.Sequence)})
			found -= missing
		}
	}
	if total > 0 && s.last >= next {
		n, err := r.part(ctx, out.Source, name, next, s.last)
		if err != nil {
			return err
		}
		if n > 0 {
			r.behind(out, gap{Stream: name, From: next, To: s.last, Records: int64(n), Missing: "archive", Reason: "stored, and after the archive's last segment"}, time.Since(s.newest) < r.settle)
			found += int64(n)
		}
	}
	if found == 0 {
		out.Gaps = append(out.Gaps, gap{out.Source, name, min(s.first, a.first), max(s.last, a.last), max(total, -total), map[bool]string{true: "archive", false: "clickhouse"}[total > 0],
			"the counts differ: -exact tells where"})
	}
	return nil
}

// part counts the lines stored of a stretch.
func (r *reconciler) part(ctx context.Context, source, stream string, from, to int64) (n uint64, err error) {
	if err = r.app.DB.Conn().QueryRow(ctx, partSQL, source, stream, from, to, source, stream, from, to, source).Scan(&n); err != nil {
		return 0, fmt.Errorf("count stored lines of %s: %w", stream, err)
	}
	return n, nil
}
