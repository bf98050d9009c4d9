package endtoend

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal gives both ends of a pseudo-terminal.
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// TestTerminal: on a terminal the report is followed by a running ClickHouse, nothing but our own words is shown, and
// Ctrl-C ends it in order.
func TestTerminal(t *testing.T) {
	dir, listen := t.TempDir(), freePort(t)
	log := filepath.Join(dir, "postgresql.log")
	appendLine(t, log, 1)
	config := writeFile(t, filepath.Join(dir, "c.yaml"), fmt.Sprintf(`
data_dir: %s
embedded: {listen: %q}
http: {listen: ""}
log: {level: error}
sources: [{name: a, file: {paths: [%q], follow: false}}]
`, dir, listen, log))
	master, slave := openTerminal(t)
	shown := &lockedBuffer{}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			_, _ = shown.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	cmd := exec.Command(filepath.Join(bin, "auditwarden"), "run", "-config", config)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	eventually(t, time.Minute, func() bool { return strings.Contains(shown.String(), "Ctrl-C ends it") }, shown.String)
	if n := query[uint64](t, connect(t, listen), "SELECT count() FROM events FINAL"); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	if text := shown.String(); strings.Contains(text, "Fatal") || strings.Contains(text, "libchdb") {
		t.Errorf("the engine speaks: %s", text)
	}
	if _, err := master.Write([]byte{3}); err != nil { // Ctrl-C, as the terminal sends it
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("ended by Ctrl-C: %v\n%s", err, shown)
		}
	case <-time.After(45 * time.Second):
		t.Fatalf("still up after Ctrl-C\n%s", shown)
	}
	if code, _ := get(listen, "/ping"); code != 0 {
		t.Error("the engine outlived it")
	}
}
