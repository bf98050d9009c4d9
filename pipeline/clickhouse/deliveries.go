package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// EnsureDeliveries sees to it that every alert has a delivery to every sink. Those that exist stay as they are, but one that was sent before
// the alert became more severe is pending again. It may be repeated, and called by several processes at once.
func (db *DB) EnsureDeliveries(ctx context.Context, alertIDs, sinks []string) error {
	if len(sinks) == 0 {
		return nil
	}
	for part := range slices.Chunk(alertIDs, idChunk) {
		if err := db.ensureDeliveries(ctx, part, sinks); err != nil {
			return fmt.Errorf("ensure deliveries: %w", err)
		}
	}
	return nil
}

func (db *DB) ensureDeliveries(ctx context.Context, alertIDs, sinks []string) error {
	have, err := db.readDeliveries(ctx, "d.alert_id IN (?)", alertIDs)
	if err != nil {
		return err
	}
	type key struct{ alert, sink string }
	known := map[key]*deliveryRow{}
	for i := range have {
		known[key{have[i].Alert.ID, have[i].Sink}] = &have[i]
	}
	var rows []deliveryRow
	for _, id := range alertIDs {
		for _, sink := range sinks {
			d := known[key{id, sink}]
			switch {
			case d == nil:
				rows = append(rows, deliveryRow{Delivery: pipeline.Delivery{
					Alert: pipeline.Alert{ID: id}, Sink: sink, State: pipeline.DeliveryPending,
				}})
			case d.escalated():
				again := *d
				again.State, again.Attempts, again.NextAt = pipeline.DeliveryPending, 0, time.Time{}
				again.Detail = fmt.Sprintf("severity rose from %s to %s", d.sentSeverity, d.Alert.Severity)
				again.version = db.version.next(db.now())
				rows = append(rows, again)
			}
		}
	}
	return db.insertDeliveries(ctx, rows)
}

// PendingDeliveries lists what is to be tried now at one sink, with the whole alert: the severest first, then the oldest.
func (db *DB) PendingDeliveries(ctx context.Context, sink string, limit int) ([]pipeline.Delivery, error) {
	rows, err := db.readDeliveries(ctx, fmt.Sprintf(`d.sink = ? AND d.state = 'pending' AND d.next_at <= `+sqlMicros+`
		ORDER BY transform(a.severity, ['critical', 'error', 'warning'], [0, 1, 2], 3), a.detected_at, d.alert_id, d.sink LIMIT %d`, limit),
		sink, micros(db.now()))
	if err != nil {
		return nil, err
	}
	list := make([]pipeline.Delivery, len(rows))
	for i := range rows {
		list[i] = rows[i].Delivery
	}
	return list, nil
}

// RecordDeliveries stores what became of deliveries: their State, Attempts, NextAt and Detail. The severity that a sent
// alert had is kept too.
func (db *DB) RecordDeliveries(ctx context.Context, deliveries []pipeline.Delivery) error {
	rows := make([]deliveryRow, len(deliveries))
	for i, d := range deliveries {
		rows[i] = deliveryRow{Delivery: d, version: db.version.next(db.now())}
		if d.State == pipeline.DeliverySent {
			rows[i].sentSeverity = d.Alert.Severity
		}
	}
	if err := db.insertDeliveries(ctx, rows); err != nil {
		return fmt.Errorf("record deliveries: %w", err)
	}
	return nil
}

// deliveryRow is a row of deliveries with its alert.
type deliveryRow struct {
	pipeline.Delivery
	sentSeverity pipeline.Severity
	version      uint64
}

func (d *deliveryRow) escalated() bool {
	return d.State == pipeline.DeliverySent && d.sentSeverity != "" && d.Alert.Severity.Rank() > d.sentSeverity.Rank()
}

// readDeliveries joins deliveries d with alerts a under a condition. A delivery without an alert is not listed.
func (db *DB) readDeliveries(ctx context.Context, where string, args ...any) ([]deliveryRow, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	query := "SELECT d.sink, d.state, d.attempts, d.detail, d.severity, d.next_at, d.version, d.at, " + prefixed("a.", alertColumnList) +
		" FROM (SELECT * FROM deliveries FINAL) AS d INNER JOIN (SELECT * FROM alerts FINAL) AS a ON a.id = d.alert_id WHERE " + where
	rows, err := db.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read deliveries: %w", db.scrub(err))
	}
	defer rows.Close()
	var list []deliveryRow
	for rows.Next() {
		var (
			d           deliveryRow
			a           alertRow
			state, sent string
			attempts    uint32
		)
		dest := append([]any{&d.Sink, &state, &attempts, &d.Detail, &sent, &d.NextAt, &d.version, &d.At}, a.dest()...)
		if err := rows.Scan(dest...); err != nil {
			return nil, fmt.Errorf("read deliveries: %w", err)
		}
		d.Alert, d.State, d.Attempts = a.alert(), pipeline.DeliveryState(state), int(attempts)
		d.sentSeverity = pipeline.Severity(sent)
		if d.NextAt.Equal(earliest) {
			d.NextAt = time.Time{}
		}
		db.version.above(d.version)
		list = append(list, d)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read deliveries: %w", db.scrub(err))
	}
	return list, nil
}

func (db *DB) insertDeliveries(ctx context.Context, rows []deliveryRow) error {
	n := len(rows)
	if n == 0 {
		return nil
	}
	var (
		ids, sinks, states  = make([]string, n), make([]string, n), make([]string, n)
		details, severities = make([]string, n), make([]string, n)
		attempts, versions  = make([]uint32, n), make([]uint64, n)
		next                = make([]time.Time, n)
	)
	for i, d := range rows {
		ids[i], sinks[i], states[i], details[i] = d.Alert.ID, d.Sink, string(d.State), d.Detail
		severities[i], attempts[i], versions[i], next[i] = string(d.sentSeverity), uint32(d.Attempts), d.version, clampTime(d.NextAt)
	}
	return db.insert(ctx, "deliveries", "", []column{
		{"alert_id", "String", ids}, {"sink", "String", sinks}, {"state", "String", states}, {"attempts", "UInt32", attempts},
		{"detail", "String", details}, {"severity", "String", severities}, {"next_at", "DateTime64(6, 'UTC')", next},
		{"version", "UInt64", versions},
	}, n)
}
