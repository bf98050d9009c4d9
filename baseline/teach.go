package baseline

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// The kinds of item a profile holds. Rules may add kinds of their own, named by the rule's id.
const (
	KindSeen        = "seen"        // the role itself; item is empty
	KindRole        = "role"        // of a cluster: which roles it has
	KindDatabase    = "database"    // of a role in all databases: which ones it uses
	KindClient      = "client"      // address it comes from
	KindNetwork     = "network"     // that address's /24 or /64
	KindApplication = "application" // program it names
	KindShape       = "shape"       // fingerprint it runs
	KindAccess      = "access"      // "read t", "write t", "ddl t"; digits in names count as one
	KindFunction    = "function"    // function it calls
	KindHour        = "hour"        // hour of the week, 0 is Monday 00:00 UTC
)

// Item is a further kind of thing to learn of roles: an array of texts computed from an event.
type Item struct {
	Kind  string
	Array string // ClickHouse expression of type Array(String) over the columns of events
}

// Lesson says what a pass of [Profiles.Teach] leaves out and adds.
type Lesson struct {
	// From is a sub-query over the scope's events with further columns; events themselves if empty.
	From    string
	Suspect string // predicate over events: what is true here does not teach; empty for nothing
	// Spans is a sub-query giving (cluster, role, client, spans Array(Tuple(DateTime64, DateTime64))): times during
	// which that client's events do not teach; empty for none.
	Spans string
	Items []Item
}

// Profiles works on the profile tables of the database that conn is connected to.
type Profiles struct {
	conn driver.Conn
	cfg  Config
}

// New gives the profiles behind conn.
func New(conn driver.Conn, cfg Config) *Profiles { return &Profiles{conn: conn, cfg: cfg} }

// Teach adds what the scope's events show to role_profile. It may be repeated.
func (p *Profiles) Teach(ctx context.Context, s Scope, l Lesson) error {
	if err := p.conn.Exec(ctx, teachSQL(s, l, "role_profile")); err != nil {
		return fmt.Errorf("teach profiles: %w", err)
	}
	return nil
}

// network, accessItems and hourItem are expressions over events.
const (
	networkExpr = `multiIf(isIPv4String(client), concat(arrayStringConcat(arraySlice(splitByChar('.', client), 1, 3), '.'), '.0/24'), ` +
		`isIPv6String(client), concat(toString(tupleElement(IPv6CIDRToRange(toIPv6OrDefault(client), 64), 1)), '/64'), '')`
	hourExpr = `toString((toDayOfWeek(hour) - 1) * 24 + toHour(hour))`
)

// accessExpr names each table with how it is touched. Catalogues are left out (reading them is a signal of its own) and
// digits folded, so that tomorrow's partition is not a new table.
// A table that a statement defines is "ddl", whatever else it does with it.
const accessExpr = `arrayDistinct(arrayConcat(` +
	`arrayMap(t -> concat('read ', replaceRegexpAll(t, '[0-9]+', '#')), arrayFilter(t -> NOT match(t, '` + catalogPattern + `'), tables_read)), ` +
	`arrayMap(t -> concat(if(defines, 'ddl ', 'write '), replaceRegexpAll(t, '[0-9]+', '#')), arrayFilter(t -> NOT match(t, '` + catalogPattern + `'), tables_written)), ` +
	`arrayMap(t -> concat('ddl ', replaceRegexpAll(t, '[0-9]+', '#')), arrayFilter(t -> NOT has(tables_read, t) AND NOT has(tables_written, t) AND NOT match(t, '` + catalogPattern + `'), tables))))`

const catalogPattern = `(?i)^(pg_catalog|information_schema|pg_toast|mysql|performance_schema|sys)[.]|^pg_`

// builtin are the items learnt of every event, over the columns of a group of them (see teachSQL).
func builtin() []Item {
	return []Item{
		{KindSeen, `['']`},
		{KindClient, `if(client = '', [], [client])`},
		{KindNetwork, `arrayFilter(x -> x != '', [` + networkExpr + `])`},
		{KindApplication, `if(application = '', [], [application])`},
		{KindShape, `if(kind = 'statement' AND fingerprint != '', [fingerprint], [])`},
		{KindAccess, `if(kind = 'statement', ` + accessExpr + `, [])`},
		{KindFunction, `if(kind = 'statement', arrayDistinct(arrayMap(f -> lower(f), functions)), [])`},
		{KindHour, `[` + hourExpr + `]`},
	}
}

