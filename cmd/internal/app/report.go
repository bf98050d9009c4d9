package app

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/clickhouse"
)

// Report is what a person wants to know after a run over finite sources.
type Report struct {
	Lines      LineCount        `json:"lines"`
	Roles      []RoleLine       `json:"roles"`
	Statements []StatementLine  `json:"statements"`
	Findings   []pipeline.Alert `json:"findings"`
	From, To   time.Time
}

// LineCount is the account of lines, each counted once: by the ledger, In + Twice must equal the sum of what became of
// them.
type LineCount struct {
	In       uint64 `ch:"once"`
	Events   uint64 `ch:"events_now"`
	Unparsed uint64 `ch:"unparsed_now"`
	Skipped  uint64 `ch:"skipped_once"`
	Twice    uint64 `ch:"twice"`  // read again after an interruption; absorbed by their ids
	Ledger   uint64 `ch:"ledger"` // what the ledger says was read
}

// Balanced reports whether every line is accounted for.
func (c LineCount) Balanced() bool {
	return c.In == c.Events+c.Unparsed+c.Skipped && c.Ledger == c.In+c.Twice
}

// RoleLine sums up one role of one cluster.
type RoleLine struct {
	Cluster    string    `ch:"cluster"`
	Role       string    `ch:"role"`
	Events     uint64    `ch:"n"`
	Statements uint64    `ch:"statements"`
	Shapes     uint64    `ch:"shapes"`
	Tables     uint64    `ch:"tables_touched"`
	Clients    uint64    `ch:"clients"`
	Errors     uint64    `ch:"errors"`
	First      time.Time `ch:"first"`
	Last       time.Time `ch:"last"`
}

// StatementLine is one shape of statement.
type StatementLine struct {
	Fingerprint string   `ch:"fingerprint"`
	Normalized  string   `ch:"normalized"`
	Events      uint64   `ch:"n"`
	Roles       []string `ch:"roles"`
}

const (
	linesSQL = `WITH (SELECT sum(lines) FROM events FINAL) AS e, (SELECT sum(lines) FROM unparsed FINAL) AS u
	SELECT toUInt64(ifNull(e, 0)) AS events_now, toUInt64(ifNull(u, 0)) AS unparsed_now, sum(lines_skipped) AS skipped_once,
	events_now + unparsed_now + skipped_once AS once, sum(lines_in) AS ledger,
	toUInt64(greatest(toInt64(sum(lines_events + lines_unparsed)) - toInt64(events_now + unparsed_now), 0)) AS twice FROM batches FINAL`
	rolesSQL = `SELECT cluster, role, count() AS n, countIf(kind = 'statement' AND NOT repeat) AS statements,
	uniqExactIf(fingerprint, fingerprint != '') AS shapes, length(groupUniqArrayArray(tables)) AS tables_touched,
	uniqExactIf(client, client != '') AS clients, countIf(outcome = 'failure') AS errors, min(event_time) AS first, max(event_time) AS last
	FROM events FINAL WHERE role != '' GROUP BY cluster, role ORDER BY n DESC, cluster, role LIMIT 30`
	topSQL = `SELECT e.fingerprint AS fingerprint, any(s.normalized) AS normalized, any(e.n) AS n, any(e.roles) AS roles
	FROM (SELECT fingerprint, count() AS n, arraySort(groupUniqArray(role)) AS roles FROM events FINAL
	      WHERE fingerprint != '' AND NOT repeat GROUP BY fingerprint ORDER BY n DESC, fingerprint LIMIT 10) AS e
	LEFT JOIN (SELECT fingerprint, min(normalized) AS normalized FROM statements GROUP BY fingerprint) AS s USING (fingerprint)
	GROUP BY fingerprint ORDER BY n DESC, fingerprint`
	spanSQL = `SELECT min(event_time), max(event_time) FROM events`
)

// NewReport asks the store.
func (a *App) NewReport(ctx context.Context) (*Report, error) {
	r := &Report{}
	conn := a.DB.Conn()
	if err := conn.QueryRow(ctx, linesSQL).ScanStruct(&r.Lines); err != nil {
		return nil, fmt.Errorf("count lines: %w", err)
	}
	if err := conn.QueryRow(ctx, spanSQL).Scan(&r.From, &r.To); err != nil {
		return nil, fmt.Errorf("find time span: %w", err)
	}
	if err := selectAll(ctx, conn, &r.Roles, rolesSQL); err != nil {
		return nil, fmt.Errorf("sum up roles: %w", err)
	}
	if err := selectAll(ctx, conn, &r.Statements, topSQL); err != nil {
		return nil, fmt.Errorf("list top statements: %w", err)
	}
	var err error
	if r.Findings, err = a.DB.Alerts(ctx, clickhouse.AlertFilter{}); err != nil {
		return nil, fmt.Errorf("list findings: %w", err)
	}
	sortFindings(r.Findings)
	return r, nil
}

func selectAll(ctx context.Context, conn driver.Conn, dest any, query string) error {
	return conn.Select(ctx, dest, query)
}
