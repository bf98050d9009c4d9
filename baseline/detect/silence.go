package detect

import (
	"context"
	"fmt"
	"path"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	silenceEvery   = time.Minute
	restEvery      = 5 * time.Minute  // roles are asked about less often: it reads when each was active for four weeks
	silenceLeast   = 30 * time.Minute // no shorter pause is a silence
	silenceFactor  = 3                // times the longest pause of the last week
	silenceHistory = 24 * time.Hour   // a source must have delivered for so long
	silenceBatches = 50               // and so often
)

// Silence raises, stores and returns an alert for each source that has stopped delivering, and for each role that has stopped while
// others go on. Sources go by the ledger's times of commit, so a file that was read at once and has ended is no silence; roles by event
// time, while it is the present. One pause is one alert.
func (d *Detector) Silence(ctx context.Context) ([]pipeline.Alert, error) {
	now := d.clock().UTC()
	var alerts []pipeline.Alert
	if r := d.silenceRule(""); r != nil {
		found, err := d.silentSources(ctx, r, now)
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, found...)
	}
	if r := d.silenceRule("role"); r != nil && now.Sub(d.asked) >= restEvery {
		found, err := d.silentRoles(ctx, r, now)
		if err != nil {
			return nil, err
		}
		d.asked = now
		alerts = append(alerts, found...)
	}
	return d.storeSilence(ctx, alerts)
}

func (d *Detector) silentRoles(ctx context.Context, r *Rule, now time.Time) ([]pipeline.Alert, error) {
	found, err := d.profiles.Silent(ctx, now)
	if err != nil {
		return nil, err
	}
	var alerts []pipeline.Alert
	for _, s := range found {
		if !d.spared(r, s.Entity, s.Last) {
			alerts = append(alerts, silentRole(r, s, now))
		}
	}
	return alerts, nil
}

// spared says whether an exception names the role and nothing that a silence does not have.
func (d *Detector) spared(r *Rule, e baseline.Entity, at time.Time) bool {
	like := func(glob, name string) bool { ok, err := path.Match(glob, name); return glob == "" || err == nil && ok }
	for _, x := range d.cfg.Exceptions {
		if x.Client+x.Application+x.Fingerprint == "" && like(x.Rule, r.ID) && like(x.Cluster, e.Cluster) && like(x.Database, e.Database) && like(x.Role, e.Role) &&
			(x.Until.IsZero() || !at.After(x.Until)) {
			return true
		}
	}
	return false
}

func silentRole(r *Rule, s baseline.Silence, now time.Time) pipeline.Alert {
	const stamp = "2006-01-02 15:04:05"
	return pipeline.Alert{
		ID:   pipeline.AlertID(r.ID, s.Cluster, s.Database, s.Role, s.Last.UTC().Format(time.RFC3339)),
		Rule: r.ID, Title: r.Title, Severity: r.Severity, FirstSeen: s.Last, LastSeen: s.Until, DetectedAt: now,
		Cluster: s.Cluster, Database: s.Database, Role: s.Role,
		Summary: fmt.Sprintf("%s on %s@%s: no audit records for %s, at a time at which there always were", clean(s.Role), clean(s.Database), clean(s.Cluster), span(s.Until.Sub(s.Last))),
		Reason: fmt.Sprintf("%s (%s): nothing since %s, while other roles of the cluster go on; in the same time of each of the %d weeks before, there were records in at least %d spans of five minutes.",
			r.Title, r.ID, s.Last.UTC().Format(time.DateTime), s.Weeks, s.Least),
		Response: joinLines(r.Response), Attack: r.Attack, Controls: r.Controls, References: r.References,
		Numbers: map[string]string{"rules": r.ID, "observed": "0", "expected": fmt.Sprint(s.Least), "weeks": fmt.Sprint(s.Weeks), "silent_s": fmt.Sprint(int(s.Until.Sub(s.Last).Seconds()))},
		Query: fmt.Sprintf("SELECT bucket, events FROM role_volume FINAL WHERE cluster = %s AND database = %s AND role = %s AND bucket >= '%s' ORDER BY bucket",
			baseline.Quote(s.Cluster), baseline.Quote(s.Database), baseline.Quote(s.Role), s.Last.AddDate(0, 0, -28).UTC().Format(stamp)),
	}
}

func (d *Detector) silentSources(ctx context.Context, r *Rule, now time.Time) ([]pipeline.Alert, error) {
	rows, err := d.conn.Query(ctx, fmt.Sprintf(`SELECT source, max(committed_at) AS last, arrayMax(arrayDifference(arraySort(groupArray(toUnixTimestamp64Milli(committed_at))))) AS pause
FROM batches WHERE committed_at >= %s - INTERVAL 7 DAY AND events > 0
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
	return alerts, nil
}

// silenceRule is the one about sources, or what subject names: "role" or "rule".
func (d *Detector) silenceRule(subject string) *Rule {
	for i := range d.rules {
		if r := &d.rules[i]; r.Kind == OnSilence && r.Subject == subject {
			return r
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
