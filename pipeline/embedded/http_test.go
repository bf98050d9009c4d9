package embedded_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/compress"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

// answer of the HTTP interface.
type answer struct {
	status int
	header http.Header
	body   string
}

// client asks the way a plain HTTP client does.
type client struct {
	t        *testing.T
	server   embeddedtest.Server
	database string
	reader   bool
}

func newClient(t *testing.T) *client {
	t.Helper()
	s := embeddedtest.Start(t)
	u, err := url.Parse(s.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, server: s, database: strings.TrimPrefix(u.Path, "/")}
}

// asReader is the same client as the analyst.
func (c *client) asReader() *client {
	r := *c
	r.reader = true
	return &r
}

// do posts a body; query holds URL parameters as k=v.
func (c *client) do(body string, query ...string) answer {
	c.t.Helper()
	q := url.Values{"database": {c.database}}
	for _, p := range query {
		k, v, _ := strings.Cut(p, "=")
		q.Set(k, v)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://"+c.server.Address+"/?"+q.Encode(), strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.reader {
		r.Header.Set("X-ClickHouse-User", embedded.Analyst)
	} else {
		r.SetBasicAuth(embedded.Writer, c.server.Password)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("read answer: %v", err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(b)}
}

// must is do for what has to succeed.
func (c *client) must(body string, query ...string) string {
	c.t.Helper()
	a := c.do(body, query...)
	if a.status != http.StatusOK {
		c.t.Fatalf("%.200s: status %d: %.500s", body, a.status, a.body)
	}
	return a.body
}

// curl runs the real curl with the writer's credentials.
func (c *client) curl(stdin []byte, args ...string) string {
	c.t.Helper()
	cmd := exec.Command("curl", append([]string{"-sS", "--max-time", "30", "-u", embedded.Writer + ":" + c.server.Password}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("curl %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

func (c *client) url(query ...string) string {
	q := url.Values{"database": {c.database}}
	for _, p := range query {
		k, v, _ := strings.Cut(p, "=")
		q.Set(k, v)
	}
	return "http://" + c.server.Address + "/?" + q.Encode()
}

func TestCurl(t *testing.T) {
	c := newClient(t)
	c.curl(nil, "-d", "CREATE TABLE t (a UInt32, s String) ENGINE=MergeTree ORDER BY a", c.url())
	gz := func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.Bytes()
	}
	for _, in := range []struct {
		name  string
		stdin []byte
		args  []string
	}{
		{"values in body", []byte("INSERT INTO t VALUES (1,'a'),(2,'b;c')"), []string{"--data-binary", "@-", c.url()}},
		{"statement in URL", []byte(`{"a":3,"s":"c"}`), []string{"--data-binary", "@-", c.url("query=INSERT INTO t FORMAT JSONEachRow")}},
		{"statement and data in body", []byte("INSERT INTO t FORMAT TSV\n4\td\n5\te\n"), []string{"--data-binary", "@-", c.url()}},
		{"columns and settings", []byte("6,f\n"), []string{"--data-binary", "@-", c.url("query=INSERT INTO t (a, s) SETTINGS max_threads=1 FORMAT CSV")}},
		{"gzip", gz("7\tg\n"), []string{"-H", "Content-Encoding: gzip", "--data-binary", "@-", c.url("query=INSERT INTO t FORMAT TSV")}},
		{"chunked", []byte("8\th\n"), []string{"-H", "Transfer-Encoding: chunked", "--data-binary", "@-", c.url("query=INSERT INTO t FORMAT TSV")}},
		{"select", nil, []string{"-d", "INSERT INTO t SELECT number + 9, 'x' FROM numbers(1)", c.url()}},
	} {
		if got := c.curl(in.stdin, in.args...); got != "" {
			t.Errorf("%s: answered %q", in.name, got)
		}
	}
	if got := c.curl(nil, "-d", "SELECT groupArray(a), groupArray(s) FROM (SELECT * FROM t ORDER BY a)", c.url()); got != "[1,2,3,4,5,6,7,8,9]\t['a','b;c','c','d','e','f','g','h','x']\n" {
		t.Errorf("rows: %q", got)
	}

	for _, q := range []struct {
		name string
		args []string
		want string
	}{
		{"query in URL by GET", []string{c.url("query=SELECT 1")}, "1\n"},
		{"ping", []string{"http://" + c.server.Address + "/ping"}, "Ok.\n"},
		{"root", []string{"http://" + c.server.Address + "/"}, "Ok.\n"},
		{"parameters", []string{"-d", "SELECT {n:UInt32} + 1, {s:String}, {a:Array(String)}", c.url("param_n=41", "param_s=it's; DROP", "param_a=['x','y']")}, "42\tit\\'s; DROP\t['x','y']\n"},
		{"format in query", []string{"-d", "SELECT 1 AS a FORMAT JSONEachRow", c.url()}, "{\"a\":1}\n"},
		{"format in query with settings", []string{"-d", "SELECT 1 AS a SETTINGS max_threads=1 FORMAT CSV;", c.url()}, "1\n"},
		{"default_format", []string{"-d", "SELECT 1 AS a, 'x' AS b", c.url("default_format=CSVWithNames")}, "\"a\",\"b\"\n1,\"x\"\n"},
		{"format header", []string{"-H", "X-ClickHouse-Format: JSONCompactEachRow", "-d", "SELECT 1", c.url()}, "[1]\n"},
		{"setting in URL", []string{"-d", "SELECT getSetting('max_block_size')", c.url("max_block_size=123")}, "123\n"},
		{"gzip reply", []string{"--compressed", "-H", "Accept-Encoding: gzip", "-d", "SELECT 'zipped'", c.url()}, "zipped\n"},
		{"deflate reply", []string{"--compressed", "-H", "Accept-Encoding: deflate", "-d", "SELECT 'zipped'", c.url()}, "zipped\n"},
		{"empty result", []string{"-d", "SELECT 1 WHERE 0", c.url()}, ""},
		{"empty result with names", []string{"-d", "SELECT 1 AS a WHERE 0 FORMAT TSVWithNames", c.url()}, "a\n"},
		{"show", []string{"-d", "SHOW TABLES", c.url()}, "t\n"},
		{"query split over URL and body", []string{"-d", " + 1", c.url("query=SELECT 1")}, "2\n"},
		{"comment and brackets", []string{"-d", "/* a /* nested */ */ (SELECT 1) -- FORMAT JSON", c.url()}, "1\n"},
		{"with", []string{"-d", "WITH 1 AS x SELECT x", c.url()}, "1\n"},
		{"from first", []string{"-d", "FROM system.one SELECT dummy", c.url()}, "0\n"},
		{"credentials in URL", []string{"-u", "", "-d", "SELECT currentUser() != ''", c.url("user=auditwarden", "password="+c.server.Password)}, "1\n"},
	} {
		t.Run(q.name, func(t *testing.T) {
			if got := c.curl(nil, q.args...); got != q.want {
				t.Errorf("got %q, want %q", got, q.want)
			}
		})
	}
}

// JSON has a head and a tail around its rows: they must be there once, however many pieces the rows come in.
func TestFormatsWithTail(t *testing.T) {
	c := newClient(t)
	for _, n := range []string{"0", "1", "150000"} {
		var got struct {
			Rows int
			Data []struct{ Number uint64 }
			Meta []struct{ Name string }
		}
		out := c.must("SELECT number FROM numbers(" + n + ") FORMAT JSON")
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatalf("%s rows: %v in %.200s", n, err, out)
		}
		if number := len(got.Data); number != got.Rows || len(got.Meta) != 1 {
			t.Errorf("%s rows: %d in data, rows says %d, %d columns", n, number, got.Rows, len(got.Meta))
		}
	}
	if out := c.must("SELECT number FROM numbers(150000) FORMAT CSVWithNames"); strings.Count(out, "number") != 1 || strings.Count(out, "\n") != 150001 {
		t.Errorf("CSVWithNames: %d heads, %d lines", strings.Count(out, "number"), strings.Count(out, "\n"))
	}
}

func TestHeaders(t *testing.T) {
	c := newClient(t)
	a := c.do("SELECT number FROM numbers(10) FORMAT JSONEachRow", "query_id=my-query")
	for name, want := range map[string]string{
		"X-Clickhouse-Query-Id": "^my-query$", "X-Clickhouse-Format": "^JSONEachRow$", "X-Clickhouse-Timezone": `^\S+$`,
		"X-Clickhouse-Server-Display-Name": "^auditwarden$", "Content-Type": "^application/x-ndjson",
		"X-Clickhouse-Summary": `"result_rows":"10"`, "X-Clickhouse-Exception-Code": "^$",
	} {
		if got := a.header.Get(name); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q, want %s", name, got, want)
		}
	}
	c.must("CREATE TABLE t (a UInt8) ENGINE=MergeTree ORDER BY a")
	a = c.do("INSERT INTO t VALUES (1),(2),(3)")
	if got := a.header.Get("X-ClickHouse-Summary"); !strings.Contains(got, `"written_rows":"3"`) {
		t.Errorf("summary of an insert: %s", got)
	}
}

// Frames of the driver's library, both ways.
func TestCompressedBlocks(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (a UInt32) ENGINE=MergeTree ORDER BY a")
	w := compress.NewWriter(0, compress.ZSTD)
	if err := w.Compress([]byte("1\n2\n3\n")); err != nil {
		t.Fatal(err)
	}
	c.must(string(w.Data), "query=INSERT INTO t FORMAT TSV", "decompress=1")
	if err := w.Compress([]byte("SELECT sum(a) FROM t")); err != nil {
		t.Fatal(err)
	}
	framed := c.must(string(w.Data), "decompress=1", "compress=1")
	got, err := io.ReadAll(compress.NewReader(strings.NewReader(framed)))
	if string(got) != "6\n" {
		t.Errorf("got %q, %v", got, err)
	}
	w.Data[len(w.Data)-1]++
	a := c.do(string(w.Data), "decompress=1")
	if a.header.Get("X-ClickHouse-Exception-Code") != "271" {
		t.Errorf("corrupt block: %d %s", a.status, a.body)
	}
}

func TestErrors(t *testing.T) {
	c := newClient(t)
	c.must("CREATE TABLE t (a UInt8) ENGINE=MergeTree ORDER BY a")
	for _, e := range []struct {
		name   string
		body   string
		query  []string
		status int
		code   string
		name2  string
	}{
		{name: "unknown table", body: "SELECT * FROM nothing", status: 404, code: "60", name2: "UNKNOWN_TABLE"},
		{name: "unknown database", body: "SELECT 1", query: []string{"database=nothing"}, status: 404, code: "81", name2: "UNKNOWN_DATABASE"},
		{name: "unknown function", body: "SELECT noFunction(1)", status: 404, code: "46", name2: "UNKNOWN_FUNCTION"},
		{name: "unknown column", body: "SELECT b FROM t", status: 404, code: "47", name2: "UNKNOWN_IDENTIFIER"},
		{name: "unknown setting", body: "SELECT 1", query: []string{"nothing=1"}, status: 404, code: "115", name2: "UNKNOWN_SETTING"},
		{name: "unknown format", body: "SELECT 1 FORMAT Nothing", status: 404, code: "73", name2: "UNKNOWN_FORMAT"},
		{name: "syntax", body: "SELEC 1", status: 400, code: "62", name2: "SYNTAX_ERROR"},
		{name: "empty", body: "  ", status: 400, code: "62", name2: "SYNTAX_ERROR"},
		{name: "several statements", body: "SELECT 1; SELECT 2", status: 400, code: "62", name2: "SYNTAX_ERROR"},
		{name: "while running", body: "SELECT throwIf(number = 3) FROM numbers(10)", status: 500, code: "395", name2: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"},
		{name: "bad data", body: "INSERT INTO t FORMAT TSV\nabc\n", status: 400, code: "27", name2: "CANNOT_PARSE_INPUT_ASSERTION_FAILED"},
		{name: "insert into nothing", body: "INSERT INTO nothing VALUES (1)", status: 404, code: "60", name2: "UNKNOWN_TABLE"},
		{name: "missing parameter", body: "SELECT {x:UInt8}", status: 500, code: "456", name2: "UNKNOWN_QUERY_PARAMETER"},
		{name: "memory", body: "SELECT groupArray(number) FROM numbers(100000000)", query: []string{"max_memory_usage=10000000"}, status: 500, code: "241", name2: "MEMORY_LIMIT_EXCEEDED"},
		{name: "time", body: "SELECT count() FROM numbers(1e12) WHERE NOT ignore(sipHash64(number))", query: []string{"max_execution_time=0.2"}, status: 408, code: "159", name2: "TIMEOUT_EXCEEDED"},
		{name: "session", body: "SELECT 1", query: []string{"session_id=x"}, status: 501, code: "48", name2: "NOT_IMPLEMENTED"},
		{name: "role", body: "SELECT 1", query: []string{"role=admin"}, status: 403, code: "512", name2: "SET_NON_GRANTED_ROLE"},
		{name: "too long", body: "SELECT '" + strings.Repeat("x", 17<<20) + "'", status: 413, code: "229", name2: "QUERY_IS_TOO_LARGE"},
		{name: "cut frame", body: "abc", query: []string{"decompress=1"}, status: 500, code: "33", name2: "CANNOT_READ_ALL_DATA"},
	} {
		t.Run(e.name, func(t *testing.T) {
			a := c.do(e.body, e.query...)
			if a.status != e.status || a.header.Get("X-ClickHouse-Exception-Code") != e.code {
				t.Errorf("status %d, code %s; want %d, %s", a.status, a.header.Get("X-ClickHouse-Exception-Code"), e.status, e.code)
			}
			if !strings.HasPrefix(a.body, "Code: "+e.code+". DB::Exception: ") || !strings.Contains(a.body, "("+e.name2+")") {
				t.Errorf("body: %.300s", a.body)
			}
		})
	}
	if got := c.must("SELECT count() FROM t"); got != "0\n" {
		t.Errorf("%s rows after inserts that failed", strings.TrimSpace(got))
	}
}

func TestAuthentication(t *testing.T) {
	c := newClient(t)
	base := "http://" + c.server.Address + "/?query=SELECT+1"
	for _, a := range []struct {
		name   string
		args   []string
		status string
	}{
		{"nobody", nil, "200"},
		{"guest", []string{"-u", "default:"}, "200"},
		{"analyst", []string{"-u", "analyst:"}, "200"},
		{"analyst with a password", []string{"-u", "analyst:x"}, "403"},
		{"writer", []string{"-u", "auditwarden:" + c.server.Password}, "200"},
		{"writer by header", []string{"-H", "X-ClickHouse-User: auditwarden", "-H", "X-ClickHouse-Key: " + c.server.Password}, "200"},
		{"writer without password", []string{"-u", "auditwarden:"}, "403"},
		{"writer with a wrong one", []string{"-u", "auditwarden:" + strings.ToUpper(c.server.Password)}, "403"},
		{"unknown", []string{"-u", "root:" + c.server.Password}, "403"},
		{"writer's header over basic", []string{"-u", "auditwarden:" + c.server.Password, "-H", "X-ClickHouse-User: auditwarden", "-H", "X-ClickHouse-Key: no"}, "403"},
		{"guest by another name for us", []string{"-H", "Host: evil.example"}, "403"},
		{"guest by localhost", []string{"-H", "Host: localhost:8123"}, "200"},
	} {
		t.Run(a.name, func(t *testing.T) {
			out, err := exec.Command("curl", append([]string{"-s", "-o", "/dev/null", "-w", "%{http_code}", base}, a.args...)...).Output()
			if err != nil || string(out) != a.status {
				t.Errorf("status %s, %v; want %s", out, err, a.status)
			}
		})
	}
	if a := c.asReader().do("SELECT 1", "user=x"); strings.Contains(a.body, c.server.Password) {
		t.Error("the password is in an answer")
	}
}

func TestGetChangesNothing(t *testing.T) {
	c := newClient(t)
	for _, q := range []string{"CREATE TABLE t (a UInt8) ENGINE=Memory", "DROP DATABASE " + c.database, "INSERT INTO t VALUES (1)", "SYSTEM RELOAD CONFIG"} {
		if out := c.curl(nil, c.url("query="+q)); !strings.HasPrefix(out, "Code: 164.") {
			t.Errorf("%s by GET: %q", q, out)
		}
	}
}

func TestPasswordFile(t *testing.T) {
	folder := t.TempDir()
	p := embeddedtest.StartOwn(t, folder)
	path := filepath.Join(folder, embedded.PasswordFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("password file: %v, %v", info, err)
	}
	got, err := embedded.ReadPassword(folder)
	if err != nil || got.Reveal() != p.Password || len(p.Password) < 32 {
		t.Errorf("password of %d characters, %v", len(p.Password), err)
	}
	if code := p.Stop(); code != 0 {
		t.Errorf("SIGTERM ends it with code %d", code)
	}
	if again := embeddedtest.StartOwn(t, folder); again.Password != p.Password {
		t.Error("the password changed with a restart")
	}
}
