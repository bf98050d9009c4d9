package testserver

import (
	"os"
	"strings"
	"testing"
)

func TestInstallScriptHasTheseVersions(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../deploy/install-test-servers.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"VERSITYGW_VERSION=" + versityGWVersion,
		"KAFKA_VERSION=" + kafkaVersion,
		"MOTO_VERSION=" + motoVersion,
	} {
		if !strings.Contains(string(script), "\n"+line+"\n") {
			t.Errorf("deploy/install-test-servers.sh lacks the line %s", line)
		}
	}
}

// failures is a testing.TB that notes Fatalf instead of ending the test.
type failures struct {
	testing.TB
	said string
}

func (f *failures) Helper() {}

func (f *failures) Fatalf(format string, args ...any) {
	f.said = strings.TrimSpace(format)
	for _, a := range args {
		if s, ok := a.(string); ok {
			f.said += " " + s
		}
	}
}

func TestMissingServerNamesTheScript(t *testing.T) {
	t.Setenv("AUDITWARDEN_CACHE", t.TempDir())
	tests := []struct {
		name string
		find func(tb testing.TB)
	}{
		{"in the cache", func(tb testing.TB) { installed(tb, "versitygw", "bin", "versitygw") }},
		{"on the PATH", func(tb testing.TB) { binary(tb, "no-such-server-anywhere") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := &failures{TB: t}
			test.find(f)
			if !strings.Contains(f.said, "deploy/install-test-servers.sh") {
				t.Errorf("message does not name the script: %q", f.said)
			}
		})
	}
}
