package clickhouse

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/pipeline"
)

var _ pipeline.Checkpoints = (*DB)(nil)

// Load gives the positions saved for a source, by stream.
func (db *DB) Load(ctx context.Context, source string) (map[string]string, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT stream, position, version FROM checkpoints FINAL WHERE source = ?", source)
	if err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", db.scrub(err))
	}
	defer rows.Close()
	positions := map[string]string{}
	for rows.Next() {
		var (
			stream, position string
			version          uint64
		)
		if err := rows.Scan(&stream, &position, &version); err != nil {
			return nil, fmt.Errorf("read checkpoints: %w", err)
		}
		db.version.above(version)
		if position != "" {
			positions[stream] = position
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", db.scrub(err))
	}
	return positions, nil
}

// Save makes positions durable; streams not named keep theirs, an empty position forgets the stream. Of two saves the later
// call wins, even if the earlier one reaches the server last.
func (db *DB) Save(ctx context.Context, source string, positions map[string]string) error {
	if len(positions) == 0 {
		return nil
	}
	n := len(positions)
	version := db.version.next(db.now())
	sources, streams, texts, versions := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]uint64, 0, n)
	for stream, position := range positions {
		sources, versions = append(sources, source), append(versions, version)
		streams, texts = append(streams, stream), append(texts, position)
	}
	err := db.insert(ctx, "checkpoints", "", []column{
		{"source", "String", sources}, {"stream", "String", streams}, {"position", "String", texts}, {"version", "UInt64", versions},
	}, n)
	if err != nil {
		return fmt.Errorf("save checkpoints: %w", err)
	}
	return nil
}