// teachSQL first gathers events that teach the same (same role, client, shape, hour), which are many, and then takes them
// apart into items.
func teachSQL(s Scope, l Lesson, into string) string {
	rows := []string{
		`[('', '', '` + KindRole + `', role)]`,
		`[('', role, '` + KindDatabase + `', database)]`,
		`arrayMap(x -> (database, role, x.1, x.2), extra)`,
	}
	for _, it := range builtin() {
		rows = append(rows, fmt.Sprintf(`arrayMap(x -> (database, role, %s, CAST(x, 'String')), %s)`, Quote(it.Kind), it.Array))
	}
	extra := []string{"CAST([], 'Array(Tuple(String, String))')"}
	for _, it := range l.Items {
		extra = append(extra, fmt.Sprintf(`arrayMap(x -> (%s, CAST(x, 'String')), %s)`, Quote(it.Kind), it.Array))
	}
	from := l.From
	if from == "" {
		from = "SELECT * FROM events FINAL WHERE " + s.Where() + " AND NOT repeat"
	}
	except := "1"
	if l.Suspect != "" {
		except = "(NOT (" + l.Suspect + ") OR (cluster, database, role, fingerprint) IN (" + approvedShapes() + "))"
	}
	join, outside := "", "1"
	if l.Spans != "" {
		join = "LEFT JOIN (" + l.Spans + ") AS q ON e.cluster = q.cluster AND e.role = q.role AND e.client = q.client"
		outside = "(NOT arrayExists(x -> e.event_time >= x.1 AND e.event_time <= x.2, q.spans) OR (e.cluster, e.database, e.role, e.fingerprint) IN (" + approvedShapes() + "))"
	}
	return fmt.Sprintf(`INSERT INTO %s (cluster, database, role, kind, item, first, last, days, counted, clients)
SELECT t.cluster AS cluster, t.p.1, t.p.2, t.p.3, t.p.4, min(f), max(l), groupBitmapState(toUInt32(toRelativeDayNum(hour))), uniqCombined64MergeState(14)(n), uniqState(client)
FROM
(
    SELECT cluster, client, hour, f, l, n, arrayJoin(arrayConcat(%s)) AS p
    FROM
    (
        SELECT cluster, database, role, client, application, kind, fingerprint, tables, tables_read, tables_written, functions, defines, hour, extra,
            min((event_time, record_id, event_index, client, application, database, fingerprint, kind)) AS f, max(event_time) AS l,
            uniqCombined64State(14)(cityHash64(record_id, event_index)) AS n
        FROM
        (
            SELECT CAST(e.cluster, 'String') AS cluster, CAST(e.database, 'String') AS database, CAST(e.role, 'String') AS role, CAST(e.client, 'String') AS client,
                CAST(e.application, 'String') AS application, CAST(e.kind, 'String') AS kind, e.fingerprint AS fingerprint, e.tables AS tables,
                e.tables_read AS tables_read, e.tables_written AS tables_written, e.functions AS functions, e.defines AS defines, e.extra AS extra,
                toStartOfHour(toDateTime(e.event_time, 'UTC')) AS hour, e.event_time AS event_time, CAST(e.record_id, 'String') AS record_id, e.event_index AS event_index
            FROM
            (
                SELECT *, hasAny(signals, ['schema_create', 'schema_alter', 'schema_drop']) AS defines, arrayConcat(%s) AS extra
                FROM (%s) WHERE kind IN ('statement', 'connect') AND outcome != 'failure' AND role != '' AND %s
            ) AS e
            %s
            WHERE %s
        )
        GROUP BY cluster, database, role, client, application, kind, fingerprint, tables, tables_read, tables_written, functions, defines, hour, extra
    )
) AS t
LEFT JOIN (%s) AS g ON g.cluster = t.cluster AND g.database = t.p.1 AND g.role = t.p.2 AND g.kind = t.p.3 AND g.item = t.p.4
WHERE t.hour >= g.until
GROUP BY cluster, t.p.1, t.p.2, t.p.3, t.p.4`, into, strings.Join(rows, ",\n        "), strings.Join(extra, ", "), from, except, join, outside, forgottenSQL())
}
