package testserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The versions that deploy/install-test-servers.sh installs; a test keeps the two in step.
const (
	versityGWVersion = "v1.8.0"
	kafkaVersion     = "4.1.1"
	motoVersion      = "5.2.5"
)

const howToInstall = "run deploy/install-test-servers.sh, which installs what the tests start"

// CacheDir is where deploy/install-test-servers.sh puts what Debian does not package:
// ${AUDITWARDEN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/auditwarden}.
func CacheDir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("AUDITWARDEN_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		tb.Fatalf("find the cache folder: %v; set AUDITWARDEN_CACHE", err)
	}
	return filepath.Join(dir, "auditwarden")
}

// binary finds an executable, first at the absolute candidates, then by name on the PATH.
func binary(tb testing.TB, name string, candidates ...string) string {
	tb.Helper()
	for _, c := range candidates {
		if _, err := os.Stat(c); err == nil {
			return c
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		tb.Fatalf("%s is not installed: %s", name, howToInstall)
	}
	return path
}

// installed gives the path of something in the cache folder.
func installed(tb testing.TB, what string, parts ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{CacheDir(tb)}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Fatalf("%s is not installed at %s: %s", what, path, howToInstall)
	}
	return path
}
