package embeddedtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline/embedded"
)

// Process is an engine of a test's own, to be killed and started again.
type Process struct {
	Server
	cmd   *exec.Cmd
	stdin io.Closer // held open: the engine ends when it is closed, by the kernel or by the garbage collector
}

// StartOwn starts an engine on the folder. It is killed at the test's end if it still runs.
func StartOwn(tb testing.TB, folder string) *Process {
	tb.Helper()
	p, err := launch(folder, false)
	if err != nil {
		tb.Fatalf("start embedded ClickHouse: %v", err)
	}
	tb.Cleanup(p.Kill)
	return p
}

// Kill ends the engine as a crash would (SIGKILL) and waits for its end.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	_ = p.cmd.Wait()         // "signal: killed"
}

// Stop ends the engine by SIGTERM and gives its exit code.
func (p *Process) Stop() int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // the code says it
	return p.cmd.ProcessState.ExitCode()
}

// Binary builds the engine's process and gives its path, for tests that start it themselves.
func Binary(tb testing.TB) string {
	tb.Helper()
	binary, err := build()
	if err != nil {
		tb.Fatal(err)
	}
	return binary
}

// announcement is what the engine's process prints when it is up.
type announcement struct {
	Address  string `json:"address"`
	Password string `json:"password"`
}

func launch(folder string, temporary bool) (*Process, error) {
	if _, err := embedded.FindLibrary(""); err != nil {
		return nil, err
	}
	binary, err := build()
	if err != nil {
		return nil, err
	}
	arguments := []string{folder}
	if temporary {
		arguments = append(arguments, "-temporary")
	}
	cmd := exec.Command(binary, arguments...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C in the terminal reaches the tests first
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var a announcement
	if err := json.NewDecoder(out).Decode(&a); err != nil {
		_ = cmd.Wait()
		return nil, fmt.Errorf("the engine's process ended before it was up (%s): %w", cmd.ProcessState, err)
	}
	return &Process{
		cmd: cmd, stdin: stdin,
		Server: Server{
			DSN:         dsn(a.Address, url.UserPassword(embedded.Writer, a.Password), "default"),
			ReadOnlyDSN: dsn(a.Address, url.User(embedded.Analyst), "default"),
			Address:     a.Address, Password: a.Password, PID: cmd.Process.Pid,
		},
	}, nil
}

// build compiles the engine's process, once per test binary; Go's build cache makes that quick after the first time.
var build = sync.OnceValues(func() (string, error) {
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
})
