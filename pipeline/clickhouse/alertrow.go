package clickhouse

import (
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

const alertColumnList = "id, rule, title, severity, first_seen, last_seen, detected_at, cluster, database, role, client, application, " +
	"summary, reason, response, events, evidence.record_id, evidence.time, evidence.fingerprint, evidence.normalized, " +
	"evidence.kind, evidence.outcome, evidence.count, signals, numbers, attack, controls, query, references"

// alertRow is a row of alerts, with the evidence as columns.
type alertRow struct {
	a                                           pipeline.Alert
	severity                                    string
	ids, fingerprints, normals, kinds, outcomes []string
	times                                       []time.Time
	counts                                      []uint64
}

// dest lists where to scan alertColumnList into.
func (r *alertRow) dest() []any {
	a := &r.a
	return []any{
		&a.ID, &a.Rule, &a.Title, &r.severity, &a.FirstSeen, &a.LastSeen, &a.DetectedAt, &a.Cluster, &a.Database, &a.Role, &a.Client, &a.Application,
		&a.Summary, &a.Reason, &a.Response, &a.Events, &r.ids, &r.times, &r.fingerprints, &r.normals,
		&r.kinds, &r.outcomes, &r.counts, &a.Signals, &a.Numbers, &a.Attack, &a.Controls, &a.Query, &a.References,
	}
}

func (r *alertRow) alert() pipeline.Alert {
	a := r.a
	a.Severity = pipeline.Severity(r.severity)
	a.Evidence = make([]pipeline.Evidence, len(r.ids))
	for i := range a.Evidence {
		a.Evidence[i] = pipeline.Evidence{
			RecordID: r.ids[i], Time: r.times[i], Fingerprint: r.fingerprints[i], Normalized: r.normals[i],
			Kind: r.kinds[i], Outcome: pipeline.Outcome(r.outcomes[i]), Count: r.counts[i],
		}
	}
	return a
}

// collect makes a column of one field of the alerts.
func collect[T any](alerts []*pipeline.Alert, field func(*pipeline.Alert) T) []T {
	out := make([]T, len(alerts))
	for i, a := range alerts {
		out[i] = field(a)
	}
	return out
}

// gather makes a column of one field of the alerts' evidence.
func gather[T any](alerts []*pipeline.Alert, field func(*pipeline.Evidence) T) [][]T {
	return collect(alerts, func(a *pipeline.Alert) []T {
		out := make([]T, len(a.Evidence))
		for i := range a.Evidence {
			out[i] = field(&a.Evidence[i])
		}
		return out
	})
}

func alertColumns(as []*pipeline.Alert) []column {
	const str, list, strs, micros = "String", "Array(String)", "Array(String)", "DateTime64(6, 'UTC')"
	type (
		al = *pipeline.Alert
		ev = *pipeline.Evidence
	)
	return []column{
		{"id", str, collect(as, func(a al) string { return a.ID })},
		{"rule", str, collect(as, func(a al) string { return a.Rule })},
		{"title", str, collect(as, func(a al) string { return a.Title })},
		{"severity", str, collect(as, func(a al) string { return string(a.Severity) })},
		{"first_seen", micros, collect(as, func(a al) time.Time { return a.FirstSeen })},
		{"last_seen", micros, collect(as, func(a al) time.Time { return a.LastSeen })},
		{"detected_at", micros, collect(as, func(a al) time.Time { return a.DetectedAt })},
		{"cluster", str, collect(as, func(a al) string { return a.Cluster })},
		{"database", str, collect(as, func(a al) string { return a.Database })},
		{"role", str, collect(as, func(a al) string { return a.Role })},
		{"client", str, collect(as, func(a al) string { return a.Client })},
		{"application", str, collect(as, func(a al) string { return a.Application })},
		{"summary", str, collect(as, func(a al) string { return a.Summary })},
		{"reason", str, collect(as, func(a al) string { return a.Reason })},
		{"response", str, collect(as, func(a al) string { return a.Response })},
		{"events", "UInt64", collect(as, func(a al) uint64 { return a.Events })},
		{"evidence.record_id", strs, gather(as, func(e ev) string { return e.RecordID })},
		{"evidence.time", "Array(" + micros + ")", gather(as, func(e ev) time.Time { return clampTime(e.Time) })},
		{"evidence.fingerprint", strs, gather(as, func(e ev) string { return e.Fingerprint })},
		{"evidence.normalized", strs, gather(as, func(e ev) string { return e.Normalized })},
		{"evidence.kind", strs, gather(as, func(e ev) string { return e.Kind })},
		{"evidence.outcome", strs, gather(as, func(e ev) string { return string(e.Outcome) })},
		{"evidence.count", "Array(UInt64)", gather(as, func(e ev) uint64 { return e.Count })},
		{"signals", list, collect(as, func(a al) []string { return a.Signals })},
		{"numbers", "Map(String, String)", collect(as, func(a al) map[string]string { return a.Numbers })},
		{"attack", list, collect(as, func(a al) []string { return a.Attack })},
		{"controls", list, collect(as, func(a al) []string { return a.Controls })},
		{"query", str, collect(as, func(a al) string { return a.Query })},
		{"references", list, collect(as, func(a al) []string { return a.References })},
		{"version", "UInt64", collect(as, alertVersion)},
	}
}
