package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// files compares what the files in sight hold, line by line as they are now, with what is stored and what is archived.
func (r *reconciler) files(ctx context.Context, out *reconciliation, cfg *file.Config, stored map[string]*storedStream, archived map[string]*archivedStream) error {
	v := fileVisit{cfg: cfg, stored: stored, archived: archived, streams: map[string]*heldStream{}}
	if err := file.Lines(ctx, *cfg, out.Source, v.line); err != nil {
		out.Notes = append(out.Notes, "files were not counted: "+err.Error())
		return nil //nolint:nilerr // the rest of the comparison holds without
	}
	out.SourceLines, out.SourceBytes = &v.lines, &v.bytes
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		h := v.streams[name]
		young := false
		if fi, err := os.Stat(h.path); err == nil {
			young = time.Since(fi.ModTime()) < r.settle
		}
		if err := r.fileInStore(ctx, out, name, h, stored[name], young); err != nil {
			return err
		}
		if r.archive != nil {
			r.fileInArchive(out, name, h, archived[name], young)
		}
	}
	r.filesGone(ctx, out, &v)
	return nil
}

// chunk is a piece of a stream: some lines that follow one another.
type chunk struct {
	from, to int64 // offsets of the first and the last line
	lines    uint64
}

func (c *chunk) add(offset int64) {
	if c.lines == 0 {
		c.from = offset
	}
	c.to = offset
	c.lines++
}

// chunkLines is the length of the pieces that a stream is compared by.
const chunkLines = 4096

// heldStream is what the files in sight hold of a stream.
type heldStream struct {
	path         string
	chunks       []chunk // up to the last line stored
	inStore      uint64  // lines in them
	tail         uint64  // of the record stored last, lines still to come
	unstored     chunk   // after that
	segments     []worm.SegmentCount
	inSegment    []uint64 // lines
	at           int      // the segment that the last line was in or before
	between      []chunk  // lines in no segment
	open         bool     // the last of between goes on
	unarchived   chunk    // after the last segment
	inTheArchive uint64
}

type fileVisit struct {
	cfg      *file.Config
	stored   map[string]*storedStream
	archived map[string]*archivedStream
	streams  map[string]*heldStream
	lines    uint64
	bytes    int64
}

func (v *fileVisit) line(rec *pipeline.Record) error {
	v.lines++
	v.bytes += rec.Size
	s, a := v.stored[rec.Stream], v.archived[rec.Stream]
	h := v.streams[rec.Stream]
	if h == nil {
		h = &heldStream{path: rec.Meta["path"]}
		if a != nil {
			h.segments = a.segments
			slices.SortFunc(h.segments, func(x, y worm.SegmentCount) int { return int(x.First - y.First) })
			h.inSegment = make([]uint64, len(h.segments))
		}
		v.streams[rec.Stream] = h
	}
	unended := v.cfg.Follow && rec.Size == int64(len(rec.Raw)) && !rec.Truncated // its end may be still to come
	fromEnd := v.cfg.From == file.FromEnd
	switch {
	case s != nil && rec.Offset <= s.last:
		if fromEnd && rec.Offset < s.first {
			break
		}
		h.count(rec.Offset)
		if rec.Offset == s.last && s.tail > 0 {
			h.tail = s.tail - 1
		}
	case h.tail > 0:
		h.tail--
		h.count(rec.Offset)
	case !unended && !(fromEnd && s == nil):
		h.unstored.add(rec.Offset)
	}
	switch {
	case a != nil && rec.Offset <= a.last:
		if !fromEnd || rec.Offset >= a.first {
			h.segment(rec.Offset)
		}
	case !unended && !(fromEnd && a == nil):
		h.unarchived.add(rec.Offset)
	}
	return nil
}

func (h *heldStream) count(offset int64) {
	if n := len(h.chunks); n == 0 || h.chunks[n-1].lines == chunkLines {
		h.chunks = append(h.chunks, chunk{})
	}
	h.chunks[len(h.chunks)-1].add(offset)
	h.inStore++
}

func (h *heldStream) segment(offset int64) {
	for h.at < len(h.segments) && offset > h.segments[h.at].Last {
		h.at++
		h.open = false
	}
	h.inTheArchive++
	if h.at < len(h.segments) && offset >= h.segments[h.at].First {
		h.inSegment[h.at]++
		h.open = false
		return
	}
	if !h.open {
		h.between, h.open = append(h.between, chunk{}), true
	}
	h.between[len(h.between)-1].add(offset)
}

