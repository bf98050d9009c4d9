package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestMigrateTwiceChangesNothing(t *testing.T) {
	db := testDB(t)
	schema := func() []string {
		return texts(t, db, "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name")
	}
	before, applied := schema(), count(t, db, "schema_migrations")
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := schema(); !slices.Equal(before, after) || count(t, db, "schema_migrations") != applied {
		t.Errorf("a second run changed the schema:\n%v\n%v", before, after)
	}
}

func TestMigrateAtOnce(t *testing.T) {
	first := emptyDB(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = newDB(first.conn, first.cfg, Options{}).Migrate(context.Background()) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	sub, err := readMigrations(testFiles(t))
	if err != nil {
		t.Fatal(err)
	}
	// One of them did all the work: nothing was applied twice.
	if n := count(t, first, "schema_migrations"); n != uint64(len(sub)) {
		t.Errorf("%d migrations recorded, want %d", n, len(sub))
	}
	if n := count(t, first, "system.tables WHERE database = currentDatabase() AND name = 'schema_lock'"); n != 0 {
		t.Error("the lock is still there")
	}
}

// testFiles gives the embedded migrations.
func testFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = &fstest.MapFile{Data: text}
	}
	return files
}

func TestMigrateRefuses(t *testing.T) {
	ctx := context.Background()
	// Retention touches tables that these small schemas lack; setTTL leaves those alone.
	ok := fstest.MapFS{
		"0001_a.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS a {{on_cluster}} (x UInt8) ENGINE = {{engine \"MergeTree\"}} ORDER BY x; -- one; two\n" +
			"INSERT INTO a SELECT 1 WHERE 'it''s; \\' fine' != `;`;\n/* ; */\n")},
		"0002_b.sql": {Data: []byte("CREATE TABLE IF NOT EXISTS b (x UInt8) ENGINE = Null")},
	}
	ok["0001_a.sql"].Data = []byte(strings.ReplaceAll(string(ok["0001_a.sql"].Data), "`;`", "';'"))
	db := emptyDB(t)
	if err := db.migrate(ctx, ok); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "a"); n != 1 {
		t.Errorf("%d rows in a, want 1", n)
	}
	with := func(name, text string) fstest.MapFS {
		files := fstest.MapFS{}
		for n, f := range ok {
			files[n] = f
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
		return files
	}
	for _, tt := range []struct {
		name  string
		files fstest.MapFS
		want  string
	}{
		{"changed", with("0002_b.sql", "CREATE TABLE IF NOT EXISTS b (y UInt8) ENGINE = Null"),
			`^migration 0002_b\.sql was applied with another content \(hash [0-9a-f]{12}…, now [0-9a-f]{12}…\): an applied migration must not change; add a new one instead$`},
		{"newer database", fstest.MapFS{"0001_a.sql": ok["0001_a.sql"]},
			`^the database has migration 0002_b\.sql, which this program does not know: it was migrated by a newer one; run that$`},
		{"bad SQL", with("0003_c.sql", "SELECT 1;\nCREATE TABEL c (x UInt8)"),
			`^apply migration 0003_c\.sql: statement 2 \(CREATE TABEL c \(x UInt8\)\): ClickHouse at \S+: Syntax error: .* \(code 62\)$`},
		{"bad template", with("0003_c.sql", "SELECT {{nothing}}"), `^apply migration 0003_c\.sql: read template: .*function "nothing" not defined$`},
		{"bad name", with("3_c.sql", ""), `^migration 3_c\.sql: its name must begin with four digits and _$`},
		{"same number", with("0002_c.sql", ""), `^migrations 0002_b\.sql and 0002_c\.sql have the same number$`},
	} {
		err := db.migrate(ctx, tt.files)
		if err == nil || !regexp.MustCompile(tt.want).MatchString(err.Error()) {
			t.Errorf("%s: got %v, want match for %s", tt.name, err, tt.want)
		}
	}
	// What failed half way is done again from its beginning.
	if err := db.migrate(ctx, with("0003_c.sql", "SELECT 1;\nCREATE TABLE IF NOT EXISTS c (x UInt8) ENGINE = Null")); err != nil {
		t.Error(err)
	}
}

func TestStaleLockIsTakenOver(t *testing.T) {
	db, ctx := emptyDB(t), context.Background()
	if err := db.exec(ctx, "CREATE TABLE schema_lock (x UInt8) ENGINE = Null COMMENT 'somebody'"); err != nil {
		t.Fatal(err)
	}
	// A holder that is alive is waited for, as long as the caller likes.
	patient, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	db.log = slog.New(onMessage{slog.DiscardHandler, "waiting for another process", func() { cancel(errors.New("out of patience")) }})
	err := db.withLock(patient, func(context.Context) error { return nil })
	if want := "lock schema: another process is migrating: out of patience"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	db.lockStale = 0
	ran := false
	if err := db.withLock(ctx, func(context.Context) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("ran %v, %v", ran, err)
	}
}

// onMessage calls do when a message with this text is logged.
type onMessage struct {
	slog.Handler
	text string
	do   func()
}

func (onMessage) Enabled(context.Context, slog.Level) bool { return true }

func (h onMessage) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.text) {
		h.do()
	}
	return nil
}

