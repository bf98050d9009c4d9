package clickhouse

import (
	"context"
	"fmt"
	"time"
)

// Account says of one source whether every line is accounted for. Lines count what was committed: a replayed line counts each
// time it came, so that in = events + unparsed + skipped holds whatever was replayed. Events count rows: they say what is there now.
type Account struct {
	Source  string
	Batches uint64
	// By the ledger.
	LinesIn       uint64
	LinesEvents   uint64 // lines parsed later included
	LinesUnparsed uint64 // lines parsed later left out
	LinesSkipped  uint64
	BytesIn       uint64
	LedgerEvents  uint64 // a replayed event counts each time
	// In the tables now, each event once.
	Events   uint64
	Unparsed uint64
	// Twice counts events that are there under two keys: the same record was once parsed with another role, database, cluster
	// or time. Must be 0.
	Twice uint64
	// Short lists batches of which rows are missing that no other batch explains. Must be empty.
	Short []ShortBatch
}

// ShortBatch is a batch of which events are missing.
type ShortBatch struct {
	ID          string
	CommittedAt time.Time
	Events      uint64 // by the ledger
	Present     uint64 // under this batch's id
	FirstPos    string
	LastPos     string
}

// Unaccounted is lines in less what became of them: 0 if nothing was lost or invented.
func (a *Account) Unaccounted() int64 {
	return int64(a.LinesIn) - int64(a.LinesEvents) - int64(a.LinesUnparsed) - int64(a.LinesSkipped)
}

// Replayed is how many events came more than once.
func (a *Account) Replayed() int64 { return int64(a.LedgerEvents) - int64(a.Events) }

// OK reports whether every line is accounted for and every row is there once.
func (a *Account) OK() bool { return a.Unaccounted() == 0 && a.Twice == 0 && len(a.Short) == 0 }

// Accounting adds up the ledger of one source and compares it with the rows present. Events that have outlived their retention are
// left out on both sides. It reads all of the source's events: for reconciling, not for every minute.
func (db *DB) Accounting(ctx context.Context, source string) (Account, error) {
	a := Account{Source: source}
	for _, step := range []func(context.Context, *Account) error{db.accountLedger, db.accountRows, db.accountBatches} {
		if err := db.accountStep(ctx, &a, step); err != nil {
			return a, fmt.Errorf("account for source %s: %w", source, err)
		}
	}
	return a, nil
}

func (db *DB) accountStep(ctx context.Context, a *Account, step func(context.Context, *Account) error) error {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	return db.scrub(step(ctx, a))
}

// keptSince is the time of arrival from which on all events are still there.
func (db *DB) keptSince() time.Time {
	if db.cfg.EventDays == 0 {
		return earliest
	}
	return db.now().AddDate(0, 0, 1-db.cfg.EventDays)
}

func (db *DB) accountLedger(ctx context.Context, a *Account) error {
	return db.conn.QueryRow(ctx, `
		SELECT countIf(NOT adopted), sum(lines_in), sum(lines_events) + sum(lines_reparsed), toUInt64(sum(lines_unparsed) - sum(lines_reparsed)),
			sum(lines_skipped), sum(bytes_in), sumIf(batches.events, NOT adopted AND lines_reparsed = 0)
		FROM batches FINAL WHERE source = ? AND arrived_at >= `+sqlMicros, a.Source, micros(db.keptSince())).
		Scan(&a.Batches, &a.LinesIn, &a.LinesEvents, &a.LinesUnparsed, &a.LinesSkipped, &a.BytesIn, &a.LedgerEvents)
}

func (db *DB) accountRows(ctx context.Context, a *Account) error {
	err := db.conn.QueryRow(ctx, `
		SELECT sum(n), countIf(n > 1) FROM (SELECT count() AS n FROM events FINAL WHERE source = ? AND ingested_at >= `+sqlMicros+`
			GROUP BY record_id, event_index)`, a.Source, micros(db.keptSince())).Scan(&a.Events, &a.Twice)
	if err != nil {
		return err
	}
	return db.conn.QueryRow(ctx, `SELECT count() FROM unparsed FINAL WHERE source = ?`, a.Source).Scan(&a.Unparsed)
}

// accountBatches finds batches of which not all events carry the batch's id, and leaves out those where another batch covers a part
// of the same stream: replayed events carry the id of the batch that came last.
func (db *DB) accountBatches(ctx context.Context, a *Account) error {
	rows, err := db.conn.Query(ctx, `
		WITH
			ledger AS (SELECT * FROM batches FINAL WHERE source = ? AND arrived_at >= `+sqlMicros+` AND NOT adopted AND batches.events > 0),
			present AS (SELECT batch_id, count() AS n, sum(`+keySQL+`) AS h FROM events FINAL WHERE source = ? GROUP BY batch_id),
			ranges AS (SELECT batch_id, s.1 AS stream, s.2 AS first, s.3 AS last FROM ledger
				ARRAY JOIN arrayZip(streams, stream_first, stream_last) AS s),
			short AS (SELECT l.batch_id AS batch_id, l.committed_at AS committed_at, l.events AS expected, p.n AS n, l.first_pos AS first_pos, l.last_pos AS last_pos
				FROM ledger AS l LEFT JOIN present AS p ON p.batch_id = l.batch_id
				WHERE p.n != l.events OR p.h != l.events_hash),
			explained AS (SELECT DISTINCT a.batch_id AS batch_id
				FROM (SELECT * FROM ranges WHERE batch_id IN (SELECT batch_id FROM short)) AS a
				INNER JOIN ranges AS b ON a.stream = b.stream
				WHERE a.batch_id != b.batch_id AND a.first <= b.last AND b.first <= a.last)
		SELECT batch_id, committed_at, expected, n, first_pos, last_pos FROM short
		WHERE batch_id NOT IN (SELECT batch_id FROM explained)
		ORDER BY committed_at, batch_id LIMIT 1000`, a.Source, micros(db.keptSince()), a.Source)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s ShortBatch
		if err := rows.Scan(&s.ID, &s.CommittedAt, &s.Events, &s.Present, &s.FirstPos, &s.LastPos); err != nil {
			return err
		}
		a.Short = append(a.Short, s)
	}
	return rows.Err()
}

// Stretch says what is stored of one stream, each record once.
type Stretch struct {
	Stream      string
	FirstOffset int64
	LastOffset  int64
	Records     uint64
	Lines       uint64
	Bytes       uint64
}

// Stretches lists what is stored of a source's streams, events and unparsed records together, to be compared with the archive and with the
// source's own counts. Skipped lines have no position and are not in it.
func (db *DB) Stretches(ctx context.Context, source string) ([]Stretch, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, `
		SELECT stream, min(offset), max(offset), uniqExact(record_id), sum(n_lines), sum(n_bytes) FROM
		(
			SELECT CAST(stream, 'String') AS stream, offset, record_id, lines AS n_lines, bytes AS n_bytes FROM events FINAL WHERE source = ?
			UNION ALL
			SELECT stream, offset, record_id, lines, bytes FROM unparsed FINAL WHERE source = ?
		)
		GROUP BY stream ORDER BY stream`, source, source)
	if err != nil {
		return nil, fmt.Errorf("read stretches: %w", db.scrub(err))
	}
	defer rows.Close()
	var list []Stretch
	for rows.Next() {
		var s Stretch
		if err := rows.Scan(&s.Stream, &s.FirstOffset, &s.LastOffset, &s.Records, &s.Lines, &s.Bytes); err != nil {
			return nil, fmt.Errorf("read stretches: %w", err)
		}
		list = append(list, s)
	}
	return list, db.scrub(rows.Err())
}
