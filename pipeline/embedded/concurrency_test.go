package embedded_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// Several writers and readers at once: every row arrives once, and every reader sees whole inserts only.
func TestWritersAndReaders(t *testing.T) {
	s := embeddedtest.Start(t)
	dsn := s.Database(t) + "?compress=lz4"
	c := open(t, dsn)
	if err := c.Exec(t.Context(), "CREATE TABLE t (w UInt8, n UInt32) ENGINE=MergeTree ORDER BY (w, n)"); err != nil {
		t.Fatal(err)
	}
	const writers, batches, rows = 4, 10, 1000
	var wg, readers sync.WaitGroup
	var done atomic.Bool
	var reads atomic.Int64
	for w := range writers {
		wg.Go(func() {
			c := open(t, dsn)
			for i := range batches {
				b, err := c.PrepareBatch(t.Context(), "INSERT INTO t")
				if err != nil {
					t.Errorf("prepare: %v", err)
					return
				}
				for n := range rows {
					_ = b.Append(uint8(w), uint32(i*rows+n))
				}
				if err := b.Send(); err != nil {
					t.Errorf("send: %v", err)
					return
				}
			}
		})
	}
	for range 3 {
		readers.Go(func() {
			c := open(t, embeddedtest.ReadOnly(dsn))
			for !done.Load() {
				var n uint64
				if err := c.QueryRow(t.Context(), "SELECT count() FROM t").Scan(&n); err != nil || n%rows != 0 {
					t.Errorf("a reader saw %d rows, %v", n, err)
					return
				}
				reads.Add(1)
			}
		})
	}
	wg.Wait()
	done.Store(true)
	readers.Wait()
	var n, distinct uint64
	if err := c.QueryRow(t.Context(), "SELECT count(), uniqExact(w, n) FROM t").Scan(&n, &distinct); err != nil || n != writers*batches*rows || distinct != n {
		t.Errorf("%d rows, %d distinct, %v", n, distinct, err)
	}
	t.Logf("%d reads meanwhile", reads.Load())
}

// All of the analysts' slots busy with endless queries, and more of them waiting: inserts go on.
func TestAnalystsDoNotStallInserts(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (n UInt64) ENGINE=MergeTree ORDER BY n")
	insert := func(n int) time.Duration {
		began := time.Now()
		for range n {
			c.must("INSERT INTO t SELECT number FROM numbers(10000)")
		}
		return time.Since(began)
	}
	alone := insert(20)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.server.Address+"/", strings.NewReader("SELECT count() FROM numbers(1e13) WHERE NOT ignore(murmurHash3_64(number))"))
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
			}
		})
	}
	c.appears("ignore(murmurHash3_64")
	time.Sleep(200 * time.Millisecond)
	running := strings.TrimSpace(c.must("SELECT count() FROM system.processes WHERE position(query, 'murmurHash3_64') > 0 AND position(query, 'system.processes') = 0"))
	if n, _ := strconv.Atoi(running); n > 4 {
		t.Errorf("%s analysts' statements run at once, want at most 4", running)
	}
	beside := insert(20)
	cancel()
	wg.Wait()
	c.gone("ignore(murmurHash3_64")
	t.Logf("20 inserts took %s alone and %s beside %s endless queries", alone.Round(time.Millisecond), beside.Round(time.Millisecond), running)
	if beside > time.Minute {
		t.Errorf("20 inserts took %s beside %s endless queries", beside, running)
	}
}

// A Native insert of 100 MB that comes in many blocks passes through without staying.
func TestLargeInsertStreams(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (n UInt64, s String) ENGINE=MergeTree ORDER BY n")
	out := c.must("SELECT number AS n, repeat('x', 500) AS s FROM numbers(200000) FORMAT Native")
	if len(out) < 95<<20 {
		t.Fatalf("only %d bytes", len(out))
	}
	before := resident(t, c.server.PID)
	var most int64
	pr, pw := io.Pipe()
	go func() {
		for i := 0; i < len(out); i += 1 << 20 {
			_, _ = io.WriteString(pw, out[i:min(i+1<<20, len(out))])
			most = max(most, resident(t, c.server.PID)-before)
		}
		pw.Close()
	}()
	res, err := c.send(t.Context(), pr, "query=INSERT INTO t FORMAT Native", "max_insert_block_size=20000", "min_insert_block_size_rows=20000", "min_insert_block_size_bytes=10000000")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %s", res.StatusCode, b)
	}
	if got := c.must("SELECT count(), sum(n), sum(length(s)) FROM t"); got != "200000\t19999900000\t100000000\n" {
		t.Errorf("got %q", got)
	}
	t.Logf("%d MB in, memory grew by at most %d MB", len(out)>>20, most>>20)
	if most > 300<<20 {
		t.Errorf("memory grew by %d MB", most>>20)
	}
}