// TestMigrationsCanBeRunTwice: a process may die between a statement and its record, and two may overlap.
func TestMigrationsCanBeRunTwice(t *testing.T) {
	again := regexp.MustCompile(`(?i)^(CREATE (TABLE|MATERIALIZED VIEW|VIEW|FUNCTION|DICTIONARY) IF NOT EXISTS|CREATE OR REPLACE|` +
		`DROP \w+ IF EXISTS|ALTER TABLE \S+( ON CLUSTER \S+)? (ADD (COLUMN|INDEX|PROJECTION|CONSTRAINT) IF NOT EXISTS|DROP \w+ IF EXISTS|RENAME COLUMN IF EXISTS|UPDATE|MODIFY|MATERIALIZE))`)
	for _, cluster := range []string{"", "audit"} {
		tmpl := newTemplate(Config{Cluster: cluster, EventDays: 30, UnparsedDays: 7})
		for name, f := range testFiles(t) {
			text, err := tmpl.render(string(f.Data))
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, s := range splitStatements(text) {
				if !again.MatchString(s) {
					t.Errorf("%s: cannot be run twice: %s", name, firstWords(s))
				}
				if cluster != "" && !strings.Contains(s, "ON CLUSTER 'audit'") {
					t.Errorf("%s: has no {{on_cluster}}: %s", name, firstWords(s))
				}
			}
		}
	}
}

// TestProfileCountsAreConverted brings profiles of before up to date: each item is about as frequent as it was, also where the
// conversion is done again, and new events add to it.
func TestProfileCountsAreConverted(t *testing.T) {
	db := emptyDB(t)
	all := testFiles(t)
	old := maps.Clone(all)
	delete(old, "0113_profile_counts.sql")
	if err := db.migrate(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
		if err := db.exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO role_profile (cluster, role, kind, item, events) SELECT 'c', 'r', 'shape', toString(n), arrayReduce('uniqCombined64State', arrayMap(x -> cityHash64(x), range(n))) FROM (SELECT arrayJoin([1, 300, 9000]) AS n)")
	if err := db.migrate(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	exec("INSERT INTO role_profile (cluster, role, kind, item, last, counted) SELECT 'c', 'r', 'shape', '300', now64(6), arrayReduce('uniqCombined64State(14)', arrayMap(x -> cityHash64('new', x), range(100)))")
	check := func() {
		t.Helper()
		for item, want := range map[string]float64{"1": 1, "300": 400, "9000": 9000} {
			var got uint64
			scan(t, db, "SELECT uniqCombined64Merge(14)(counted) FROM role_profile WHERE item = '"+item+"'", &got)
			if math.Abs(float64(got)-want) > 0.05*want {
				t.Errorf("item %s: %d events, want about %.0f", item, got, want)
			}
		}
	}
	check()
	if err := db.execFile(t.Context(), db.template(), string(all["0113_profile_counts.sql"].Data)); err != nil {
		t.Fatal(err)
	}
	check()
}

func TestRetentionFollowsTheConfiguration(t *testing.T) {
	db := testDB(t, func(c *Config) { c.EventDays, c.UnparsedDays = 30, 7 })
	ttl := func(table string) string {
		var s string
		scan(t, db, fmt.Sprintf("SELECT extract(create_table_query, 'TTL ([^\\n]+?)( SETTINGS|$)') FROM system.tables WHERE database = currentDatabase() AND name = '%s'", table), &s)
		return s
	}
	check := func(table, want string) {
		t.Helper()
		if got := ttl(table); got != want {
			t.Errorf("%s: TTL %q, want %q", table, got, want)
		}
	}
	check("events", "toDateTime(ingested_at) + toIntervalDay(30)")
	check("unparsed", "toDateTime(ingested_at) + toIntervalDay(7)")
	check("batches", "toDateTime(committed_at) + toIntervalDay(61)")
	check("detect_batches", "toDateTime(committed_at) + toIntervalDay(92)")
	for _, days := range []int{90, 0, 0, 10} {
		db.cfg.EventDays = days
		if err := db.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		want, judged := "", ""
		if days > 0 {
			want = fmt.Sprintf("toDateTime(ingested_at) + toIntervalDay(%d)", days)
			judged = fmt.Sprintf("toDateTime(committed_at) + toIntervalDay(%d)", days+judgedDays)
		}
		check("events", want)
		check("detect_batches", judged)
	}
}

// TestClusterStatementsParse: there is no cluster here to run them on, but the engine's parser must take them.
func TestClusterStatementsParse(t *testing.T) {
	db := emptyDB(t)
	tmpl := newTemplate(Config{Cluster: "audit", EventDays: 30, UnparsedDays: 7})
	files := testFiles(t)
	all := []string{"CREATE TABEL x"} // this one must be refused
	files["0000_migrations.sql"] = &fstest.MapFile{Data: []byte(migrationsTable)}
	for _, f := range files {
		text, err := tmpl.render(string(f.Data))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, splitStatements(text)...)
	}
	var bad []string
	err := db.conn.QueryRow(context.Background(), "SELECT arrayFilter(s -> isNull(formatQueryOrNull(s)), ?)", all).Scan(&bad)
	if err != nil || len(bad) != 1 || bad[0] != all[0] {
		t.Errorf("%v; refused: %s", err, strings.Join(bad, "\n\n"))
	}
}
