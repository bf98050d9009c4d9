package detect

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/baseline"
)

// CheckSQL asks the engine whether it understands the ClickHouse expressions and queries of the rules, without running them. The
// error lists every one that it does not, with its place and the engine's complaint.
func CheckSQL(ctx context.Context, conn driver.Conn, cfg Config, rules []Rule) error {
	c := sqlCheck{ctx: ctx, conn: conn, cfg: cfg}
	for i := range rules {
		c.rule(&rules[i])
	}
	return errors.Join(c.problems...)
}

type sqlCheck struct {
	ctx      context.Context
	conn     driver.Conn
	cfg      Config
	problems []error
}

// firstSeenRow and queryRow stand for the rows that a first_seen rule's where, and a query rule's raise, are about.
const (
	firstSeenRow = `SELECT '' AS cluster, '' AS database, '' AS role, '' AS client, '' AS application, '' AS profile, '' AS item, toUInt64(0) AS known, toUInt64(0) AS fresh,
    toUInt64(0) AS peers, toUInt64(0) AS peers_know, toFloat64(0) AS weight, toUInt16(0) AS event_index,
    false AS newcomer, now64(6, 'UTC') AS event_time, '' AS record_id, '' AS fingerprint, '' AS kind, '' AS role_kind, false AS is_super, false AS is_app,
    false AS interactive, false AS dump_tool, false AS attack_tool, false AS public_client, false AS sensitive_item`
	queryRow = `SELECT '' AS cluster, '' AS database, '' AS role, '' AS client, '' AS application, now64(6, 'UTC') AS event_time, '' AS fingerprint, '' AS outcome, '' AS subject,
    '' AS record_id, toUInt16(0) AS event_index, '' AS kind, toInt64(0) AS row_count, toFloat64(0) AS observed, toFloat64(0) AS expected, toFloat64(0) AS threshold,
    '' AS role_kind, false AS is_super, false AS is_app, false AS interactive`
	spikeRow = `SELECT '' AS cluster, '' AS database, '' AS role, now64(6, 'UTC') AS event_time, '' AS role_kind, false AS is_super, false AS is_app`
)

func (c *sqlCheck) rule(r *Rule) {
	scope := baseline.Scope{From: time.Unix(0, 0), To: time.Unix(1, 0)}
	events := c.cfg.view(scope)
	from := map[Kind]string{OnFirstSeen: firstSeenRow, OnQuery: queryRow, OnVolume: spikeRow, OnSilence: spikeRow, OnCombination: spikeRow}[r.Kind]
	if from == "" {
		from = events
	}
	c.expression(r, "match", r.Match, events)
	c.expression(r, "evidence", r.Evidence, "SELECT * FROM events")
	c.expression(r, "item", wrap("CAST(%s, 'Array(String)')", r.Item), events)
	c.expression(r, "where", r.Where, from)
	if r.Kind != OnSilence { // there it is a name
		c.expression(r, "subject", wrap("CAST(%s, 'String')", r.Subject), from)
	}
	for i, x := range r.Raise {
		c.expression(r, fmt.Sprintf("raise[%d].when", i), x.When, from)
	}
	for i, s := range r.Steps {
		c.expression(r, fmt.Sprintf("steps[%d].match", i), s.Match, events)
	}
	if r.Query == "" {
		return
	}
	d := &Detector{cfg: c.cfg, hits: "detect_hits", queryShapes: map[string]string{}, conn: c.conn}
	if r.ofUnparsed() {
		d.arrivals = arrivals{batches: "''", since: time.Unix(0, 0)}
	}
	if _, err := d.queryShape(c.ctx, r, d.fillQuery(r.Query, scope)); err != nil {
		c.problems = append(c.problems, r.problem("query", "%s", complaint(err)))
	}
}

func wrap(format, expression string) string {
	if expression == "" {
		return ""
	}
	return fmt.Sprintf(format, expression)
}

// expression asks for the type of an expression over the rows of a query.
func (c *sqlCheck) expression(r *Rule, path, expression, from string) {
	if expression == "" {
		return
	}
	rows, err := c.conn.Query(c.ctx, "DESCRIBE TABLE (SELECT "+expression+" AS checked FROM ("+from+"))")
	if err == nil {
		for rows.Next() { //nolint:revive // only the error matters
		}
		err = errors.Join(rows.Err(), rows.Close())
	}
	if err != nil {
		c.problems = append(c.problems, r.problem(path, "%s", complaint(err)))
	}
}

var (
	preamble = regexp.MustCompile(`(?s)^.*?(DB::Exception: |message: )`)
	trailer  = regexp.MustCompile(`(?s)([:.] In scope |: While (processing|executing) |[.] Stack trace|[(]version |[.:] Expected one of).*$`)
)

// complaint is the engine's message in one line, without the query that it repeats.
func complaint(err error) string {
	s := trailer.ReplaceAllString(preamble.ReplaceAllString(err.Error(), ""), "")
	return shorten(strings.Join(strings.Fields(s), " "), 300)
}
