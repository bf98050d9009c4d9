package testserver

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

const loopback = "127.0.0.1"

// account is whom a server runs as: database servers refuse to run as root.
type account struct {
	name     string
	uid, gid int
	switchTo bool // the test runs as root and changes to it
}

// unprivileged is the current user, or where that is root the first account known of the names given.
func unprivileged(tb testing.TB, names ...string) account {
	tb.Helper()
	if os.Getuid() != 0 {
		me, err := user.Current()
		if err != nil {
			tb.Fatalf("find the current user: %v", err)
		}
		return account{name: me.Username, uid: os.Getuid(), gid: os.Getgid()}
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil {
			return account{name: name, uid: uid, gid: gid, switchTo: true}
		}
	}
	tb.Fatalf("running as root, and none of the accounts %v exists: %s", names, howToInstall)
	return account{}
}

func (a account) attr() *syscall.SysProcAttr {
	if !a.switchTo {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
}

// folder makes a folder that the account owns and may reach; it is removed when the test ends. Its path is short:
// a Unix socket's may have 107 bytes at most.
func (a account) folder(tb testing.TB, name string) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "aw-"+name+"-")
	if err != nil {
		tb.Fatalf("make a folder for %s: %v", name, err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Errorf("remove %s: %v", dir, err)
		}
	})
	a.own(tb, dir)
	return dir
}

// own gives an existing file or folder to the account.
func (a account) own(tb testing.TB, path string) {
	tb.Helper()
	if !a.switchTo {
		return
	}
	if err := os.Chown(path, a.uid, a.gid); err != nil {
		tb.Fatalf("give %s to %s: %v", path, a.name, err)
	}
}

// write puts a file of the account's into a folder.
func (a account) write(tb testing.TB, dir, name, content string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		tb.Fatalf("write %s: %v", path, err)
	}
	a.own(tb, path)
	return path
}

// freePorts asks the kernel for n ports on loopback that nobody uses. Somebody else may take one before the server
// does: then the server ends while starting, and startOnFreePorts tries others.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// startOnFreePorts calls start with n free ports, up to three times.
func startOnFreePorts(tb testing.TB, n int, start func(ports []int) error) {
	tb.Helper()
	var err error
	for range 3 {
		var ports []int
		if ports, err = freePorts(n); err != nil {
			break
		}
		if err = start(ports); err == nil {
			return
		}
	}
	tb.Fatalf("%v", err)
}

func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
