package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

var _ pipeline.Store = (*DB)(nil)

// Commit makes c durable: events, unparsed, statements not written before, counts of skipped lines, and last the ledger's
// row. After an error any part of it may be stored; repeating the call, or committing the same records in other batches,
// is harmless.
func (db *DB) Commit(ctx context.Context, c *pipeline.Commit) error {
	return db.commit(ctx, c, ledgerRow{id: ledgerID(c)})
}

// Insert stores events without a ledger row. Detection sees them after [AdoptAfter], see [DB.AdoptOrphans].
func (db *DB) Insert(ctx context.Context, events []pipeline.Event) error {
	if len(events) == 0 {
		return nil
	}
	h := sha256.New()
	for i := range events {
		h.Write(events[i].RecordID[:])
		h.Write([]byte{byte(events[i].Index >> 8), byte(events[i].Index)})
	}
	if _, err := db.insertEvents(ctx, hex.EncodeToString(h.Sum(nil)[:16]), events); err != nil {
		return err
	}
	return db.insertStatements(ctx, events)
}

func (db *DB) commit(ctx context.Context, c *pipeline.Commit, row ledgerRow) error {
	d := c.Decoded
	if d == nil {
		d = &pipeline.Decoded{}
	}
	sum, err := db.insertEvents(ctx, row.id, d.Events)
	if err != nil {
		return err
	}
	if err := db.insertUnparsed(ctx, row.id, d.Unparsed); err != nil {
		return err
	}
	if err := db.insertStatements(ctx, d.Events); err != nil {
		return err
	}
	if err := db.insertSkipped(ctx, row.id, d.Skipped); err != nil {
		return err
	}
	row.fill(c, d, sum)
	return db.insertLedger(ctx, row)
}

