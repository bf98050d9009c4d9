package embedded_test

import (
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

func open(t *testing.T, dsn string) clickhouse.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestDriver(t *testing.T) {
	for _, query := range []string{"", "?compress=lz4", "?compress=zstd", "?compress=gzip"} {
		t.Run(query, func(t *testing.T) {
			s := embeddedtest.Start(t)
			c := open(t, s.Database(t)+query)
			ctx := t.Context()
			if err := c.Exec(ctx, "CREATE TABLE t (a UInt32, s String, at DateTime64(6,'UTC')) ENGINE=MergeTree ORDER BY a"); err != nil {
				t.Fatal(err)
			}
			b, err := c.PrepareBatch(ctx, "INSERT INTO t")
			if err != nil {
				t.Fatal(err)
			}
			now := time.Now().UTC().Truncate(time.Microsecond)
			for i := range 1000 {
				if err := b.Append(uint32(i), "row", now); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Send(); err != nil {
				t.Fatal(err)
			}
			var n uint64
			var at time.Time
			if err := c.QueryRow(ctx, "SELECT count(), max(at) FROM t WHERE s = $1", "row").Scan(&n, &at); err != nil {
				t.Fatal(err)
			}
			if n != 1000 || !at.Equal(now) {
				t.Errorf("got %d rows, %s; want 1000, %s", n, at, now)
			}
		})
	}
}
