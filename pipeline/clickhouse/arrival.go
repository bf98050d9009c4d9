package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// keepArrivalTimes sees to it that an event without a time of its own, whose event time is made up on arrival, has the same
// one after a replay: event_time is part of the key by which replayed rows are recognised. The first time written for a record counts.
// Records with a time, which is nearly all, cost nothing here.
func (db *DB) keepArrivalTimes(ctx context.Context, cols *eventColumns, events []pipeline.Event) error {
	var (
		ids   []string
		times []time.Time
		last  pipeline.RecordID
	)
	for i := range events {
		e := &events[i]
		if e.TimeCertainty != pipeline.TimeMissing || len(ids) > 0 && e.RecordID == last {
			continue
		}
		last = e.RecordID
		ids, times = append(ids, e.RecordID.String()), append(times, clampTime(e.EventTime))
	}
	if len(ids) == 0 {
		return nil
	}
	err := db.insert(ctx, "arrival_times", "", []column{
		{"record_id", "String", ids}, {"event_time", "DateTime64(6, 'UTC')", times},
	}, len(ids))
	if err != nil {
		return err
	}
	known, err := db.arrivalTimes(ctx, ids)
	if err != nil {
		return err
	}
	for i := range events {
		if events[i].TimeCertainty == pipeline.TimeMissing {
			if t, ok := known[events[i].RecordID.String()]; ok {
				cols.eventTime[i] = t
			}
		}
	}
	return nil
}

func (db *DB) arrivalTimes(ctx context.Context, ids []string) (map[string]time.Time, error) {
	known := make(map[string]time.Time, len(ids))
	for part := range slices.Chunk(ids, idChunk) {
		if err := db.readArrivalTimes(ctx, part, known); err != nil {
			return nil, fmt.Errorf("read arrival_times: %w", err)
		}
	}
	return known, nil
}

func (db *DB) readArrivalTimes(ctx context.Context, ids []string, known map[string]time.Time) error {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, `SELECT toString(record_id), argMin(event_time, (at, event_time)) FROM arrival_times
		WHERE record_id IN (?) GROUP BY record_id`, ids)
	if err != nil {
		return db.scrub(err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id string
			t  time.Time
		)
		if err := rows.Scan(&id, &t); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		known[id] = t
	}
	return db.scrub(rows.Err())
}
