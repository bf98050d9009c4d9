// Package embeddedtest gives tests a real ClickHouse: the embedded engine in a process of its own, one per test binary.
//
// The process ends with the test binary, however that ends: the engine's standard input is a pipe from it, which the
// kernel closes.
package embeddedtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
)

// Server is a running engine.
type Server struct {
	DSN         string // clickhouse-go's, may write
	ReadOnlyDSN string // the analyst's
	Address     string // host:port of the HTTP interface
	Password    string // of the user "auditwarden"
	PID         int

	process *Process
}

var (
	once      sync.Once
	shared    Server
	failed    error
	databases atomic.Int64
)

// Start gives the test binary's engine, and starts it the first time. Without libchdb.so the test fails, and says how
// to get it.
func Start(tb testing.TB) Server {
	tb.Helper()
	once.Do(func() {
		folder, err := os.MkdirTemp("", "auditwarden-embeddedtest-")
		if err != nil {
			failed = err
			return
		}
		p, err := launch(folder, true)
		if err != nil {
			failed = err
			return
		}
		shared = p.Server
		shared.process = p // keeps its pipe open
	})
	if failed != nil {
		tb.Fatalf("start embedded ClickHouse: %v", failed)
	}
	return shared
}

// MaxDatabases is how many databases one engine has for tests: what the analyst may read is fixed when it starts.
const MaxDatabases = 500

// DatabaseName is the name of the n-th of them.
func DatabaseName(n int) string { return fmt.Sprintf("test_%d", n) }

// Database makes a database for one test, drops it at the test's end, and gives a DSN whose default it is.
func (s Server) Database(tb testing.TB) string {
	tb.Helper()
	n := int(databases.Add(1))
	if n > MaxDatabases {
		tb.Fatalf("more than %d databases in one test binary", MaxDatabases)
	}
	name := DatabaseName(n)
	s.exec(tb, "CREATE DATABASE "+name)
	tb.Cleanup(func() { s.exec(tb, "DROP DATABASE IF EXISTS "+name+" SYNC") })
	return dsn(s.Address, url.UserPassword(embedded.Writer, s.Password), name)
}

// ReadOnly gives the analyst's DSN for the database of a writer's.
func ReadOnly(writer string) string {
	u, err := url.Parse(writer)
	if err != nil {
		return ""
	}
	u.User = url.User(embedded.Analyst)
	return u.String()
}

func dsn(address string, user *url.Userinfo, database string) string {
	return (&url.URL{Scheme: "http", User: user, Host: address, Path: "/" + database}).String()
}

func (s Server) exec(tb testing.TB, sql string) {
	tb.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(tb.Context()), http.MethodPost, "http://"+s.Address+"/", strings.NewReader(sql))
	if err != nil {
		tb.Fatal(err)
	}
	r.SetBasicAuth(embedded.Writer, s.Password)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 4096))
		tb.Fatalf("%s: %s: %s", sql, answer.Status, text)
	}
}
