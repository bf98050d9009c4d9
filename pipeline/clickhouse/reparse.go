package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// UnparsedFilter narrows [DB.Unparsed]; empty fields do not.
type UnparsedFilter struct {
	Source string
	Reason string
	Since  time.Time // ingested at or after
}

// Unparsed calls fn with every record in quarantine, by source and record id, until fn gives an error. The slice Raw is fn's to keep.
func (db *DB) Unparsed(ctx context.Context, f UnparsedFilter, fn func(pipeline.Unparsed) error) error {
	rows, err := db.conn.Query(ctx, `
		SELECT toString(record_id), source, stream, offset, lines, bytes, time, raw, reason, error FROM unparsed FINAL
		WHERE ingested_at >= `+sqlMicros+` AND (? = '' OR source = ?) AND (? = '' OR reason = ?)
		ORDER BY source, record_id`, micros(f.Since), f.Source, f.Source, f.Reason, f.Reason)
	if err != nil {
		return fmt.Errorf("read unparsed: %w", db.scrub(err))
	}
	defer rows.Close()
	for rows.Next() {
		var (
			u       pipeline.Unparsed
			id, raw string
			at      *time.Time
		)
		if err := rows.Scan(&id, &u.Source, &u.Stream, &u.Offset, &u.Lines, &u.Bytes, &at, &raw, &u.Reason, &u.Error); err != nil {
			return fmt.Errorf("read unparsed: %w", err)
		}
		if u.RecordID, err = pipeline.ParseRecordID(id); err != nil {
			return fmt.Errorf("read unparsed: %w", err)
		}
		if at != nil {
			u.Time = *at
		}
		u.Raw = []byte(raw)
		if err := fn(u); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read unparsed: %w", db.scrub(err))
	}
	return nil
}

// Formats are those that a source's events have.
func (db *DB) Formats(ctx context.Context, source string) ([]string, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	var formats []string
	if err := db.conn.QueryRow(ctx, "SELECT arraySort(groupUniqArray(100)(toString(format))) FROM events WHERE source = ?", source).Scan(&formats); err != nil {
		return nil, fmt.Errorf("read formats of source %s: %w", source, db.scrub(err))
	}
	return formats, nil
}

// Reparsed stores what records from the quarantine became, and then takes those records out of it, raw bytes and all. c holds the
// events (its LinesIn and BytesIn are ignored: the lines were counted when they came); done lists the records. The ledger
// notes that the lines moved, and detection sees the events. After an error call it again with the same.
func (db *DB) Reparsed(ctx context.Context, c *pipeline.Commit, done []pipeline.RecordID) error {
	if c.Decoded == nil || len(c.Decoded.Unparsed)+len(c.Decoded.Skipped) > 0 {
		return errors.New("store parsed again: the commit must hold events only")
	}
	row := ledgerRow{id: ledgerID(c), reparse: true}
	if err := db.commit(ctx, c, row); err != nil {
		return err
	}
	return db.dropUnparsed(ctx, done)
}

// dropUnparsed writes a tombstone over each record: the same key and version, no raw bytes, hidden by FINAL. The merge that follows
// takes the bytes off the disk.
func (db *DB) dropUnparsed(ctx context.Context, ids []pipeline.RecordID) error {
	for part := range slices.Chunk(ids, idChunk) {
		texts := make([]string, len(part))
		for i, id := range part {
			texts[i] = id.String()
		}
		if err := db.writeTombstones(ctx, texts); err != nil {
			return fmt.Errorf("drop unparsed: %w", db.scrub(err))
		}
	}
	return nil
}

func (db *DB) writeTombstones(ctx context.Context, ids []string) error {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	return db.conn.Exec(ctx, `
		INSERT INTO unparsed (batch_id, record_id, source, stream, offset, lines, bytes, ingested_at, reason, is_deleted)
		SELECT batch_id, record_id, source, stream, offset, lines, bytes, ingested_at, reason, 1 FROM unparsed FINAL WHERE record_id IN (?)`, ids)
}
