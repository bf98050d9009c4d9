package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

// column is one column's part of an insert. wire is the type sent over HTTP, where it may be simpler than the table's: the
// server turns String into LowCardinality and FixedString faster than the driver does. The native protocol always sends
// the table's own types, which take the same Go slices.
type column struct {
	name string
	wire string
	data any // a slice
}

// insert writes one block. A token makes a repeated insert of the same block a no-op.
func (db *DB) insert(ctx context.Context, table, token string, cols []column, rows int) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, db.cfg.InsertTimeout, timeout("insert timed out"))
	defer cancel()
	began := time.Now()
	defer func() { db.metrics.inserted(table, rows, time.Since(began), err) }()

	names := make([]string, len(cols))
	types := make([]chgo.ColumnNameAndType, len(cols))
	for i, c := range cols {
		names[i] = "`" + c.name + "`"
		types[i] = chgo.ColumnNameAndType{Name: c.name, Type: c.wire}
	}
	ctx = chgo.Context(ctx, chgo.WithSettings(db.insertSettings(token)))
	if !db.ownTypes {
		ctx = chgo.Context(ctx, chgo.WithColumnNamesAndTypes(types))
	}
	batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return fmt.Errorf("insert %s: %w", table, db.scrub(err))
	}
	defer batch.Close()
	for i, c := range cols {
		if err := batch.Column(i).Append(c.data); err != nil {
			return fmt.Errorf("insert %s: column %s: %w", table, c.name, err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert %s: %w", table, db.scrub(err))
	}
	return nil
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
