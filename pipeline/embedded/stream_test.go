package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// resident is the memory of the engine's process, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// send posts and leaves the body to be read.
func (c *client) send(ctx context.Context, body io.Reader, query ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url(query...), body)
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth("auditwarden", c.server.Password)
	return http.DefaultClient.Do(r)
}

// A result of 218 MB must pass through without staying: the engine's memory grows by far less.
func TestLargeResultStreams(t *testing.T) {
	c := newClient(t)
	c.must("SELECT count() FROM numbers(1000)")
	before := resident(t, c.server.PID)
	res, err := c.send(t.Context(), strings.NewReader("SELECT number, repeat('x', 100) FROM numbers(2000000) FORMAT RowBinary"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var total, most int64
	buf := make([]byte, 1<<20)
	for {
		n, err := res.Body.Read(buf)
		if total>>24 != (total+int64(n))>>24 {
			most = max(most, resident(t, c.server.PID)-before)
		}
		total += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := int64(2000000 * (8 + 1 + 100)); total != want {
		t.Errorf("got %d bytes, want %d", total, want)
	}
	t.Logf("%d MB out, memory grew by at most %d MB", total>>20, most>>20)
	if most > 120<<20 {
		t.Errorf("memory grew by %d MB", most>>20)
	}
}

// A reader that does not read must not make the engine pile up its result.
func TestSlowReaderHoldsBack(t *testing.T) {
	c := newClient(t)
	before := resident(t, c.server.PID)
	ctx, cancel := context.WithCancel(t.Context())
	res, err := c.send(ctx, strings.NewReader("SELECT number, repeat('y', 1000) FROM numbers(1000000) FORMAT TSV"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for range 10 {
		c.must("SELECT 1") // others are served meanwhile
		time.Sleep(50 * time.Millisecond)
	}
	if grown := resident(t, c.server.PID) - before; grown > 500<<20 {
		t.Errorf("memory grew by %d MB while nobody read", grown>>20)
	}
	cancel()
	c.gone("repeat('y'")
}

// gone waits until no statement with the text runs.
func (c *client) gone(text string) {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		n := strings.TrimSpace(c.must("SELECT count() FROM system.processes WHERE position(query, {t:String}) > 0 AND position(query, 'system.processes') = 0", "param_t="+text))
		if n == "0" {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("%s statements still run", n)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// appears waits until one does.
func (c *client) appears(text string) {
	c.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for c.must("SELECT count() FROM system.processes WHERE position(query, {t:String}) > 0 AND position(query, 'system.processes') = 0", "param_t="+text) == "0\n" {
		if time.Now().After(deadline) {
			c.t.Fatal("the statement never ran")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A client that leaves ends its statement, also while that has produced nothing yet.
func TestClientLeaves(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (a UInt64) ENGINE=MergeTree ORDER BY a")
	for name, q := range map[string]string{
		"select":        "SELECT count() FROM numbers(1e13) WHERE NOT ignore(sipHash64(number))",
		"stream":        "SELECT number FROM numbers(1e13)",
		"insert select": "INSERT INTO t SELECT sipHash64(number) FROM numbers(1e13) WHERE number % 1000000000 = 1",
	} {
		t.Run(name, func(t *testing.T) {
			c := *c
			c.t = t
			ctx, cancel := context.WithCancel(t.Context())
			left := make(chan struct{})
			go func() {
				defer close(left)
				if res, err := c.send(ctx, strings.NewReader(q)); err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			}()
			c.appears(q[len(q)-30:])
			cancel()
			<-left
			c.gone(q[len(q)-30:])
		})
	}
}

// An insert whose request breaks off must not be answered, nor leave rows of a block that never ended.
func TestInsertBreaksOff(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (a UInt32) ENGINE=MergeTree ORDER BY a")
	for _, kind := range []string{"chunked", "with length"} {
		t.Run(kind, func(t *testing.T) {
			c := *c
			c.t = t
			pr, pw := io.Pipe()
			go func() {
				_, _ = io.WriteString(pw, strings.Repeat("1\n", 1000))
				pw.CloseWithError(errors.New("the client dies"))
			}()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url("query=INSERT INTO t FORMAT TSV"), pr)
			if err != nil {
				t.Fatal(err)
			}
			if kind == "with length" {
				r.ContentLength = 1 << 20
			}
			r.SetBasicAuth("auditwarden", c.server.Password)
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					t.Error("it was answered with 200")
				}
			}
			c.gone("INSERT INTO t")
			if got := c.must("SELECT count() FROM t"); got != "0\n" {
				t.Errorf("%s rows are there", strings.TrimSpace(got))
			}
		})
	}
}

// An error after the first piece: the client must see it, not a short result.
func TestErrorInTheMiddle(t *testing.T) {
	c := newClient(t)
	const q = "SELECT throwIf(number = 300000, 'too far'), number FROM numbers(1000000)"
	res, err := c.send(t.Context(), strings.NewReader(q+" FORMAT TSV"), "max_block_size=10000", "max_threads=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	tag := res.Header.Get("X-ClickHouse-Exception-Tag")
	if err == nil {
		t.Error("the answer ended as if it were whole")
	}
	end := string(b[max(0, len(b)-600):])
	if res.StatusCode != http.StatusOK || !strings.Contains(end, "\r\n__exception__\r\n"+tag+"\r\nCode: 395.") {
		t.Errorf("status %d, tag %s, end %q", res.StatusCode, tag, end)
	}
	for _, compression := range []string{"", "?compress=lz4", "?compress=gzip"} {
		conn := open(t, "http://auditwarden:"+c.server.Password+"@"+c.server.Address+"/"+c.database+compression)
		rows, err := conn.Query(clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"max_block_size": 10000, "max_threads": 1})), q)
		if err != nil {
			t.Fatalf("%q: %v", compression, err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		var e *clickhouse.Exception
		if err := rows.Err(); !errors.As(err, &e) || e.Code != 395 {
			t.Errorf("%q: after %d rows: %v", compression, n, err)
		}
		_ = rows.Close()
	}
}

// Heads of CSVWithNames and its like must be there once, however many pieces the rows come in.
func TestHeadOnce(t *testing.T) {
	c := newClient(t)
	const rows = 150000
	for format, want := range map[string]string{
		"CSVWithNames": "\"n\"\"\n\",\"b\"\n0,", "TSVWithNames": "n\"\\n\tb\n0\t", "TSVWithNamesAndTypes": "n\"\\n\tb\nUInt64\tString\n0\t",
		"CSVWithNamesAndTypes": "\"n\"\"\n\",\"b\"\n\"UInt64\",\"String\"\n0,", "JSONCompactEachRowWithNames": "[\"n\\\"\\n\", \"b\"]\n[0,",
	} {
		out := c.must("SELECT number AS `n\"\n`, 'x' AS b FROM numbers(" + strconv.Itoa(rows) + ") FORMAT " + format)
		if !strings.HasPrefix(out, want) {
			t.Errorf("%s begins with %q, want %q", format, out[:60], want)
		}
		if got, want := strings.Count(out, "\n"), rows+strings.Count(want, "\n"); got != want {
			t.Errorf("%s has %d lines, want %d", format, got, want)
		}
	}
	a := c.do("SELECT number, repeat('x', 1000) FROM numbers(1000000) FORMAT JSON", "max_memory_usage=200000000")
	if a.header.Get("X-ClickHouse-Exception-Code") != "241" {
		t.Errorf("a JSON of 1 GB in 200 MB: status %d, %.300s", a.status, a.body)
	}
}