// ledgerID is the commit's id. Where it covers neither events nor unparsed records, the id rests on counts alone, which may be
// the same another time: then the positions are put to it.
func ledgerID(c *pipeline.Commit) string {
	if c.Decoded != nil && len(c.Decoded.Events)+len(c.Decoded.Unparsed) > 0 {
		return c.ID
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s", c.FirstPos, c.LastPos)
	return c.ID + "-" + hex.EncodeToString(h.Sum(nil)[:8])
}

// eventSum says of a commit's events what the ledger keeps.
type eventSum struct {
	distinct, hash   uint64
	minTime, maxTime time.Time
}

// insertEvents stores events.
func (db *DB) insertEvents(ctx context.Context, batch string, events []pipeline.Event) (eventSum, error) {
	if len(events) == 0 {
		return eventSum{minTime: earliest, maxTime: earliest}, nil
	}
	cols := db.buffers.Get().(*eventColumns)
	defer func() {
		cols.reset(0)
		db.buffers.Put(cols)
	}()
	cols.fill(batch, events, db.cfg.StoreStatementText)
	if err := db.keepArrivalTimes(ctx, cols, events); err != nil {
		return eventSum{}, err
	}
	if err := db.insert(ctx, "events", batch, cols.columns(), cols.rows); err != nil {
		return eventSum{}, err
	}
	n, hash := countDistinct(events)
	return eventSum{
		distinct: n, hash: hash,
		minTime: slices.MinFunc(cols.eventTime, time.Time.Compare),
		maxTime: slices.MaxFunc(cols.eventTime, time.Time.Compare),
	}, nil
}

// insertUnparsed stores the quarantined records of a commit.
func (db *DB) insertUnparsed(ctx context.Context, batch string, list []pipeline.Unparsed) error {
	if len(list) == 0 {
		return nil
	}
	now := db.now()
	n := len(list)
	var (
		batches, ids, sources, streams = make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		raws, reasons, errs, prints    = make([][]byte, n), make([]string, n), make([]string, n), make([]string, n)
		offsets, lines, sizes          = make([]int64, n), make([]uint32, n), make([]uint64, n)
		times, ingested                = make([]*time.Time, n), make([]time.Time, n)
		signals                        = make([][]string, n)
		suspicious, scores             = make([]bool, n), make([]float32, n)
		deleted                        = make([]uint8, n)
	)
	for i := range list {
		u := &list[i]
		batches[i], ids[i], sources[i], streams[i] = batch, u.RecordID.String(), u.Source, u.Stream
		raws[i], reasons[i], errs[i] = u.Raw, u.Reason, u.Error
		offsets[i], lines[i], sizes[i], ingested[i] = u.Offset, u.Lines, u.Bytes, now
		if !u.Time.IsZero() {
			t := clampTime(u.Time)
			times[i] = &t
		}
		if u.SQL != nil {
			prints[i], signals[i] = u.SQL.Fingerprint, u.SQL.SignalNames()
			suspicious[i], scores[i] = u.SQL.Suspicious, float32(u.SQL.Score)
		}
	}
	return db.insert(ctx, "unparsed", batch, []column{
		{"batch_id", "String", batches}, {"record_id", "String", ids}, {"source", "String", sources}, {"stream", "String", streams},
		{"offset", "Int64", offsets}, {"lines", "UInt32", lines}, {"bytes", "UInt64", sizes},
		{"time", "Nullable(DateTime64(6, 'UTC'))", times}, {"ingested_at", "DateTime64(3, 'UTC')", ingested},
		{"raw", "String", raws}, {"reason", "String", reasons}, {"error", "String", errs}, {"fingerprint", "String", prints},
		{"signals", "Array(String)", signals}, {"suspicious", "Bool", suspicious}, {"score", "Float32", scores},
		{"is_deleted", "UInt8", deleted},
	}, n)
}

// insertSkipped stores which lines were left out, and why: one row for each stream and reason, with the records' ids.
func (db *DB) insertSkipped(ctx context.Context, batch string, list []pipeline.Skipped) error {
	if len(list) == 0 {
		return nil
	}
	rows := skippedRows{index: map[[3]string]int{}}
	for i := range list {
		rows.add(&list[i])
	}
	n := len(rows.streams)
	batches := make([]string, n)
	for i := range batches {
		batches[i] = batch
	}
	return db.insert(ctx, "skipped", batch, []column{
		{"batch_id", "String", batches}, {"source", "String", rows.sources}, {"stream", "String", rows.streams},
		{"reason", "String", rows.reasons}, {"lines", "UInt64", rows.lines}, {"bytes", "UInt64", rows.bytes},
		{"record_ids", "Array(String)", rows.ids}, {"record_offsets", "Array(Int64)", rows.offsets}, {"record_lines", "Array(UInt64)", rows.each},
	}, n)
}

// skippedRows gathers skipped lines by source, stream and reason.
type skippedRows struct {
	index                     map[[3]string]int
	sources, streams, reasons []string
	lines, bytes              []uint64
	ids                       [][]string // of each record, with its offset and its lines
	offsets                   [][]int64
	each                      [][]uint64
}

func (r *skippedRows) add(s *pipeline.Skipped) {
	key := [3]string{s.Source, s.Stream, s.Reason}
	i, ok := r.index[key]
	if !ok {
		i = len(r.streams)
		r.index[key] = i
		r.sources, r.streams, r.reasons = append(r.sources, s.Source), append(r.streams, s.Stream), append(r.reasons, s.Reason)
		r.lines, r.bytes = append(r.lines, 0), append(r.bytes, 0)
		r.ids, r.offsets, r.each = append(r.ids, nil), append(r.offsets, nil), append(r.each, nil)
	}
	r.lines[i] += uint64(s.Lines)
	r.bytes[i] += s.Bytes
	r.ids[i], r.offsets[i], r.each[i] = append(r.ids[i], s.RecordID.String()), append(r.offsets[i], s.Offset), append(r.each[i], uint64(s.Lines))
}
