package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline/source/cloudwatch"
)

const sinceSQL = `SELECT of, sum(n) FROM ` + accountedSQL + ` WHERE off >= {from:Int64} AND off < {to:Int64} GROUP BY of`

// events compares how many events CloudWatch Logs has since a while with how many of that time are stored. (What is archived and
// what is stored was compared before.)
func (r *reconciler) events(ctx context.Context, out *reconciliation, cfg *cloudwatch.Config, known map[string]*storedStream) error {
	to := time.Now().Add(-r.settle)
	first := to.UnixMilli()
	for _, s := range known {
		first = min(first, s.first) // what came before the source's start is not read
	}
	from := time.UnixMilli(max(first, to.Add(-r.since).UnixMilli()))
	if !from.Before(to) {
		return nil
	}
	stored := map[string]uint64{}
	rows, err := r.app.DB.Conn().Query(ctx, sinceSQL, chgo.Named("source", out.Source), chgo.Named("from", fmt.Sprint(from.UnixMilli())), chgo.Named("to", fmt.Sprint(to.UnixMilli())))
	if err != nil {
		return fmt.Errorf("count stored events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n uint64
		if err := rows.Scan(&name, &n); err != nil {
			return fmt.Errorf("count stored events: %w", err)
		}
		stored[name] = n
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count stored events: %w", err)
	}
	counts, err := cloudwatch.Count(ctx, *cfg, from, to)
	if err != nil {
		out.Notes = append(out.Notes, "CloudWatch Logs was not asked: "+err.Error())
		return nil
	}
	var all uint64
	for _, stream := range slices.Sorted(maps.Keys(counts)) {
		n := counts[stream]
		if all += n; n > stored[stream] {
			out.Gaps = append(out.Gaps, gap{out.Source, stream, from.UnixMilli(), to.UnixMilli() - 1, int64(n - stored[stream]), "clickhouse",
				fmt.Sprintf("CloudWatch Logs has %d events of this time, %d are stored", n, stored[stream])})
		}
	}
	out.SourceLines = &all
	return nil
}