// fileInStore names lines of a stream's file that are neither stored nor skipped.
func (r *reconciler) fileInStore(ctx context.Context, out *reconciliation, name string, h *heldStream, s *storedStream, young bool) error {
	if n := h.unstored; n.lines > 0 {
		r.further(out, gap{Stream: name, From: n.from, To: n.to, Records: int64(n.lines), Missing: "clickhouse", Reason: "at the end of " + h.path + ", neither stored nor skipped"}, young)
	}
	if s == nil {
		return nil
	}
	switch have := s.all() + s.loose; {
	case h.inStore < s.all():
		out.Notes = append(out.Notes, fmt.Sprintf("%s holds %d lines of %s, %d are stored: it was cut or changed after it was read", h.path, h.inStore, name, s.all()))
	case h.inStore > have:
		g := gap{Source: out.Source, Stream: name, From: -1, Records: int64(h.inStore - have), Missing: "clickhouse", Reason: "lines of " + h.path + " between these offsets are neither stored nor skipped"}
		for _, c := range h.chunks {
			n, err := r.part(ctx, out.Source, name, c.from, c.to)
			if err != nil {
				return err
			}
			if n < c.lines {
				if g.To = c.to; g.From < 0 {
					g.From = c.from
				}
			}
		}
		r.further(out, g, false)
	}
	return nil
}

// fileInArchive names lines of a stream's file that no segment holds.
func (r *reconciler) fileInArchive(out *reconciliation, name string, h *heldStream, a *archivedStream, young bool) {
	if n := h.unarchived; n.lines > 0 {
		r.further(out, gap{Stream: name, From: n.from, To: n.to, Records: int64(n.lines), Missing: "archive", Reason: "at the end of " + h.path + ", not archived"}, young)
	}
	if a == nil || h.inTheArchive == a.records {
		return
	}
	if h.inTheArchive < a.records {
		out.Notes = append(out.Notes, fmt.Sprintf("%s holds %d lines of %s, %d are archived: it was cut or changed after it was read", h.path, h.inTheArchive, name, a.records))
		return
	}
	for _, c := range h.between {
		r.further(out, gap{out.Source, name, c.from, c.to, int64(c.lines), "archive", "in " + h.path + ", and between two segments of the archive"}, false)
	}
	for i, seg := range h.segments {
		if n := h.inSegment[i]; n > seg.Records {
			r.further(out, gap{out.Source, name, seg.First, seg.Last, int64(n - seg.Records), "archive", fmt.Sprintf("in %s; segment %d holds fewer", h.path, seg.Sequence)}, false)
		}
	}
}

// further reports what of a gap was not named before.
func (r *reconciler) further(out *reconciliation, g gap, young bool) {
	for _, o := range out.Gaps {
		if o.Stream == g.Stream && o.Missing == g.Missing && o.From <= g.To && g.From <= o.To {
			g.Records -= o.Records
		}
	}
	if g.Records > 0 {
		r.behind(out, g, young)
	}
}

// mostGone is how many files that are gone are named with their paths.
const mostGone = 20

// filesGone names the streams of which no file is in sight any more: rotated away, or never at this machine.
func (r *reconciler) filesGone(ctx context.Context, out *reconciliation, v *fileVisit) {
	names := map[string]bool{}
	for name := range v.stored {
		names[name] = true
	}
	for name := range v.archived {
		names[name] = true
	}
	maps.DeleteFunc(names, func(name string, _ bool) bool { return v.streams[name] != nil })
	for i, name := range slices.Sorted(maps.Keys(names)) {
		if i == mostGone {
			out.Notes = append(out.Notes, fmt.Sprintf("%d more streams are no longer there", len(names)-mostGone))
			return
		}
		var stored, archived uint64
		if s := v.stored[name]; s != nil {
			stored = s.all() + s.loose
		}
		path := "its file"
		if a := v.archived[name]; a != nil {
			archived = a.records
			if x, err := r.archive.Extract(ctx, out.Source, name, a.last); err == nil && x.Record.Meta["path"] != "" {
				path = x.Record.Meta["path"]
			}
		}
		out.Notes = append(out.Notes, fmt.Sprintf("%s (last read from %s) is no longer there: %d lines stored, %d archived", name, path, stored, archived))
	}
}
