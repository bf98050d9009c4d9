package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// InsertAlerts stores alerts. One whose id exists already is joined with what is stored: severity, counts and last_seen only grow, first_seen only goes
// back, detected_at stays; the texts and the evidence are those of the more severe, then of the larger one. Storing the same
// alerts again changes nothing.
func (db *DB) InsertAlerts(ctx context.Context, alerts []pipeline.Alert) error {
	for part := range slices.Chunk(alerts, idChunk) {
		if err := db.insertAlerts(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// idChunk keeps a query that lists ids below the server's limit for a query's text.
const idChunk = 2000

func (db *DB) insertAlerts(ctx context.Context, alerts []pipeline.Alert) error {
	merged := map[string]*pipeline.Alert{}
	var ids []string
	for i := range alerts {
		a := normalizeAlert(alerts[i])
		if have, ok := merged[a.ID]; ok {
			a = mergeAlert(*have, a)
		} else {
			ids = append(ids, a.ID)
		}
		merged[a.ID] = &a
	}
	stored, err := db.Alerts(ctx, AlertFilter{IDs: ids})
	if err != nil {
		return err
	}
	for i := range stored {
		a := mergeAlert(stored[i], *merged[stored[i].ID])
		if alertVersion(&a) == alertVersion(&stored[i]) && a.LastSeen.Equal(stored[i].LastSeen) && a.FirstSeen.Equal(stored[i].FirstSeen) {
			delete(merged, a.ID)
			continue
		}
		merged[a.ID] = &a
	}
	var rows []*pipeline.Alert
	for _, id := range ids {
		if a, ok := merged[id]; ok {
			rows = append(rows, a)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return db.insert(ctx, "alerts", "", alertColumns(rows), len(rows))
}

// alertVersion orders the rows of one id: the more severe, then the one that covers more events.
func alertVersion(a *pipeline.Alert) uint64 {
	return uint64(max(a.Severity.Rank(), 0))<<48 | min(a.Events, 1<<48-1)
}

// mergeAlert joins what is stored with what is found now.
func mergeAlert(old, now pipeline.Alert) pipeline.Alert {
	out := now
	if alertVersion(&now) < alertVersion(&old) {
		out = old
	}
	if now.Severity.Rank() > old.Severity.Rank() {
		out.Severity = now.Severity
	} else {
		out.Severity = old.Severity
	}
	out.Events = max(old.Events, now.Events)
	out.DetectedAt = old.DetectedAt
	out.FirstSeen, out.LastSeen = old.FirstSeen, old.LastSeen
	if now.FirstSeen.Before(old.FirstSeen) {
		out.FirstSeen = now.FirstSeen
	}
	if now.LastSeen.After(old.LastSeen) {
		out.LastSeen = now.LastSeen
	}
	return out
}

// normalizeAlert cuts times to what the columns hold, so that an alert equals itself after it was stored.
func normalizeAlert(a pipeline.Alert) pipeline.Alert {
	cut := func(t time.Time) time.Time { return clampTime(t).UTC().Truncate(time.Microsecond) }
	a.FirstSeen, a.LastSeen, a.DetectedAt = cut(a.FirstSeen), cut(a.LastSeen), cut(a.DetectedAt)
	return a
}

// AlertFilter narrows [DB.Alerts]; empty fields do not.
type AlertFilter struct {
	IDs         []string
	Prefix      string // of the id
	Rule        string
	Role        string
	Database    string
	MinSeverity pipeline.Severity
	Since       time.Time // last_seen at or after
	Until       time.Time // first_seen before
	OpenOnly    bool      // nobody has closed it
	Limit       int       // 0 for all
}

// Alerts lists alerts, the one detected last first.
func (db *DB) Alerts(ctx context.Context, f AlertFilter) ([]pipeline.Alert, error) {
	where, args := f.where()
	query := "SELECT " + alertColumnList + " FROM alerts FINAL" + where + " ORDER BY detected_at DESC, id"
	if f.Limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", db.scrub(err))
	}
	defer rows.Close()
	var list []pipeline.Alert
	for rows.Next() {
		var r alertRow
		if err := rows.Scan(r.dest()...); err != nil {
			return nil, fmt.Errorf("read alerts: %w", err)
		}
		list = append(list, r.alert())
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read alerts: %w", db.scrub(err))
	}
	return list, nil
}

func (f *AlertFilter) where() (string, []any) {
	var (
		conds []string
		args  []any
	)
	add := func(use bool, cond string, arg ...any) {
		if use {
			conds, args = append(conds, cond), append(args, arg...)
		}
	}
	add(len(f.IDs) > 0, "id IN (?)", f.IDs)
	add(f.Prefix != "", "startsWith(id, ?)", f.Prefix)
	add(f.Rule != "", "rule = ?", f.Rule)
	add(f.Role != "", "role = ?", f.Role)
	add(f.Database != "", "database = ?", f.Database)
	add(!f.Since.IsZero(), "last_seen >= "+sqlMicros, micros(f.Since))
	add(!f.Until.IsZero(), "first_seen < "+sqlMicros, micros(f.Until))
	add(f.OpenOnly, "id NOT IN (SELECT alert_id FROM alert_states FINAL WHERE state IN ('closed', 'false_positive'))")
	if f.MinSeverity != "" {
		var names []string
		for _, s := range []pipeline.Severity{pipeline.Critical, pipeline.High, pipeline.Warning, pipeline.Info} {
			if s.Rank() >= f.MinSeverity.Rank() {
				names = append(names, string(s))
			}
		}
		add(true, "severity IN (?)", names)
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// AlertState is what a person decided about an alert.
type AlertState string

// The states.
const (
	AlertOpen          AlertState = "open"
	AlertAcknowledged  AlertState = "acknowledged" // somebody is at it; still open
	AlertClosed        AlertState = "closed"
	AlertFalsePositive AlertState = "false_positive" // closed, and it was none
)

var alertStates = []AlertState{AlertOpen, AlertAcknowledged, AlertClosed, AlertFalsePositive}

// AlertDecision is what a person decided about an alert, and why.
type AlertDecision struct {
	State    AlertState
	By, Note string
	At       time.Time
}

// SetAlertState acknowledges an alert, closes it or opens it again. The note is kept with it.
func (db *DB) SetAlertState(ctx context.Context, id string, state AlertState, by, note string) error {
	if !slices.Contains(alertStates, state) {
		return fmt.Errorf("set alert state: %q is none of %v", state, alertStates)
	}
	return db.insert(ctx, "alert_states", "", []column{
		{"alert_id", "String", []string{id}}, {"state", "String", []string{string(state)}},
		{"note", "String", []string{note}}, {"by", "String", []string{by}},
	}, 1)
}

// AlertDecisions gives what was decided about alerts, by their ids. Those that nobody looked at are not there.
func (db *DB) AlertDecisions(ctx context.Context) (map[string]AlertDecision, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT alert_id, CAST(state, 'String'), by, note, at FROM alert_states FINAL")
	if err != nil {
		return nil, fmt.Errorf("read alert states: %w", db.scrub(err))
	}
	defer rows.Close()
	out := map[string]AlertDecision{}
	for rows.Next() {
		var id, state string
		var d AlertDecision
		if err := rows.Scan(&id, &state, &d.By, &d.Note, &d.At); err != nil {
			return nil, fmt.Errorf("read alert states: %w", err)
		}
		d.State = AlertState(state)
		out[id] = d
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read alert states: %w", db.scrub(err))
	}
	return out, nil
}
