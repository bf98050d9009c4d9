package embedded_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

func open(t testing.TB, dsn string) clickhouse.Conn {
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

var compressions = []string{"", "?compress=lz4", "?compress=zstd", "?compress=gzip", "?compress=deflate"}

// typed is a row of all types that the schema uses.
type typed struct {
	U8  uint8             `ch:"u8"`
	U16 uint16            `ch:"u16"`
	U32 uint32            `ch:"u32"`
	U64 uint64            `ch:"u64"`
	I64 int64             `ch:"i64"`
	F32 float32           `ch:"f32"`
	F64 float64           `ch:"f64"`
	B   bool              `ch:"b"`
	S   string            `ch:"s"`
	L   string            `ch:"l"`
	FS  string            `ch:"fs"`
	D6  time.Time         `ch:"d6"`
	D3  time.Time         `ch:"d3"`
	D   time.Time         `ch:"d"`
	A   []string          `ch:"a"`
	LA  []string          `ch:"la"`
	N   *int64            `ch:"n"`
	M   map[string]string `ch:"m"`
	E   string            `ch:"e"`
}

const typedTable = `CREATE TABLE typed (
	u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64, i64 Int64, f32 Float32, f64 Float64, b Bool, s String, l LowCardinality(String),
	fs FixedString(32), d6 DateTime64(6,'UTC'), d3 DateTime64(3,'UTC'), d DateTime('UTC'), a Array(String),
	la Array(LowCardinality(String)), n Nullable(Int64), m Map(LowCardinality(String), String), e Enum8('x' = 1, 'y' = 2)
) ENGINE = ReplacingMergeTree(d3) PARTITION BY toYYYYMM(d6) ORDER BY (l, u64)`

func rowsOf(n int) []typed {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	rows := make([]typed, n)
	for i := range rows {
		r := &rows[i]
		*r = typed{
			U8: uint8(i), U16: uint16(i), U32: uint32(i), U64: uint64(i), I64: int64(-i), F32: float32(i) / 4, F64: float64(i) / 8,
			B: i%2 == 0, S: fmt.Sprintf("row %d \x00 'ü\"\n", i), L: []string{"", "one", "two"}[i%3], FS: fmt.Sprintf("%032x", i),
			D6: at.Add(time.Duration(i) * time.Microsecond), D3: at.Truncate(time.Millisecond), D: at.Truncate(time.Second),
			A: []string{}, LA: []string{"a", "b"}[:i%3%2+1], M: map[string]string{"k": fmt.Sprint(i)}, E: "y",
		}
		if i%2 == 1 {
			n := int64(i)
			r.N, r.A = &n, []string{"", "x"}
		}
	}
	return rows
}

func TestDriverTypes(t *testing.T) {
	s := embeddedtest.Start(t)
	for _, compression := range compressions {
		t.Run(compression, func(t *testing.T) {
			c := open(t, s.Database(t)+compression)
			ctx := t.Context()
			if err := c.Exec(ctx, typedTable); err != nil {
				t.Fatal(err)
			}
			want := rowsOf(1000)
			b, err := c.PrepareBatch(ctx, "INSERT INTO typed")
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if err := b.AppendStruct(&want[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.Send(); err != nil {
				t.Fatal(err)
			}
			var got []typed
			if err := c.Select(ctx, &got, "SELECT * FROM typed FINAL ORDER BY u64"); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("got %d rows, want %d", len(got), len(want))
			}
			for i := range want {
				got[i].D6, got[i].D3, got[i].D = got[i].D6.UTC(), got[i].D3.UTC(), got[i].D.UTC() // the same but for the pointer to UTC
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("row %d:\n got %+v\nwant %+v", i, got[i], want[i])
				}
			}
			var n uint64
			err = c.QueryRow(ctx, "SELECT count() FROM typed WHERE l = ? AND d6 >= ? AND u32 IN (?)", "one", want[0].D6, []uint32{1, 4, 5}).Scan(&n)
			if err != nil || n != 2 {
				t.Errorf("with arguments: %d, %v", n, err)
			}
			rows, err := c.Query(ctx, "SELECT u8, s FROM typed WHERE 0")
			if err != nil || rows.Next() || rows.Err() != nil {
				t.Errorf("no rows: %v", err)
			}
			rows.Close()
			if err := c.Ping(ctx); err != nil {
				t.Errorf("ping: %v", err)
			}
		})
	}
}

// Aggregate states, materialized views, tokens that make a repeated insert no insert: also behind the view.
func TestDriverAggregatesAndTokens(t *testing.T) {
	s := embeddedtest.Start(t)
	c := open(t, s.Database(t)+"?compress=lz4")
	for _, sql := range []string{
		"CREATE TABLE e (id UInt64, role LowCardinality(String), at DateTime64(6,'UTC')) ENGINE=MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100",
		"CREATE TABLE p (role LowCardinality(String), n AggregateFunction(count), ids AggregateFunction(uniq, UInt64), first SimpleAggregateFunction(min, DateTime64(6,'UTC'))) ENGINE=AggregatingMergeTree ORDER BY role SETTINGS non_replicated_deduplication_window = 100",
		"CREATE MATERIALIZED VIEW v TO p AS SELECT role, countState() AS n, uniqState(id) AS ids, min(at) AS first FROM e GROUP BY role",
	} {
		if err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(token string) {
		t.Helper()
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token, "deduplicate_blocks_in_dependent_materialized_views": 1}))
		b, err := c.PrepareBatch(ctx, "INSERT INTO e")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 1000 {
			_ = b.Append(uint64(i), []string{"app", "dba"}[i%2], time.Unix(1700000000, 0))
		}
		if err := b.Send(); err != nil {
			t.Fatal(err)
		}
	}
	check := func(rows, perRole uint64) {
		t.Helper()
		var n, m, ids uint64
		if err := c.QueryRow(t.Context(), "SELECT (SELECT count() FROM e), countMerge(n), uniqMerge(ids) FROM p WHERE role = 'app'").Scan(&n, &m, &ids); err != nil {
			t.Fatal(err)
		}
		if n != rows || m != perRole || ids != 500 {
			t.Errorf("%d rows, view counts %d, %d ids; want %d, %d, 500", n, m, ids, rows, perRole)
		}
	}
	insert("one")
	check(1000, 500)
	insert("one")
	check(1000, 500)
	insert("two")
	check(2000, 1000)
}

