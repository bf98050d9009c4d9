package clickhouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one file: NNNN_name.sql, a text/template (see template.go) of statements that may be run twice.
type migration struct {
	version int
	name    string // the file's name
	hash    string // SHA-256 of the file as it is embedded
	text    string
}

// Migrate brings the schema up to date: files not applied yet run in the order of their names, each is recorded with its
// hash, and the retention of the configuration is applied. Two processes may call it at once. It refuses a database in
// which an applied file has another content, or which a newer program has migrated.
func (db *DB) Migrate(ctx context.Context) error {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return db.migrate(ctx, sub)
}

func (db *DB) migrate(ctx context.Context, files fs.FS) error {
	all, err := readMigrations(files)
	if err != nil {
		return err
	}
	t := db.template()
	if err := db.execFile(ctx, t, migrationsTable); err != nil {
		return fmt.Errorf("create schema_migrations: %w", err)
	}
	// Most starts find nothing to do, and need no lock for that.
	pending, err := db.pending(ctx, all)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		if err := db.withLock(ctx, func(ctx context.Context) error { return db.apply(ctx, t, all) }); err != nil {
			return err
		}
	}
	return db.applyRetention(ctx)
}

const migrationsTable = `
CREATE TABLE IF NOT EXISTS {{local "schema_migrations"}} {{on_cluster}}
(
    version    UInt32,
    name       String,
    hash       String COMMENT 'SHA-256 of the file',
    host       String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
)
ENGINE = {{engine "ReplacingMergeTree" "applied_at"}}
ORDER BY version
SETTINGS {{durable}};
{{distributed "schema_migrations" "version"}}`

func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var all []migration
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || len(number) != 4 {
			return nil, fmt.Errorf("migration %s: its name must begin with four digits and _", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{version, name, hex.EncodeToString(sum[:]), string(text)})
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i := 1; i < len(all); i++ {
		if all[i].version == all[i-1].version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", all[i-1].name, all[i].name)
		}
	}
	return all, nil
}

// pending checks the applied migrations against ours and gives those still to be applied.
func (db *DB) pending(ctx context.Context, all []migration) ([]migration, error) {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT version, name, hash FROM schema_migrations FINAL")
	if err != nil {
		return nil, fmt.Errorf("read schema_migrations: %w", db.scrub(err))
	}
	defer rows.Close()
	known := make(map[int]migration, len(all))
	for _, m := range all {
		known[m.version] = m
	}
	applied := map[int]bool{}
	for rows.Next() {
		var (
			version    uint32
			name, hash string
		)
		if err := rows.Scan(&version, &name, &hash); err != nil {
			return nil, fmt.Errorf("read schema_migrations: %w", err)
		}
		m, ok := known[int(version)]
		switch {
		case !ok:
			return nil, fmt.Errorf("the database has migration %s, which this program does not know: it was migrated by a newer one; run that", name)
		case m.hash != hash:
			return nil, fmt.Errorf("migration %s was applied with another content (hash %.12s…, now %.12s…): "+
				"an applied migration must not change; add a new one instead", name, hash, m.hash)
		}
		applied[int(version)] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read schema_migrations: %w", db.scrub(err))
	}
	var todo []migration
	for _, m := range all {
		if !applied[m.version] {
			todo = append(todo, m)
		}
	}
	return todo, nil
}

func (db *DB) apply(ctx context.Context, t *sqlTemplate, all []migration) error {
	todo, err := db.pending(ctx, all)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	for _, m := range todo {
		if err := db.execFile(ctx, t, m.text); err != nil {
			return fmt.Errorf("apply migration %s: %w", m.name, err)
		}
		err := db.insert(ctx, "schema_migrations", "", []column{
			{"version", "UInt32", []uint32{uint32(m.version)}},
			{"name", "String", []string{m.name}},
			{"hash", "String", []string{m.hash}},
			{"host", "String", []string{host}},
		}, 1)
		if err != nil {
			return fmt.Errorf("record migration %s: %w", m.name, err)
		}
		db.log.Info("migration applied", "name", m.name)
	}
	return nil
}

// execFile renders a file and runs its statements one after the other.
func (db *DB) execFile(ctx context.Context, t *sqlTemplate, text string) error {
	rendered, err := t.render(text)
	if err != nil {
		return err
	}
	for i, statement := range splitStatements(rendered) {
		if err := db.exec(ctx, statement); err != nil {
			return fmt.Errorf("statement %d (%s): %w", i+1, firstWords(statement), err)
		}
	}
	return nil
}

func (db *DB) exec(ctx context.Context, statement string) error {
	ctx, cancel := db.queryContext(ctx)
	defer cancel()
	return db.scrub(db.conn.Exec(ctx, statement))
}

func (db *DB) queryContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, db.cfg.QueryTimeout, timeout("query timed out"))
}

// firstWords names a statement of a migration without quoting all of it.
func firstWords(statement string) string {
	words := strings.Fields(statement)
	return strings.Join(words[:min(len(words), 6)], " ")
}
