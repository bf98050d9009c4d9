package testserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestReadySaysWhyAServerEnded(t *testing.T) {
	t.Parallel()
	p, err := spawn("broken", exec.Command("sh", "-c", "echo no such option >&2; exit 3"), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	err = p.ready(func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "broken ended while starting") || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("got %v, want the server's own words", err)
	}
}

func TestTailIsBounded(t *testing.T) {
	t.Parallel()
	var kept tail
	for range 10 {
		if _, err := kept.Write(make([]byte, tailBytes/2)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := kept.Write([]byte("the end")); err != nil {
		t.Fatal(err)
	}
	if got := kept.String(); len(got) != tailBytes || !strings.HasSuffix(got, "the end") {
		t.Errorf("kept %d bytes, want the last %d", len(got), tailBytes)
	}
}

// TestServersDieWithTheTestBinary kills a second run of this test binary, which started a server and waits.
func TestServersDieWithTheTestBinary(t *testing.T) {
	const flag = "TESTSERVER_HOLD_A_SERVER"
	if os.Getenv(flag) != "" {
		p, err := spawn("sleep", exec.Command("sleep", "300"), syscall.SIGKILL)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("server %d\n", p.cmd.Process.Pid)
		<-p.done
		return
	}
	t.Parallel()
	holder := exec.Command(os.Args[0], "-test.run=^TestServersDieWithTheTestBinary$")
	holder.Env = append(os.Environ(), flag+"=1")
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(bufio.NewReader(out), "server %d\n", &pid); err != nil {
		t.Fatalf("read the server's process id: %v", err)
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // it was killed
	for deadline := time.Now().Add(stopTimeout); running(pid); time.Sleep(pollEvery) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d outlived its test binary", pid)
		}
	}
}

// running says whether a process exists and is no zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	after := string(stat[bytes.LastIndexByte(stat, ')')+1:])
	return !strings.HasPrefix(after, " Z")
}
