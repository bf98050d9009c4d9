package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// storedStream is what ClickHouse holds of a stream.
type storedStream struct {
	first, last int64
	tail        uint64 // lines of the record at last
	lines       uint64 // of events and unparsed records, each once
	skipped     uint64 // each once
	loose       uint64 // skipped, by a version that did not note which: counted each time they came
	newest      time.Time
}

// all are the lines that are accounted for, apart from the loose ones.
func (s *storedStream) all() uint64 { return s.lines + s.skipped }

// archivedStream is what the archive holds of a stream.
type archivedStream struct {
	first, last int64
	records     uint64
	segments    []worm.SegmentCount
}

// accountedSQL are the records of a source that are accounted for, each once: a line that was skipped, and at another time was a
// part of an event, is an event's.
const accountedSQL = `(
	SELECT CAST(record_id, 'String') AS id, CAST(stream, 'String') AS of, offset AS off, toUInt64(lines) AS n, 0 AS left_out, ingested_at AS at FROM events FINAL WHERE source = {source:String}
	UNION ALL
	SELECT CAST(record_id, 'String'), CAST(stream, 'String'), offset, toUInt64(lines), 0, ingested_at FROM unparsed FINAL WHERE source = {source:String}
		AND record_id NOT IN (SELECT record_id FROM events WHERE source = {source:String})
	UNION ALL
	SELECT id, any(stream), any(off), any(n), 1, max(at) FROM skipped FINAL ARRAY JOIN record_ids AS id, record_offsets AS off, record_lines AS n
		WHERE source = {source:String} AND id NOT IN (SELECT CAST(record_id, 'String') FROM events WHERE source = {source:String})
		AND id NOT IN (SELECT CAST(record_id, 'String') FROM unparsed WHERE source = {source:String}) GROUP BY id)`

const (
	storedSQL = `SELECT of, min(off), max(off), argMax(n, off), sumIf(n, left_out = 0), sumIf(n, left_out = 1), max(at) FROM ` + accountedSQL + ` GROUP BY of`
	looseSQL  = `SELECT CAST(stream, 'String'), sum(lines) FROM skipped FINAL WHERE source = {source:String} AND empty(record_ids) GROUP BY stream`
	partSQL   = `SELECT sum(n) FROM ` + accountedSQL + ` WHERE of = {stream:String} AND off BETWEEN {from:Int64} AND {to:Int64}`
	newestSQL = `SELECT max(committed_at) FROM batches WHERE source = ?`
)

func (r *reconciler) stored(ctx context.Context, source string) (map[string]*storedStream, error) {
	out := map[string]*storedStream{}
	rows, err := r.app.DB.Conn().Query(ctx, storedSQL, chgo.Named("source", source))
	if err != nil {
		return nil, fmt.Errorf("count stored lines: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		s := &storedStream{}
		if err := rows.Scan(&name, &s.first, &s.last, &s.tail, &s.lines, &s.skipped, &s.newest); err != nil {
			return nil, fmt.Errorf("count stored lines: %w", err)
		}
		out[name] = s
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count stored lines: %w", err)
	}
	loose, err := r.app.DB.Conn().Query(ctx, looseSQL, chgo.Named("source", source))
	if err != nil {
		return nil, fmt.Errorf("count skipped lines: %w", err)
	}
	defer loose.Close()
	for loose.Next() {
		var name string
		var lines uint64
		if err := loose.Scan(&name, &lines); err != nil {
			return nil, fmt.Errorf("count skipped lines: %w", err)
		}
		if out[name] == nil {
			out[name] = &storedStream{first: 0, last: -1}
		}
		out[name].loose = lines
	}
	return out, loose.Err()
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
		if s := stored[name]; archived[name] == nil && s.all()+s.loose > 0 {
			r.behind(out, gap{Stream: name, From: s.first, To: s.last, Records: int64(s.all() + s.loose), Missing: "archive",
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
	// Of loose lines nobody knows how often they came: within them no difference can be told.
	if a.records >= s.all() && a.records <= s.all()+s.loose {
		return nil
	}
	total := int64(s.all()) - int64(a.records)
	if total < 0 {
		total += int64(s.loose)
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
				Reason: fmt.Sprintf("archived in segment %d", seg.Sequence)}, ingesting && seg.Last > s.last)
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

// part counts the lines accounted for of a stretch.
func (r *reconciler) part(ctx context.Context, source, stream string, from, to int64) (n uint64, err error) {
	args := []any{chgo.Named("source", source), chgo.Named("stream", stream), chgo.Named("from", strconv.FormatInt(from, 10)), chgo.Named("to", strconv.FormatInt(to, 10))}
	if err = r.app.DB.Conn().QueryRow(ctx, partSQL, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count stored lines of %s: %w", stream, err)
	}
	return n, nil
}
