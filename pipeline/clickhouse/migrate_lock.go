package clickhouse

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
)

const (
	lockTable = "schema_lock"

	lockStale  = 30 * time.Second // a holder renews the lock three times in this time
	renewEvery = lockStale / 3
	lockPoll   = 200 * time.Millisecond
)

// withLock runs f while this process holds the lock: the table schema_lock, whose creation succeeds for one process only
// and whose comment says whose it is. A holder that dies leaves it; it is taken over when nobody has renewed it for a while, by
// the server's clock. Migrations can be run twice, so a take-over from a holder that is not dead but slow does no harm.
func (db *DB) withLock(ctx context.Context, f func(context.Context) error) error {
	owner := rand.Text()
	if err := db.takeLock(ctx, owner); err != nil {
		return fmt.Errorf("lock schema: %w", err)
	}
	work, stop := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		db.renewLock(work, owner)
	}()
	err := f(work)
	stop()
	<-renewed
	// The lock is given back even when ctx has ended, or others would wait for it to go stale.
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.cfg.QueryTimeout)
	defer cancel()
	return errors.Join(err, db.freeLock(free, owner))
}

func (db *DB) takeLock(ctx context.Context, owner string) (err error) {
	waiting := false
	defer func() {
		if err != nil && waiting && ctx.Err() != nil {
			err = fmt.Errorf("another process is migrating: %w", context.Cause(ctx))
		}
	}()
	create := db.render(`CREATE TABLE ` + lockTable + ` {{on_cluster}} (x UInt8) ENGINE = Null COMMENT ` + quoteString(owner))
	for {
		err := db.exec(ctx, create)
		var ex *chgo.Exception
		if !errors.As(err, &ex) || ex.Code != codeTableExists {
			return err
		}
		holder, age, err := db.lockHolder(ctx)
		if err != nil {
			return err
		}
		if holder != "" && age > db.lockStale {
			db.log.Warn("taking over a stale schema lock", "age", age)
			if err := db.freeLock(ctx, holder); err != nil {
				return err
			}
			continue
		}
		if !waiting && holder != "" {
			waiting = true
			db.log.Info("waiting for another process that brings the schema up to date")
		}
		select {
		case <-ctx.Done(): // the next try says so
		case <-time.After(lockPoll):
		}
	}
}

// lockHolder says whose the lock is, "" if nobody's, and how long ago it was renewed.
func (db *DB) lockHolder(ctx context.Context) (owner string, age time.Duration, err error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, `SELECT comment, toInt64(now() - metadata_modification_time) FROM system.tables
		WHERE database = currentDatabase() AND name = ?`, lockTable)
	if err != nil {
		return "", 0, db.scrub(err)
	}
	defer rows.Close()
	for rows.Next() {
		var seconds int64
		if err := rows.Scan(&owner, &seconds); err != nil {
			return "", 0, fmt.Errorf("read lock: %w", err)
		}
		age = time.Duration(seconds) * time.Second
	}
	return owner, age, db.scrub(rows.Err())
}

// freeLock drops the lock if it is still owner's. Between the look and the drop another process may have taken it over; then two
// migrate at once, which is slow but harmless, since every statement of a migration may be run twice.
func (db *DB) freeLock(ctx context.Context, owner string) error {
	holder, _, err := db.lockHolder(ctx)
	if err != nil || holder != owner {
		return err
	}
	return db.exec(ctx, db.render(`DROP TABLE IF EXISTS `+lockTable+` {{on_cluster}} SYNC`))
}

func (db *DB) renewLock(ctx context.Context, owner string) {
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := db.exec(ctx, db.render(`ALTER TABLE `+lockTable+` {{on_cluster}} MODIFY COMMENT `+quoteString(owner))); err != nil && ctx.Err() == nil {
				db.log.Warn("renewing the schema lock failed", "error", err)
			}
		}
	}
}

// render fills a constant text; it cannot fail for those used here, and an unfilled text fails at the server.
func (db *DB) render(text string) string {
	out, err := db.template().render(text)
	if err != nil {
		return text
	}
	return out
}
