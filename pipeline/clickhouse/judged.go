package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Batch is a row of the ledger, as detection needs it.
type Batch struct {
	ID          string
	Source      string
	CommittedAt time.Time // by the server's clock
	ArrivedAt   time.Time
	Events      uint64
	Unparsed    uint64
	// MinEventTime and MaxEventTime bound the batch's events; put them into a query on events beside batch_id, so that only
	// those parts are read.
	MinEventTime time.Time
	MaxEventTime time.Time
	Adopted      bool // its writer died before the ledger row; see [DB.AdoptOrphans]
}

// judgedMark is the ledger's time up to which this process knows every batch to be judged. It goes by the server's clock alone.
type judgedMark struct {
	mu     sync.Mutex
	upTo   time.Time
	newest time.Time // of all batches ever listed
}

// visibleAfter bounds how much later than its committed_at a ledger row may be seen: its insert must have ended.
const visibleAfter = maxInsertTimeout + time.Minute

const unjudgedSQL = `
SELECT batch_id, source, committed_at, arrived_at, events, unparsed, min_event_time, max_event_time, adopted
FROM batches FINAL
WHERE committed_at >= ` + sqlMicros + ` AND (batch_id, committed_at) NOT IN
	(SELECT batch_id, committed_at FROM detect_batches WHERE committed_at >= ` + sqlMicros + `)
ORDER BY committed_at, batch_id
LIMIT ?`

// UnjudgedBatches lists batches that detection has not judged yet, in the order in which they were committed. A batch that
// was committed again after it was judged comes again.
func (db *DB) UnjudgedBatches(ctx context.Context, limit int) ([]Batch, error) {
	since := db.judged.get()
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, unjudgedSQL, micros(since), micros(since), limit)
	if err != nil {
		return nil, fmt.Errorf("read unjudged batches: %w", db.scrub(err))
	}
	defer rows.Close()
	var list []Batch
	for rows.Next() {
		var b Batch
		err := rows.Scan(&b.ID, &b.Source, &b.CommittedAt, &b.ArrivedAt, &b.Events, &b.Unparsed, &b.MinEventTime, &b.MaxEventTime, &b.Adopted)
		if err != nil {
			return nil, fmt.Errorf("read unjudged batches: %w", err)
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read unjudged batches: %w", db.scrub(err))
	}
	// All that is visible before the first of the list is judged; what is still on its way is not older than the margin.
	if len(list) > 0 {
		db.judged.first(list[0].CommittedAt, list[len(list)-1].CommittedAt)
	} else {
		db.judged.none()
	}
	return list, nil
}

// MarkJudged notes that detection is done with batches and that their alerts are stored.
func (db *DB) MarkJudged(ctx context.Context, batches ...Batch) error {
	if len(batches) == 0 {
		return nil
	}
	ids, at := make([]string, len(batches)), make([]time.Time, len(batches))
	for i, b := range batches {
		ids[i], at[i] = b.ID, b.CommittedAt
	}
	err := db.insert(ctx, "detect_batches", "", []column{
		{"batch_id", "String", ids}, {"committed_at", "DateTime64(6, 'UTC')", at},
	}, len(batches))
	if err != nil {
		return fmt.Errorf("mark batches judged: %w", err)
	}
	return nil
}

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

func (m *judgedMark) get() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.upTo.Before(earliest) {
		return earliest
	}
	return m.upTo
}

// first notes that the oldest batch not judged is of that time.
func (m *judgedMark) first(oldest, newest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if newest.After(m.newest) {
		m.newest = newest
	}
	m.upTo = oldest.Add(-2 * visibleAfter)
}

// none notes that every batch is judged.
func (m *judgedMark) none() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.upTo = m.newest.Add(-2 * visibleAfter)
}
