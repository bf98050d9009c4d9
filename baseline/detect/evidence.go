package detect

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	maxEvidence   = 8    // shapes shown in an alert
	maxNormalized = 1500 // bytes of a normal form shown
)

// evidence counts the campaign's events, once each, and picks the shapes to show: the first, then the worst.
func (d *Detector) evidence(ctx context.Context, c *campaign, t *tally) (proof, error) {
	where := fmt.Sprintf("rule IN (%s) AND bucket >= toDateTime(%s) AND bucket <= toDateTime(%s) AND %s",
		baseline.Quoted(hitNames(t.rules)), baseline.Time(c.first.Truncate(time.Minute)), baseline.Time(c.last), c.where())
	return d.readEvidence(ctx, fmt.Sprintf(`SELECT f.1 AS time, f.2 AS record, h.fingerprint, h.how, f.4 AS kind, n, normalized, all.1, all.2, toFloat64(worst) + top AS weight
FROM
(
    SELECT fingerprint, any(outcome) AS how, min(%[1]s.first) AS f, uniqExactMerge(events) AS n, max(level) AS worst, max(score) AS top, uniqExactMergeState(events) AS s,
        (SELECT (uniqExactMerge(events), uniqExactMergeIf(events, outcome = 'failure')) FROM %[1]s WHERE %[2]s) AS all
    FROM %[1]s WHERE %[2]s GROUP BY fingerprint
) AS h
LEFT JOIN (SELECT fingerprint, min(statements.normalized) AS normalized FROM statements WHERE fingerprint IN (SELECT fingerprint FROM %[1]s WHERE %[2]s) GROUP BY fingerprint) AS st
    ON st.fingerprint = h.fingerprint
ORDER BY f = min(f) OVER () DESC, h.fingerprint != '' DESC, worst DESC, top DESC, n DESC, f
LIMIT %[3]d`, d.hits, where, maxEvidence))
}

// volumeEvidence shows the shapes that moved most in the hours of a spike.
func (d *Detector) volumeEvidence(ctx context.Context, c *campaign, t *tally) (proof, error) {
	by := map[string]string{"events": "n", "errors": "countIf(outcome = 'failure')", "rows_max": "max(ifNull(rows, 0))", "tables": "n"}[t.lead.Metric]
	if by == "" {
		by = "sum(ifNull(rows, 0))"
	}
	return d.readEvidence(ctx, fmt.Sprintf(`SELECT time, record, e.fingerprint, e.how, e.what, n, normalized, total, failed, toFloat64(weight)
FROM
(
    SELECT min(event_time) AS time, argMin(CAST(record_id, 'String'), event_time) AS record, fingerprint, any(CAST(outcome, 'String')) AS how, any(CAST(kind, 'String')) AS what,
        count() AS n, %s AS weight, sum(count()) OVER () AS total, sum(countIf(outcome = 'failure')) OVER () AS failed
    FROM events FINAL WHERE %s AND event_time >= %s AND event_time <= %s AND kind IN ('statement', 'error') AND NOT repeat
    GROUP BY fingerprint ORDER BY weight DESC, time LIMIT %d
) AS e
LEFT JOIN (SELECT fingerprint, min(statements.normalized) AS normalized FROM statements GROUP BY fingerprint) AS st ON st.fingerprint = e.fingerprint
ORDER BY weight DESC, time`, by, c.where(), baseline.Time(c.first), baseline.Time(c.last), maxEvidence))
}

// proof is what an alert rests on: how many events, and some of their shapes.
type proof struct {
	events uint64
	failed uint64
	shapes []pipeline.Evidence
	worst  int // of shapes: the heaviest
}

// readEvidence reads the rows of a query for evidence.
func (d *Detector) readEvidence(ctx context.Context, sql string) (proof, error) {
	rows, err := d.conn.Query(ctx, sql)
	if err != nil {
		return proof{}, fmt.Errorf("read evidence: %w", err)
	}
	defer rows.Close()
	var out proof
	heaviest := -1.0
	for rows.Next() {
		var e pipeline.Evidence
		var outcome string
		var weight float64
		if err := rows.Scan(&e.Time, &e.RecordID, &e.Fingerprint, &outcome, &e.Kind, &e.Count, &e.Normalized, &out.events, &out.failed, &weight); err != nil {
			return proof{}, fmt.Errorf("read evidence: %w", err)
		}
		e.Outcome, e.Normalized = pipeline.Outcome(outcome), shorten(e.Normalized, maxNormalized)
		if weight > heaviest {
			heaviest, out.worst = weight, len(out.shapes)
		}
		out.shapes = append(out.shapes, e)
	}
	return out, rows.Err()
}

// listedClients is how many clients a query for analysts names at most.
const listedClients = 200

// where is the campaign's group as a predicate over events and hits.
func (c *campaign) where() string { return c.whereOf(c.clients()) }

func (c *campaign) whereOf(clients []string) string {
	var parts []string
	shape := strings.Split(c.shape, ",")
	for i, col := range groupColumns {
		if slices.Contains(shape, col) {
			if col == "client" && len(clients) > 0 {
				parts = append(parts, "client IN ("+baseline.Quoted(clients)+")")
				continue
			}
			parts = append(parts, col+" = "+baseline.Quote(c.key[i]))
		}
	}
	return strings.Join(parts, " AND ")
}

var macros = regexp.MustCompile(`\b(role_kind|is_super|is_app|interactive|dump_tool|attack_tool|public_client|sensitive_tables|decoy_tables|decoy_role|shared|only_catalogue|injected|row_count|sensitive_item)\b`)

// listQuery is a query for analysts that lists the campaign's events.
func (d *Detector) listQuery(c *campaign, t *tally) string {
	if t.lead.ofUnparsed() {
		return unparsedQuery(c)
	}
	var conditions []string
	for _, r := range t.rules {
		list := r.Evidence
		if list == "" && r.Match != "" && !macros.MatchString(r.Match) {
			list = r.Match
		}
		if list == "" {
			conditions = nil
			break
		}
		conditions = append(conditions, "("+strings.Join(strings.Fields(list), " ")+")")
	}
	extra := ""
	if len(conditions) > 0 {
		extra = " AND (" + strings.Join(conditions, " OR ") + ")"
	}
	const stamp = "2006-01-02 15:04:05.000000"
	clients := c.clients()
	return fmt.Sprintf("SELECT event_time, kind, role, database, client, application, command, fingerprint, signals, outcome, sqlstate, error_code, rows, record_id FROM events FINAL WHERE %s AND event_time BETWEEN '%s' AND '%s'%s ORDER BY event_time",
		c.whereOf(clients[:min(len(clients), listedClients)]), c.first.UTC().Format(stamp), c.last.UTC().Format(stamp), extra)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
