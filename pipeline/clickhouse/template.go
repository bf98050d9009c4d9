package clickhouse

import (
	"fmt"
	"strconv"
	"strings"
	"text/template"
)

// sqlTemplate renders migrations for one server or for a cluster. The functions that a file may use:
//
//	{{local "t"}}            the name of the table that holds t's rows: t, or t_local on a cluster
//	{{on_cluster}}           nothing, or ON CLUSTER 'name'
//	{{engine "E" "args"…}}   E(args), or ReplicatedE(args)
//	{{distributed "t" "k"}}  nothing, or the statement that makes t a Distributed table over t_local, sharded by k
//	{{ttl "column" "events"}} nothing, or TTL … DELETE with the configured days ("events" or "unparsed")
//	{{dedup}}                settings: remember insert_deduplication_token, and {{durable}}
//	{{durable}}              settings: a part is on disk before the insert is answered
//
// Views and functions need {{on_cluster}} only.
type sqlTemplate struct {
	funcs template.FuncMap
}

func (db *DB) template() *sqlTemplate { return newTemplate(db.cfg) }

func newTemplate(cfg Config) *sqlTemplate {
	clustered := cfg.Cluster != ""
	pick := func(single, cluster string) string {
		if clustered {
			return cluster
		}
		return single
	}
	onCluster := pick("", "ON CLUSTER "+quoteString(cfg.Cluster))
	durable := "fsync_after_insert = 1, fsync_part_directory = 1"
	dedup := pick("non_replicated_deduplication_window = 1000",
		"replicated_deduplication_window = 10000, replicated_deduplication_window_seconds = 604800")
	return &sqlTemplate{funcs: template.FuncMap{
		"local":      func(table string) string { return pick(table, table+"_local") },
		"on_cluster": func() string { return onCluster },
		"engine": func(name string, args ...string) string {
			return pick("", "Replicated") + name + "(" + strings.Join(args, ", ") + ")"
		},
		"distributed": func(table, key string) string {
			return pick("", fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s %s AS %s_local ENGINE = Distributed(%s, currentDatabase(), %s_local, %s);",
				table, onCluster, table, quoteString(cfg.Cluster), table, key))
		},
		"ttl": func(col, what string) (string, error) {
			days, err := cfg.days(what)
			if err != nil || days == 0 {
				return "", err
			}
			return "TTL " + ttlExpression(col, days), nil
		},
		"durable": func() string { return durable },
		"dedup":   func() string { return dedup + ", " + durable },
	}}
}

func (c *Config) days(what string) (int, error) {
	switch what {
	case "events":
		return c.EventDays, nil
	case "unparsed":
		return c.UnparsedDays, nil
	}
	return 0, fmt.Errorf("ttl: no such retention %q", what)
}

// ttlExpression counts from ingestion, not from event_time: the latter is what a log line says, and a line that says
// 1999 must not vanish.
func ttlExpression(column string, days int) string {
	return "toDateTime(" + column + ") + toIntervalDay(" + strconv.Itoa(days) + ")"
}

func (t *sqlTemplate) render(text string) (string, error) {
	parsed, err := template.New("migration").Funcs(t.funcs).Option("missingkey=error").Parse(text)
	if err != nil {
		return "", fmt.Errorf("read template: %w", err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, nil); err != nil {
		return "", fmt.Errorf("fill template: %w", err)
	}
	return b.String(), nil
}
