package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline"
)

const idsSQL = `SELECT id, any(off), max(n), max(at) FROM ` + accountedSQL + ` WHERE of = {stream:String} GROUP BY id`

// storedRecord is one record in ClickHouse.
type storedRecord struct {
	offset   int64
	lines    uint64
	at       time.Time
	archived bool
}

// stretch is a run of records of which each is missing.
type stretch struct {
	from, to int64
	records  int64
}

// walk follows one stream through the archive.
type walk struct {
	stored  map[pipeline.RecordID]*storedRecord
	cover   uint64 // lines still to come of the record found last
	missing []stretch
	open    bool // the run found last goes on
	blank   int64
	last    int64 // offset of the last record that is stored
}

// compareIDs compares record by record. Memory: about 150 bytes for each stored record of a source.
func (r *reconciler) compareIDs(ctx context.Context, out *reconciliation, stored map[string]*storedStream, ingesting bool) error {
	walks := map[string]*walk{}
	for rec, err := range r.archive.Records(ctx, out.Source) {
		if err != nil {
			return err
		}
		w := walks[rec.Stream]
		if w == nil {
			records, err := r.ids(ctx, out.Source, rec.Stream)
			if err != nil {
				return err
			}
			w = &walk{stored: records, last: -1}
			walks[rec.Stream] = w
		}
		w.take(rec)
	}
	for name := range stored {
		if walks[name] == nil {
			records, err := r.ids(ctx, out.Source, name)
			if err != nil {
				return err
			}
			walks[name] = &walk{stored: records}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(walks)) {
		w := walks[name]
		var loose int64
		if s := stored[name]; s != nil {
			loose = int64(s.loose)
		}
		w.report(r, out, name, loose, ingesting)
	}
	return nil
}

func (r *reconciler) ids(ctx context.Context, source, stream string) (map[pipeline.RecordID]*storedRecord, error) {
	rows, err := r.app.DB.Conn().Query(ctx, idsSQL, chgo.Named("source", source), chgo.Named("stream", stream))
	if err != nil {
		return nil, fmt.Errorf("read record ids: %w", err)
	}
	defer rows.Close()
	out := map[pipeline.RecordID]*storedRecord{}
	for rows.Next() {
		var text string
		s := &storedRecord{}
		if err := rows.Scan(&text, &s.offset, &s.lines, &s.at); err != nil {
			return nil, fmt.Errorf("read record ids: %w", err)
		}
		id, err := pipeline.ParseRecordID(text)
		if err != nil {
			return nil, err
		}
		out[id] = s
	}
	return out, rows.Err()
}

// take compares one archived record with what is stored.
func (w *walk) take(rec *pipeline.Record) {
	if s := w.stored[rec.ID()]; s != nil {
		s.archived = true
		w.cover, w.open, w.last = max(s.lines, 1)-1, false, rec.Offset
		return
	}
	if w.cover > 0 { // a further line of the record before
		w.cover--
		w.last = rec.Offset
		return
	}
	if len(rec.Raw) == 0 {
		w.blank++
	}
	if !w.open {
		w.missing = append(w.missing, stretch{from: rec.Offset})
		w.open = true
	}
	m := &w.missing[len(w.missing)-1]
	m.to = rec.Offset
	m.records++
}

// report names the gaps of one stream, on both sides. Loose lines were skipped by a version that did not note which: as many missing
// records are taken for those, the shortest stretches first.
func (w *walk) report(r *reconciler, out *reconciliation, stream string, loose int64, ingesting bool) {
	slices.SortStableFunc(w.missing, func(a, b stretch) int { return cmp.Compare(a.records, b.records) })
	for _, m := range w.missing {
		if m.records <= loose {
			loose -= m.records
			continue
		}
		r.behind(out, gap{Stream: stream, From: m.from, To: m.to, Records: m.records, Missing: "clickhouse", Reason: "archived, neither event nor unparsed nor skipped"},
			ingesting && m.from > w.last)
	}
	var lost []*storedRecord
	for _, s := range w.stored {
		if !s.archived {
			lost = append(lost, s)
		}
	}
	slices.SortFunc(lost, func(a, b *storedRecord) int { return cmp.Compare(a.offset, b.offset) })
	if len(lost) == 0 {
		return
	}
	g := gap{Stream: stream, From: lost[0].offset, To: lost[len(lost)-1].offset, Missing: "archive", Reason: "stored, not in the archive"}
	young := true
	for _, s := range lost {
		g.Records += int64(s.lines)
		young = young && time.Since(s.at) < r.settle && s.offset > w.last
	}
	r.behind(out, g, young)
}
