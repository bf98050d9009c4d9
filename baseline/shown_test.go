package baseline

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestNamesCannotDriveTheTerminal: a profile's and a difference's names come from logs, and stay on their line.
func TestNamesCannotDriveTheTerminal(t *testing.T) {
	const evil = "x\x1b[2J\ny\u202ez\tw"
	seen := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	p := Profile{Role: evil, Database: evil, Cluster: evil, Peers: []string{evil}, First: seen, Last: seen,
		Items: map[string][]Known{KindShape: {{Item: evil, First: seen, Decision: Approve}}}, Decisions: []Decision{{Role: evil, Item: evil, Author: evil, Reason: evil, At: seen}}}
	d := Diff{Role: evil, Database: evil, Cluster: evil, New: map[string][]Span{KindShape: {{Item: evil, First: seen}}}}
	var out bytes.Buffer
	if err := p.WriteText(&out, 10); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteText(&out, 10); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\t\u202e") || !strings.Contains(out.String(), "approved") {
		t.Errorf("%q", out.String())
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.HasPrefix(line, "y") {
			t.Errorf("a name made a line of its own: %q", line)
		}
	}
}
