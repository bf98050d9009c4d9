package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// ledgerBefore is how much earlier than its events' ingested_at a ledger row is looked for at first. Earlier it is only where
// clocks differ by more.
const ledgerBefore = 24 * time.Hour

// orphanSQL lists batches that have events but no recent ledger row, so that the whole ledger need not be read each time.
const orphanSQL = `
SELECT DISTINCT batch_id FROM events
WHERE ingested_at >= ` + sqlMicros + ` AND ingested_at < ` + sqlMicros + `
	AND batch_id NOT IN (SELECT batch_id FROM batches WHERE committed_at >= ` + sqlMicros + `)`

// adoptSQL asks the whole ledger, by its key, about those few.
const adoptSQL = `
INSERT INTO batches (batch_id, source, committed_at, arrived_at, events, min_event_time, max_event_time, adopted)
SELECT batch_id, any(source), now64(6, 'UTC'), min(ingested_at), uniqExact(record_id, event_index), min(event_time), max(event_time), true
FROM events
WHERE ingested_at >= ` + sqlMicros + ` AND ingested_at < ` + sqlMicros + `
	AND batch_id IN (?) AND batch_id NOT IN (SELECT batch_id FROM batches WHERE batch_id IN (?))
GROUP BY batch_id`

// AdoptOrphans gives a ledger row to batches whose events were stored between since and [AdoptAfter] ago and that have none: their writer
// died in between. The records come again with other batches, as a rule, but where two instances overlapped
// they need not, and no event may stay unseen. The row counts no lines. It gives the time up to which it
// looked, to be passed as since the next time; on the first call pass how far back to look, for example a day.
func (db *DB) AdoptOrphans(ctx context.Context, since time.Time) (upTo time.Time, err error) {
	const overlap = time.Hour // for writers whose clocks are behind
	upTo = db.now().Add(-AdoptAfter)
	if !since.Before(upTo) {
		return since, nil
	}
	from := since.Add(-overlap)
	ids, err := db.orphans(ctx, from, upTo)
	if err != nil {
		return since, err
	}
	for part := range slices.Chunk(ids, idChunk/2) { // listed twice
		if err := db.adopt(ctx, from, upTo, part); err != nil {
			return since, err
		}
	}
	return upTo, nil
}

func (db *DB) orphans(ctx context.Context, from, upTo time.Time) (ids []string, err error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, orphanSQL, micros(from), micros(upTo), micros(from.Add(-ledgerBefore)))
	if err != nil {
		return nil, fmt.Errorf("look for orphaned batches: %w", db.scrub(err))
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for orphaned batches: %w", err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("look for orphaned batches: %w", db.scrub(err))
	}
	return ids, nil
}

func (db *DB) adopt(ctx context.Context, from, upTo time.Time, ids []string) error {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	if err := db.conn.Exec(ctx, adoptSQL, micros(from), micros(upTo), ids, ids); err != nil {
		return fmt.Errorf("adopt orphaned batches: %w", db.scrub(err))
	}
	return nil
}
