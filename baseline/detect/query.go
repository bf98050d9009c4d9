package detect

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/baseline"
)

// queryColumns are what a query rule may return, with what stands for a column it leaves out. Only cluster and event_time
// must be there.
var queryColumns = []struct{ name, otherwise, cast string }{
	{"cluster", "", "CAST(cluster, 'String')"},
	{"event_time", "", "toDateTime64(event_time, 6, 'UTC')"},
	{"database", "''", "CAST(database, 'String')"},
	{"role", "''", "CAST(role, 'String')"},
	{"client", "''", "CAST(client, 'String')"},
	{"application", "''", "CAST(application, 'String')"},
	{"fingerprint", "''", "CAST(fingerprint, 'String')"},
	{"outcome", "''", "CAST(outcome, 'String')"},
	{"subject", "''", "CAST(subject, 'String')"},
	{"record_id", "''", "CAST(record_id, 'String')"},
	{"event_index", "0", "toUInt16(event_index)"},
	{"kind", "''", "CAST(kind, 'String')"},
	{"row_count", "0", "toInt64(row_count)"},
	{"observed", "0", "toFloat64(observed)"},
	{"expected", "0", "toFloat64(expected)"},
	{"threshold", "0", "toFloat64(threshold)"},
}

// masqueradePlaceholder stands for [baseline.Config.MasqueradeSQL].
const masqueradePlaceholder = "{masquerade}"

var (
	noveltyPlaceholder = regexp.MustCompile(`\{novelty:([^}]+)\}`)
	placeholder        = regexp.MustCompile(`\{[a-z_]+(:[^}]+)?\}`)
)

// fillQuery puts the scope into a query's placeholders, in one pass: what is put in holds names from the logs, and somebody
// may call himself {scope}.
func (d *Detector) fillQuery(query string, s baseline.Scope) string {
	return placeholder.ReplaceAllStringFunc(query, func(m string) string {
		switch m {
		case "{scope}":
			return s.Where()
		case "{from}":
			return baseline.Time(s.From)
		case "{to}":
			return baseline.Time(s.To)
		case "{hits}":
			return d.hits
		case "{stale_days}":
			return strconv.Itoa(d.cfg.Learning.StaleDays)
		case "{learning_days}":
			return strconv.Itoa(d.cfg.Learning.LearningDays)
		case masqueradePlaceholder:
			return d.cfg.Learning.MasqueradeSQL(s)
		}
		if of := noveltyPlaceholder.FindStringSubmatch(m); of != nil {
			return d.cfg.Learning.NoveltySQL(s, strings.Split(of[1], ","))
		}
		return d.arrivals.fill(m)
	})
}

// noveltyKinds lists the kinds of profile item whose novelties the rule's query asks for.
func (r *Rule) noveltyKinds() []string {
	var kinds []string
	for _, m := range noveltyPlaceholder.FindAllStringSubmatch(r.Query, -1) {
		kinds = append(kinds, strings.Split(m[1], ",")...)
	}
	return kinds
}

// needless says that a query rule cannot have an answer: nothing is new of what it asks for, or no cluster is old enough.
func (d *Detector) needless(r *Rule, s baseline.Scope) bool {
	if kinds := r.noveltyKinds(); len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k string) bool { return d.seen[k] }) {
		return true
	}
	for _, born := range d.born {
		if !s.To.Before(born.AddDate(0, 0, r.MinAgeDays)) {
			return false
		}
	}
	return r.MinAgeDays > 0
}

// queries stores hits of the query rules, and says what part of the events they were about: the scope, or more where
// something had been put off.
func (d *Detector) queries(ctx context.Context, s baseline.Scope) (asked baseline.Scope, err error) {
	asked = s
	for i := range d.running {
		r := &d.running[i]
		if r.Kind != OnQuery || r.ofUnparsed() != (d.arrivals.batches != "") || d.needless(r, s) {
			continue
		}
		of, ask := s, d.ask
		if r.asksWork() {
			d.unasked.add(s, d.clock())
			if !d.seen[baseline.KindShape] && !d.unasked.due() {
				continue
			}
			of = d.unasked.scope
			d.unasked.asked, asked = true, s.Widen(of)
			ask = d.askWork
		}
		if err := ask(ctx, r, of); err != nil {
			return asked, err
		}
	}
	return asked, nil
}

// ask stores hits of one query rule.
func (d *Detector) ask(ctx context.Context, r *Rule, s baseline.Scope) error {
	sql := d.fillQuery(r.Query, s)
	columns, err := d.queryShape(ctx, r, sql)
	if err != nil {
		return err
	}
	except := "0"
	if x := d.cfg.except(r.ID); x != "" {
		except = x
	}
	return d.exec(ctx, "run rule "+r.ID, fmt.Sprintf(`INSERT INTO %s (rule, cluster, database, role, client, application, bucket, fingerprint, outcome, subject, first, last, events, level, score, rows, signals, numbers)
SELECT %s, cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, outcome, subject,
    min((event_time, record_id, event_index, kind)), max(event_time), uniqExactState(cityHash64(record_id, event_index, event_time)), max(%s), toFloat32(0), max(row_count), [],
    max((observed, expected, threshold))
FROM
(
    SELECT *, %s AS role_kind, role_kind = 'superuser' AS is_super, role_kind IN ('application', 'service') AS is_app, match(application, %s) AS interactive
    FROM (SELECT %s FROM (%s))
)
WHERE NOT (%s) AND (%s)
GROUP BY cluster, database, role, client, application, toStartOfMinute(toDateTime(event_time, 'UTC')), fingerprint, outcome, subject`,
		d.hits, baseline.Quote(r.ID), r.levelExpr(), d.cfg.roleKindExpr("role"), baseline.Quote(interactivePattern), columns, sql, except, cmp.Or(r.Where, "1")))
}

// queryShape lists the columns to take from a rule's query, those it lacks filled in.
func (d *Detector) queryShape(ctx context.Context, r *Rule, sql string) (string, error) {
	if known, ok := d.queryShapes[r.ID]; ok {
		return known, nil
	}
	rows, err := d.conn.Query(ctx, "DESCRIBE TABLE ("+sql+")")
	if err != nil {
		return "", fmt.Errorf("read columns of rule %s: %w", r.ID, err)
	}
	defer rows.Close()
	have := map[string]bool{}
	width := len(rows.Columns())
	for rows.Next() {
		texts := make([]string, width)
		into := make([]any, width)
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return "", fmt.Errorf("read columns of rule %s: %w", r.ID, err)
		}
		have[texts[0]] = true
	}
	if err := rows.Err(); err != nil {
		return "", fmt.Errorf("read columns of rule %s: %w", r.ID, err)
	}
	list := make([]string, 0, len(queryColumns))
	for _, c := range queryColumns {
		switch {
		case have[c.name]:
			list = append(list, c.cast+" AS "+c.name)
		case c.otherwise == "":
			return "", fmt.Errorf("rule %s: its query gives no column %s", r.ID, c.name)
		default:
			list = append(list, strings.Replace(c.cast, c.name, c.otherwise, 1)+" AS "+c.name)
		}
	}
	d.queryShapes[r.ID] = strings.Join(list, ", ")
	return d.queryShapes[r.ID], nil
}
