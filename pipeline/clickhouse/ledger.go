package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// ledgerRow is what the ledger says of one commit.
type ledgerRow struct {
	id                                   string
	commit                               *pipeline.Commit
	linesIn                              uint64
	events, unparsed, skipped            uint64
	linesEvents, linesUnparsed, linesOut uint64
	linesReparsed                        uint64
	reparse                              bool // the lines come from the quarantine and were counted before
	bytesIn                              uint64
	minTime, maxTime                     time.Time
	hash                                 uint64
	streams                              []string
	firsts, lasts                        []int64
}

func (r *ledgerRow) fill(c *pipeline.Commit, d *pipeline.Decoded, sum eventSum) {
	r.commit, r.hash, r.minTime, r.maxTime = c, sum.hash, sum.minTime, sum.maxTime
	r.events, r.unparsed, r.skipped = sum.distinct, uint64(len(d.Unparsed)), uint64(len(d.Skipped))
	r.linesEvents, r.linesUnparsed, r.linesOut = d.Lines()
	r.linesIn, r.bytesIn = c.LinesIn, c.BytesIn
	if r.reparse {
		r.linesReparsed, r.linesEvents, r.linesIn, r.bytesIn = r.linesEvents, 0, 0, 0
	}
	r.ranges(d)
}

// ranges notes per stream the smallest and the largest offset.
func (r *ledgerRow) ranges(d *pipeline.Decoded) {
	at := map[string]int{}
	note := func(stream string, offset int64) {
		i, ok := at[stream]
		if !ok {
			at[stream] = len(r.streams)
			r.streams = append(r.streams, stream)
			r.firsts, r.lasts = append(r.firsts, offset), append(r.lasts, offset)
			return
		}
		r.firsts[i], r.lasts[i] = min(r.firsts[i], offset), max(r.lasts[i], offset)
	}
	for i := range d.Events {
		note(d.Events[i].Stream, d.Events[i].Offset)
	}
	for i := range d.Unparsed {
		note(d.Unparsed[i].Stream, d.Unparsed[i].Offset)
	}
}

func (db *DB) insertLedger(ctx context.Context, r ledgerRow) error {
	c := r.commit
	const n64, micros = "UInt64", "DateTime64(6, 'UTC')"
	one := func(v uint64) []uint64 { return []uint64{v} }
	return db.insert(ctx, "batches", r.id, []column{
		{"batch_id", "String", []string{r.id}}, {"source", "String", []string{c.Source}},
		{"arrived_at", micros, []time.Time{clampTime(c.Arrived)}},
		{"events", n64, one(r.events)}, {"unparsed", n64, one(r.unparsed)}, {"skipped", n64, one(r.skipped)},
		{"lines_in", n64, one(r.linesIn)}, {"lines_events", n64, one(r.linesEvents)},
		{"lines_unparsed", n64, one(r.linesUnparsed)}, {"lines_skipped", n64, one(r.linesOut)},
		{"lines_reparsed", n64, one(r.linesReparsed)}, {"bytes_in", n64, one(r.bytesIn)},
		{"min_event_time", micros, []time.Time{r.minTime}}, {"max_event_time", micros, []time.Time{r.maxTime}},
		{"first_pos", "String", []string{c.FirstPos}}, {"last_pos", "String", []string{c.LastPos}},
		{"events_hash", n64, one(r.hash)}, {"adopted", "Bool", []bool{false}},
		{"streams", "Array(String)", [][]string{slices.Clip(r.streams)}},
		{"stream_first", "Array(Int64)", [][]int64{r.firsts}}, {"stream_last", "Array(Int64)", [][]int64{r.lasts}},
	}, 1)
}
