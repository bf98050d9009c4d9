package detect

import (
	"context"
	"fmt"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	silenceEvery   = time.Minute
	silenceLeast   = 30 * time.Minute // no shorter pause is a silence
	silenceFactor  = 3                // times the longest pause of the last week
	silenceHistory = 24 * time.Hour   // a source must have delivered for so long
	silenceBatches = 50               // and so often
)

// Silence raises, stores and returns an alert for each source that has stopped delivering. It goes by the ledger's times of commit,
// so a file that was read at once and has ended is no silence. One pause is one alert.
func (d *Detector) Silence(ctx context.Context) ([]pipeline.Alert, error) {
	r := d.silenceRule()
	if r == nil {
		return nil, nil
	}
	now := d.clock().UTC()
	rows, err := d.conn.Query(ctx, fmt.Sprintf(`SELECT source, max(committed_at) AS last, arrayMax(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(committed_at))))) AS pause
FROM batches FINAL WHERE committed_at >= %s - INTERVAL 7 DAY AND events > 0
GROUP BY source
HAVING count() >= %d AND dateDiff('second', min(committed_at), last) >= %d`, baseline.Time(now), silenceBatches, int(silenceHistory.Seconds())))
	if err != nil {
		return nil, fmt.Errorf("read the ledger's pauses: %w", err)
	}
	defer rows.Close()
	var alerts []pipeline.Alert
	for rows.Next() {
		var source string
		var last time.Time
		var milliseconds int64
		if err := rows.Scan(&source, &last, &milliseconds); err != nil {
			return nil, fmt.Errorf("read the ledger's pauses: %w", err)
		}
		longest := time.Duration(milliseconds) * time.Millisecond
		if quiet := now.Sub(last); quiet > max(silenceLeast, silenceFactor*longest) {
			alerts = append(alerts, silent(r, source, last, now, longest))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the ledger's pauses: %w", err)
	}
	return d.storeSilence(ctx, alerts)
}

func (d *Detector) silenceRule() *Rule {
	for i := range d.rules {
		if d.rules[i].Kind == OnSilence {
			return &d.rules[i]
		}
	}
	return nil
}

func silent(r *Rule, source string, last, now time.Time, longest time.Duration) pipeline.Alert {
	return pipeline.Alert{
		ID:   pipeline.AlertID(r.ID, source, last.UTC().Format(time.RFC3339)),
		Rule: r.ID, Title: r.Title, Severity: r.Severity, FirstSeen: last, LastSeen: now, DetectedAt: now,
		Summary: fmt.Sprintf("source %s: no audit records for %s", clean(source), span(now.Sub(last))),
		Reason: fmt.Sprintf("%s (%s): nothing has come since %s; in the week before, its longest pause was %s.", r.Title, r.ID,
			last.UTC().Format(time.DateTime), span(longest)),
		Response: joinLines(r.Response), Attack: r.Attack, Controls: r.Controls, References: r.References,
		Numbers: map[string]string{"rules": r.ID, "source": source, "longest_pause_s": fmt.Sprint(int(longest.Seconds()))},
		Query:   "SELECT committed_at, events, lines_in FROM batches FINAL WHERE source = " + baseline.Quote(source) + " ORDER BY committed_at DESC LIMIT 100",
	}
}

// storeSilence stores those that are not stored yet.
func (d *Detector) storeSilence(ctx context.Context, alerts []pipeline.Alert) ([]pipeline.Alert, error) {
	var fresh []pipeline.Alert
	for _, a := range alerts {
		if !d.silences[a.ID] {
			fresh = append(fresh, a)
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := d.alerts.InsertAlerts(ctx, fresh); err != nil {
		return nil, fmt.Errorf("store alerts: %w", err)
	}
	for _, a := range fresh {
		d.silences[a.ID] = true
	}
	return fresh, nil
}
