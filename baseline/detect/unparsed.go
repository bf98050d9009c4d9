package detect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// arrivals are batches whose records that could not be parsed are judged.
type arrivals struct {
	batches string    // a list of ids as literals, or a query for them
	since   time.Time // the earliest arrived_at of them
}

// ofUnparsed says that the rule asks about records that could not be parsed. Its query is run apart from the others, for their
// times are when they arrived, and its cluster is the source: nothing else is known of them.
func (r *Rule) ofUnparsed() bool {
	return r.Kind == OnQuery && (strings.Contains(r.Query, "{unparsed}") || strings.Contains(r.Query, "{arrived}"))
}

// unparsedSQL gives each such record once, without its bytes. A transport's time counts if it is near the arrival.
func (a arrivals) unparsedSQL() string {
	return fmt.Sprintf(`SELECT CAST(source, 'String') AS source, CAST(record_id, 'String') AS record_id, any(CAST(reason, 'String')) AS reason,
        any(CAST(signals, 'Array(String)')) AS signals, max(suspicious) AS suspicious, max(score) AS score,
        min(if(ifNull(time > ingested_at - INTERVAL 365 DAY AND time < ingested_at + INTERVAL 1 DAY, false), assumeNotNull(time), toDateTime64(ingested_at, 6, 'UTC'))) AS at
    FROM unparsed WHERE ingested_at >= %s AND batch_id IN (%s) AND is_deleted = 0 GROUP BY source, record_id`,
		baseline.Time(a.since.Add(-time.Hour)), a.batches)
}

// fill puts the arrivals into a query's placeholders.
func (a arrivals) fill(query string) string {
	if a.batches == "" {
		return query
	}
	return strings.NewReplacer("{unparsed}", a.unparsedSQL(), "{batches}", a.batches, "{arrived}", baseline.Time(a.since)).Replace(query)
}

// forUnparsed gives a detector with no rules but those of unparsed records, and their scope. None: nothing is to be judged.
func (d *Detector) forUnparsed(ctx context.Context, a arrivals) (sub *Detector, s baseline.Scope, none bool, err error) {
	others := func(r Rule) bool { return !r.ofUnparsed() }
	rules := slices.DeleteFunc(slices.Clone(d.rules), others)
	if len(rules) == 0 || a.batches == "" {
		return nil, s, true, nil
	}
	var sources []string
	err = d.conn.QueryRow(ctx, "SELECT groupUniqArray(source), min(at), max(at) FROM ("+a.unparsedSQL()+")").Scan(&sources, &s.From, &s.To)
	if err != nil {
		return nil, s, false, fmt.Errorf("read unparsed: %w", err)
	}
	if len(sources) == 0 {
		return nil, s, true, nil
	}
	if hour := a.since.Truncate(time.Hour); hour.Before(s.From) {
		s.From = hour
	}
	for _, source := range sources {
		s.Roles = append(s.Roles, baseline.Entity{Cluster: source})
	}
	copied := *d
	copied.rules, copied.running = rules, slices.DeleteFunc(slices.Clone(d.running), others)
	copied.arrivals, copied.fresh = a, nil
	return &copied, s, false, nil
}

// arrivalsOf gives those of the batches that hold records that could not be parsed.
func arrivalsOf(batches []batch) (a arrivals) {
	var ids []string
	for _, b := range batches {
		if b.unparsed == 0 {
			continue
		}
		if ids = append(ids, b.id); a.since.IsZero() || b.arrived.Before(a.since) {
			a.since = b.arrived
		}
	}
	a.batches = baseline.Quoted(ids)
	return a
}

// judgeUnparsed judges the records of the batches that could not be parsed, and stores what follows.
func (d *Detector) judgeUnparsed(ctx context.Context, batches []batch) ([]pipeline.Alert, error) {
	d.resumeUnparsed(ctx, batches)
	sub, s, none, err := d.forUnparsed(ctx, arrivalsOf(batches))
	if err != nil || none {
		return nil, err
	}
	alerts, err := sub.answers(ctx, s)
	if err != nil || len(alerts) == 0 {
		return nil, err
	}
	return alerts, sub.keep(ctx, alerts)
}

// keep stores alerts, and then which campaigns they stand for.
func (d *Detector) keep(ctx context.Context, alerts []pipeline.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	if err := d.alerts.InsertAlerts(ctx, alerts); err != nil {
		return fmt.Errorf("store alerts: %w", err)
	}
	return d.remember(ctx)
}

// unparsedQuery lists a campaign's records for those who may read them; it does not show their bytes.
func unparsedQuery(c *campaign) string {
	const stamp = "2006-01-02 15:04:05.000000"
	return fmt.Sprintf("SELECT ifNull(time, ingested_at) AS at, source, stream, offset, lines, bytes, reason, suspicious, signals, score, record_id FROM unparsed FINAL WHERE source = %s AND at BETWEEN '%s' AND '%s' ORDER BY at",
		baseline.Quote(c.key[0]), c.first.UTC().Format(stamp), c.last.UTC().Add(time.Hour).Format(stamp))
}
