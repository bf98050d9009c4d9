package clickhouse

import (
	"context"
	"fmt"
	"strings"
)

// Days for which the ledger, and then what was judged of it, outlives the events.
const (
	ledgerDays = 31
	judgedDays = 62
)

// applyRetention changes the tables' TTL where the configuration asks for another than they have. The ledger goes after
// the events it counts, and what was judged after the ledger, so that no batch is taken for new.
func (db *DB) applyRetention(ctx context.Context) error {
	after := func(days int) int { // the events' retention; for ever if that is
		if db.cfg.EventDays == 0 {
			return 0
		}
		return db.cfg.EventDays + days
	}
	for _, r := range []struct {
		table, column string
		days          int
	}{
		{"events", "ingested_at", db.cfg.EventDays},
		{"arrival_times", "at", db.cfg.EventDays},
		{"skipped", "at", db.cfg.EventDays},
		{"batches", "committed_at", after(ledgerDays)},
		{"detect_batches", "committed_at", after(judgedDays)},
		{"unparsed", "ingested_at", db.cfg.UnparsedDays},
	} {
		if err := db.setTTL(ctx, r.table, r.column, r.days); err != nil {
			return fmt.Errorf("set retention of %s: %w", r.table, err)
		}
	}
	return nil
}

func (db *DB) setTTL(ctx context.Context, table, column string, days int) error {
	local := db.render(`{{local "` + table + `"}}`)
	read, cancel := db.queryContext(ctx)
	defer cancel()
	var create string
	err := db.conn.QueryRow(read, `SELECT any(create_table_query) FROM system.tables WHERE database = currentDatabase() AND name = ?`, local).Scan(&create)
	if err != nil {
		return db.scrub(err)
	}
	want := ttlExpression(column, days)
	has := strings.Contains(create, "\nTTL ") || strings.Contains(create, " TTL ")
	switch {
	case create == "", days > 0 && strings.Contains(create, "TTL "+want), days == 0 && !has:
		return nil
	case days == 0:
		err = db.exec(ctx, db.render(`ALTER TABLE `+local+` {{on_cluster}} REMOVE TTL`))
	default:
		err = db.exec(ctx, db.render(`ALTER TABLE `+local+` {{on_cluster}} MODIFY TTL `+want))
	}
	if err == nil {
		db.log.Info("retention changed", "table", table, "days", days)
	}
	return err
}
