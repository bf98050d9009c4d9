// Package embeddedtest gives tests a real ClickHouse: the embedded engine in a process of its own, one per test binary.
//
// The process ends with the test binary, however that ends: the engine's standard input is a pipe from it,
// which the kernel closes.
package embeddedtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
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

	stdin io.Closer // held open: the engine ends when it is closed, by the kernel or by the garbage collector
}

var (
	once   sync.Once
	shared Server
	failed error
)

// Start gives the test binary's engine, and starts it the first time. Without libchdb.so the test fails, and says how
// to get it.
func Start(tb testing.TB) Server {
	tb.Helper()
	once.Do(func() { shared, failed = start() })
	if failed != nil {
		tb.Fatalf("start embedded ClickHouse: %v", failed)
	}
	return shared
}

// Database makes a database for one test, drops it at the test's end, and gives a DSN whose default it is.
func (s Server) Database(tb testing.TB) string {
	tb.Helper()
	name := "test_" + strings.ToLower(rand.Text()[:12])
	s.exec(tb, "CREATE DATABASE "+name)
	tb.Cleanup(func() { s.exec(tb, "DROP DATABASE IF EXISTS "+name+" SYNC") })
	return fmt.Sprintf("http://auditwarden:%s@%s/%s", s.Password, s.Address, name)
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
		text, _ := bufio.NewReader(answer.Body).ReadString('\n')
		tb.Fatalf("%s: %s: %s", sql, answer.Status, text)
	}
}

// announcement is what the engine's process prints when it is up.
type announcement struct {
	Address  string `json:"address"`
	Password string `json:"password"`
	Error    string `json:"error"`
}

func start() (Server, error) {
	if _, err := embedded.FindLibrary(""); err != nil {
		return Server{}, err
	}
	binary, err := build()
	if err != nil {
		return Server{}, err
	}
	folder, err := os.MkdirTemp("", "auditwarden-embeddedtest-")
	if err != nil {
		return Server{}, err
	}
	cmd := exec.Command(binary, folder)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C in the terminal reaches the tests first
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return Server{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Server{}, err
	}
	if err := cmd.Start(); err != nil {
		return Server{}, err
	}
	var a announcement
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		return Server{}, fmt.Errorf("the engine's process ended before it was up: %w", err)
	}
	if a.Error != "" {
		return Server{}, fmt.Errorf("%s", a.Error)
	}
	dsn := func(user *url.Userinfo) string {
		return (&url.URL{Scheme: "http", User: user, Host: a.Address, Path: "/default"}).String()
	}
	return Server{
		DSN: dsn(url.UserPassword(embedded.Writer, a.Password)), ReadOnlyDSN: dsn(url.User(embedded.Analyst)),
		Address: a.Address, Password: a.Password, PID: cmd.Process.Pid, stdin: stdin,
	}, nil
}

// build compiles the engine's process; Go's build cache makes that quick after the first time.
func build() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	folder, err := os.MkdirTemp("", "auditwarden-embeddedtest-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "engine")
	cmd := exec.Command("go", "build", "-o", binary, "./engine")
	cmd.Dir = filepath.Dir(here)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the engine's process: %w: %s", err, text)
	}
	return binary, nil
}
