package testserver

import (
	"bytes"
	"os"
	"testing"
	"time"
)

const logTimeout = 30 * time.Second

// WaitForLine waits until a complete line of the log file holds text, and gives the line without its terminator. Servers
// write their logs some milliseconds after they answer.
func WaitForLine(tb testing.TB, path, text string) string {
	tb.Helper()
	deadline := time.Now().Add(logTimeout)
	for {
		content, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			tb.Fatalf("read the server's log: %v", err)
		}
		if line, found := lineWith(content, []byte(text)); found {
			return line
		}
		if time.Now().After(deadline) {
			tb.Fatalf("no line of %s holds %q after %s; it has %d bytes", path, text, logTimeout, len(content))
		}
		time.Sleep(pollEvery)
	}
}

func lineWith(content, text []byte) (string, bool) {
	for line := range bytes.Lines(content) {
		if line[len(line)-1] == '\n' && bytes.Contains(line, text) {
			return string(bytes.TrimRight(line, "\r\n")), true
		}
	}
	return "", false
}