func TestDriverReader(t *testing.T) {
	s := embeddedtest.Start(t)
	dsn := s.Database(t)
	w := open(t, dsn)
	if err := w.Exec(t.Context(), "CREATE TABLE e (id UInt64) ENGINE=MergeTree ORDER BY id"); err != nil {
		t.Fatal(err)
	}
	for _, compression := range compressions {
		r := open(t, embeddedtest.ReadOnly(dsn)+compression)
		var n uint64
		if err := r.QueryRow(t.Context(), "SELECT count() FROM e").Scan(&n); err != nil {
			t.Errorf("%q: %v", compression, err)
		}
		if err := r.Exec(t.Context(), "INSERT INTO e SELECT 1"); err == nil {
			t.Errorf("%q: the reader wrote", compression)
		}
	}
}

// BenchmarkInsert inserts batches of 100,000 rows of the schema's types, as the store does.
func BenchmarkInsert(b *testing.B) {
	s := embeddedtest.Start(b)
	const size = 100_000
	rows := rowsOf(size)
	for _, compression := range []string{"", "?compress=lz4"} {
		b.Run("compression"+compression, func(b *testing.B) {
			c := open(b, s.Database(b)+compression)
			if err := c.Exec(b.Context(), typedTable); err != nil {
				b.Fatal(err)
			}
			before := cpu(b, s.PID)
			for b.Loop() {
				batch, err := c.PrepareBatch(b.Context(), "INSERT INTO typed")
				if err != nil {
					b.Fatal(err)
				}
				appendColumns(b, batch, rows)
				if err := batch.Send(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(size)*float64(b.N)/(cpu(b, s.PID)-before).Seconds(), "rows/engine-cpu-s")
		})
	}
}

// cpu is the time that the process has spent on all cores.
func cpu(tb testing.TB, pid int) time.Duration {
	tb.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		tb.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):]))
	user, _ := strconv.Atoi(fields[12])
	system, _ := strconv.Atoi(fields[13])
	return time.Duration(user+system) * (time.Second / 100)
}
