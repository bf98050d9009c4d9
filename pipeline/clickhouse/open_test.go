package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/embedded/embeddedtest"
)

const testPassword = "s3cr3t:pa/ss@w%rd"

// TestOpenSaysWhatIsWrong: one sentence that names the address and what to do, and never the password.
func TestOpenSaysWhatIsWrong(t *testing.T) {
	server := embeddedtest.Start(t)
	silent := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	garbage := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 mail.example.com ESMTP\r\n"); c.Close() })
	notClickHouse := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notClickHouse.Close)
	selfSigned := httptest.NewTLSServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = nil
	t.Cleanup(selfSigned.Close)
	old := oldServer(t, "18.16.1")
	// What Debian's clickhouse-server 18.16.1 says to the driver's first query.
	older := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "Code: 115, e.displayText() = DB::Exception: Unknown setting client_protocol_version, e.what() = DB::Exception\n")
	}))
	t.Cleanup(older.Close)
	host := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	user := "auditwarden:" + strings.NewReplacer("%", "%25", "/", "%2F", "@", "%40", ":", "%3A").Replace(testPassword) + "@"
	closed := closedPort(t)

	for _, tt := range []struct {
		name, dsn string
		change    func(*Config)
		want      string
	}{
		{"nobody listens", "http://" + user + closed + "/db", nil,
			`^cannot reach ClickHouse at 127\.0\.0\.1:\d+ \(HTTP\): connect: connection refused$`},
		{"nobody listens, native", "clickhouse://" + user + closed + "/db", nil,
			`^cannot reach ClickHouse at 127\.0\.0\.1:\d+ \(native protocol\): connect: connection refused$`},
		{"nobody listens at any address", "clickhouse://" + user + closed + "," + closedPort(t) + "/db", nil,
			`^cannot reach ClickHouse at 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+ \(native protocol\): connect: connection refused$`},
		{"unknown host", "http://" + user + "no-such-host.invalid:8123/db", nil,
			`^cannot reach ClickHouse at no-such-host\.invalid:8123 \(HTTP\): host no-such-host\.invalid is not known$`},
		{"no answer", "http://" + user + silent + "/db", nil, `^cannot reach ClickHouse at \S+ \(HTTP\): no answer in time$`},
		{"no answer, native", "clickhouse://" + user + silent + "/db", nil, `^cannot reach ClickHouse at \S+ \(native protocol\): no answer in time$`},
		{"wrong password", "http://" + user + server.Address + "/db", nil,
			`^ClickHouse at \S+ refuses user "auditwarden": wrong user or password in the DSN$`},
		{"unknown user", "http://nobody:x@" + server.Address + "/db", nil,
			`^ClickHouse at \S+ refuses user "nobody": wrong user or password in the DSN$`},
		{"not ClickHouse", "http://" + user + host(notClickHouse) + "/db", nil, `^ClickHouse at \S+ \(HTTP\): .*404 page not found`},
		{"another protocol", "http://" + user + garbage + "/db", nil, `^what answers at \S+ does not speak HTTP: check host and port`},
		{"another protocol, native", "clickhouse://" + user + garbage + "/db", nil, `^ClickHouse at \S+ \(native protocol\): .+`},
		{"HTTP port for the native protocol", "clickhouse://" + user + server.Address + "/db", nil, `ClickHouse at \S+ \(native protocol\): .+`},
		{"TLS to a port without", "https://" + user + server.Address + "/db", nil, `^ClickHouse at \S+ does not speak TLS on this port: use http://`},
		{"TLS to a port without, native", "clickhouse://" + user + server.Address + "/db?secure=true", nil, `^ClickHouse at \S+ does not speak TLS on this port`},
		{"no TLS to a port with", "http://" + user + host(selfSigned) + "/db", nil, `^ClickHouse at \S+ .*HTTP request to an HTTPS server`},
		{"untrusted certificate", "https://" + user + host(selfSigned) + "/db", nil,
			`^ClickHouse at \S+ shows a certificate that is not trusted: .*; set tls\.ca_file or tls\.server_name$`},
		{"old server", "http://" + user + old + "/db", nil,
			`^ClickHouse is version 18\.16\.1, but at least 25\.8 is needed: upgrade the server, or use the embedded engine$`},
		{"very old server", "http://" + user + host(older) + "/db", nil,
			`^ClickHouse at \S+ is much too old, at least 25\.8 is needed: upgrade the server, or use the embedded engine$`},
		{"password that is a word", "http://auditwarden:wrong@" + server.Address + "/db", nil,
			`^ClickHouse at \S+ refuses user "auditwarden": wrong user or password in the DSN$`},
		{"missing database", "http://auditwarden:" + server.Password + "@" + server.Address + "/not_there", func(c *Config) { c.CreateDatabase = false },
			`^ClickHouse at \S+ has no database "not_there": create it, or set create_database$`},
		{"missing file", "", func(c *Config) { c.DSNFile = "/does/not/exist" }, `^read dsn_file: open /does/not/exist: no such file or directory$`},
		{"not a DSN", "localhost:9000", nil, `^clickhouse dsn must begin with http://, https:// or clickhouse://$`},
		{"another scheme", "mysql://" + user + "localhost", nil, `^clickhouse dsn must begin with http://, https:// or clickhouse://$`},
		{"password not escaped", "http://auditwarden:" + testPassword + "@" + server.Address + "/db", nil, `^clickhouse dsn cannot be read: want http://user:password@host:port/database; write special characters of the password as %XX$`},
		{"no host", "http://" + user + "/db", nil, `^clickhouse dsn (names no host|cannot be read): want http://`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Default()
			cfg.DSN, cfg.DialTimeout, cfg.QueryTimeout, cfg.InsertTimeout = pipeline.Secret(tt.dsn), time.Second, time.Second, time.Second
			if tt.change != nil {
				tt.change(&cfg)
			}
			began := time.Now()
			db, err := Open(context.Background(), cfg, Options{})
			if err == nil {
				db.Close()
				t.Fatal("opened")
			}
			if away := strings.HasSuffix(err.Error(), "connection refused") || strings.HasSuffix(err.Error(), "no answer in time"); IsAway(err) != away {
				t.Errorf("worth waiting: %v, want %v (%v)", IsAway(err), away, err)
			}
			if !regexp.MustCompile(tt.want).MatchString(err.Error()) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
			for e := err; e != nil; e = errors.Unwrap(e) {
				text := fmt.Sprintf("%v", err)
				for _, secret := range []string{testPassword, "s3cr3t", "pa%2Fss", server.Password} {
					if strings.Contains(text, secret) {
						t.Errorf("the password is in %q", text)
					}
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// listen accepts connections and gives each to f.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go f(c)
		}
	}()
	return l.Addr().String()
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// oldServer answers as the embedded engine does, but says that it is of another version.
func oldServer(t *testing.T, version string) string {
	t.Helper()
	server := embeddedtest.Start(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		text := strings.ReplaceAll(string(body), "SELECT version()", "SELECT '"+version+"'")
		out, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "http://"+server.Address+"/?"+strings.Replace(r.URL.RawQuery, "database=db", "database=default", 1), strings.NewReader(text))
		if err != nil {
			t.Error(err)
			return
		}
		out.SetBasicAuth("auditwarden", server.Password)
		answer, err := http.DefaultClient.Do(out)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestOpenMakesTheDatabase(t *testing.T) {
	server := embeddedtest.Start(t)
	file := filepath.Join(t.TempDir(), "dsn")
	name := "made_" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
	if err := os.WriteFile(file, []byte(strings.Replace(server.DSN, "/default", "/"+name, 1)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := Default()
	cfg.DSNFile = file
	db := openDB(t, cfg)
	t.Cleanup(func() { _ = db.exec(context.Background(), "DROP DATABASE "+name+" SYNC") })
	if err := db.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	openDB(t, cfg) // it is there already
}

func TestDSN(t *testing.T) {
	cfg := Default()
	for _, tt := range []struct {
		dsn, addr, database string
		secure              bool
	}{
		{"http://u:p@h", "h:8123", "default", false},
		{"https://u:p@h/audit", "h:8443", "audit", true},
		{"https://h:443/audit?secure=true", "h:443", "audit", true},
		{"clickhouse://u:p@h1,h2:9001/audit", "h1:9000 h2:9001", "audit", false},
		{"clickhouse://u:p@h/audit?secure=true", "h:9440", "audit", true},
		{"http://[::1]:8123/x", "[::1]:8123", "x", false},
	} {
		opts, err := parseDSN(pipeline.Secret(tt.dsn), &cfg)
		if err != nil {
			t.Errorf("%s: %v", tt.dsn, err)
			continue
		}
		if got := strings.Join(opts.Addr, " "); got != tt.addr || opts.Auth.Database != tt.database || (opts.TLS != nil) != tt.secure {
			t.Errorf("%s: got %s %s %v", tt.dsn, got, opts.Auth.Database, opts.TLS != nil)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"default", func(*Config) {}, ""},
		{"no dsn", func(c *Config) { c.DSN = "" }, "dsn: exactly one of dsn, dsn_file must be set; for example http://auditwarden@127.0.0.1:8123/default"},
		{"two", func(c *Config) { c.DSNFile = "x" }, "dsn: exactly one of dsn, dsn_file must be set; remove one"},
		{"bad dsn", func(c *Config) { c.DSN = "x" }, "dsn: must begin with http://, https:// or clickhouse://"},
		{"tls without", func(c *Config) { c.TLS.ServerName = "x" }, "dsn: tls is set, but the DSN asks for no TLS: begin it with https://, or add ?secure=true to clickhouse://"},
		{"key without certificate", func(c *Config) { c.DSN, c.TLS.KeyFile = "https://h", "k" }, "tls: cert_file and key_file must be set together"},
		{"cluster", func(c *Config) { c.Cluster = "a'b" }, `cluster: "a'b" is no cluster's name; use letters, digits, _ and -, or a macro such as {cluster}`},
		{"days", func(c *Config) { c.EventDays, c.UnparsedDays = -1, 0 }, "event_days: must be 0 (for ever) or more, is -1\n" +
			"unparsed_days: must be 1 or more, is 0: unparsed lines may hold secrets and must expire"},
		{"timeouts", func(c *Config) { c.DialTimeout, c.InsertTimeout = 0, time.Hour }, "dial_timeout: must be more than 0, is 0s\n" +
			"insert_timeout: must be at most 2m0s, is 1h0m0s: a batch without a ledger row is taken for abandoned after 15m0s"},
		{"compression", func(c *Config) { c.Compression = "zip" }, `compression: must be auto, none, lz4 or zstd, is "zip"`},
		{"connections", func(c *Config) { c.MaxConns = 0 }, "max_connections: must be 1 or more, is 0"},
		{"settings", func(c *Config) { c.InsertSettings = map[string]string{"async_insert": "1"} }, "insert_settings.async_insert: is not a setting that may be changed here"},
	} {
		cfg := Default()
		cfg.DSN = "http://auditwarden:pw@127.0.0.1:8123/default"
		tt.change(&cfg)
		if got := cfg.Validate().Error(); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for version, want := range map[string]bool{"25.8.1.2": true, "26.7.3.1": true, "25.7.9": false, "18.16.1": false, "25.10": true, "": false, "x.y": false} {
		if got := atLeast(version, MinVersion); got != want {
			t.Errorf("%q: got %v", version, got)
		}
	}
}
