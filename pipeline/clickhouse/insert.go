package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// column is one column's part of an insert.
type column struct {
	name string
	wire string // its type in the table; over HTTP the one that is sent
	data any    // a slice
}

// insert writes one block. A token makes a repeated insert of the same block a no-op.
func (db *DB) insert(ctx context.Context, table, token string, cols []column, rows int) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, db.cfg.InsertTimeout, timeout("insert timed out"))
	defer cancel()
	began := time.Now()
	defer func() { db.metrics.inserted(table, rows, time.Since(began), err) }()

	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = "`" + c.name + "`"
	}
	query := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ")"
	if db.driverBlocks {
		err = db.insertBatch(ctx, query, token, cols)
	} else {
		err = db.insertBlock(ctx, query, token, cols, rows)
	}
	if err != nil {
		return fmt.Errorf("insert %s: %w", table, err)
	}
	return nil
}

// insertBlock sends a block of our own making over HTTP.
func (db *DB) insertBlock(ctx context.Context, query, token string, cols []column, rows int) error {
	block := db.blocks.Get().(*nativeBlock)
	if err := block.encode(cols, rows); err != nil {
		return err
	}
	settings := db.insertSettings(token)
	body := block.buf
	if db.compress != nil {
		settings["decompress"] = 1
		var err error
		if body, err = db.compress(body); err != nil {
			return fmt.Errorf("compress: %w", err)
		}
	}
	ctx = chgo.Context(ctx, chgo.WithSettings(settings))
	if err := db.conn.InsertFormat(ctx, "Native", query, bytes.NewReader(body)); err != nil {
		return db.scrub(err) // the transport may still read the buffer: it is not used again
	}
	db.blocks.Put(block)
	return nil
}

// insertBatch lets the driver make the block: the native protocol takes no other way.
func (db *DB) insertBatch(ctx context.Context, query, token string, cols []column) error {
	ctx = chgo.Context(ctx, chgo.WithSettings(db.insertSettings(token)))
	batch, err := db.conn.PrepareBatch(ctx, query)
	if err != nil {
		return db.scrub(err)
	}
	defer batch.Close()
	for i, c := range cols {
		if err := batch.Column(i).Append(c.data); err != nil {
			return fmt.Errorf("column %s: %w", c.name, err)
		}
	}
	return db.scrub(batch.Send())
}

// lz4Frames packs data into the server's compressed frames.
func lz4Frames(data []byte) ([]byte, error) {
	const frame = 1 << 20
	w := compress.NewWriter(0, compress.LZ4)
	var out []byte
	for len(data) > 0 {
		n := min(frame, len(data))
		if err := w.Compress(data[:n]); err != nil {
			return nil, err
		}
		out, data = append(out, w.Data...), data[n:]
	}
	return out, nil
}

func (db *DB) insertSettings(token string) chgo.Settings {
	s := chgo.Settings{
		"async_insert":                    0, // newer servers' default: rows of several inserts are gathered, tokens ignored
		"optimize_on_insert":              0, // merging each block as it comes takes five times the insert's own time; FINAL does it
		"max_partitions_per_insert_block": 0, // a log line may claim any date: that must not stop the others
	}
	if db.cfg.Cluster != "" {
		s["distributed_foreground_insert"] = 1
	}
	for k, v := range db.cfg.InsertSettings {
		s[k] = v
	}
	if token != "" {
		s["insert_deduplicate"] = 1
		s["insert_deduplication_token"] = token
	}
	return s
}
