package endtoend

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBaselineCommands reads ten days of a log and then shows, compares, draws and corrects a profile as a person would.
func TestBaselineCommands(t *testing.T) {
	const prefix = "%t:%r:%u@%d:[%p]:"
	var log strings.Builder
	first := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	n := 0
	line := func(at time.Time, client, role, database, table string) {
		n++
		fmt.Fprintf(&log, "%s UTC:%s(40000):%s@%s:[%d]:LOG:  AUDIT: SESSION,%d,1,READ,SELECT,,,select note from %s where id = %d,<none>\n",
			at.Format(time.DateTime), client, role, database, 900+n%7, n, table, n)
	}
	for day := range 10 {
		for hour := range 8 {
			at := first.AddDate(0, 0, day).Add(time.Duration(hour) * time.Hour)
			line(at, "10.0.0.5", "web", "shop", "orders")
			line(at.Add(time.Minute), "10.0.0.5", "both", []string{"shop", "stock"}[hour%2], "orders")
			if day >= 7 {
				line(at.Add(2*time.Minute), "10.0.0.6", "web", "shop", "customers")
			}
		}
	}
	s := newSite(t, nil)
	s.oneSource(writeFile(t, filepath.Join(t.TempDir(), "postgresql.log"), log.String()), "postgresql/stderr", prefix)
	s.engine()
	s.part("ingest").wait(time.Minute)
	detect := s.part("detect")
	conn := connect(t, s.listen)
	eventually(t, 2*time.Minute, func() bool { return s.judged(conn) }, detect.out.String)
	detect.stop()

	run := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, "auditwarden"), append([]string{"baseline", args[0], "-config", s.config}, args[1:]...)...)
		out, _ := cmd.CombinedOutput() // the exit code tells
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Fatalf("baseline %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, want, out)
		}
		return string(out)
	}
	says := func(text string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("does not say %q:\n%s", want, text)
			}
		}
	}

	says(run(0, "diff", "web", "2026-03-02..2026-03-08", "2026-03-09..2026-03-11"), "new access", "read customers", "new client", "10.0.0.6", "events a day")
	var d struct {
		New map[string][]struct{ Item string }
	}
	if err := json.Unmarshal([]byte(run(0, "diff", "-json", "web", "2026-03-02..2026-03-08", "2026-03-09..2026-03-11")), &d); err != nil || len(d.New["client"]) != 1 || d.New["client"][0].Item != "10.0.0.6" {
		t.Errorf("diff -json gives %+v, %v", d, err)
	}
	says(run(0, "diff", "web", "2026-03-02..2026-03-04", "2026-03-05..2026-03-07"), "nothing is new, gone or changed")
	says(run(1, "diff", "nobody", "2026-03-02", "2026-03-03"), `role "nobody" was not seen in either period`)

	says(run(0, "approve", "-author", "ann", "-reason", "ticket 7", "web", "network", "10.9.9.0/24"), `approved network "10.9.9.0/24" of web on shop@c, by ann`)
	says(run(0, "forget", "-author", "bob", "-reason", "moved", "web", "client", "10.0.0.6"), `forgot client "10.0.0.6" of web on shop@c, by bob`)
	says(run(0, "forget", "-author", "bob", "-reason", "moved", "web", "client", "10.0.0.6"), `forgot client "10.0.0.6" of web on shop@c, by bob`) // it may have been broken off
	says(run(1, "forget", "-author", "bob", "-reason", "moved", "web", "client", "10.7.7.7"), `role "web" has no client "10.7.7.7" in its profile`)
	says(run(1, "approve", "-author", "bob", "-reason", "moved", "nobody", "client", "10.0.0.6"), `no profile of role "nobody"`)
	says(run(2, "approve", "-author", "bob", "-reason", "moved", "both", "client", "10.0.0.6"), `role "both" is known in several places (shop@c, stock@c): name one by -cluster and -database`)
	shown := run(0, "show", "web")
	says(shown, "stale", "last seen", "approve network 10.9.9.0/24", "by ann", "ticket 7", "forget client 10.0.0.6", "by bob")
	if strings.Contains(shown, "10.0.0.6  since") {
		t.Errorf("a forgotten client is still shown as known:\n%s", shown)
	}
	run(0, "rebuild", "-from", "2026-03-01")
	if shown := run(0, "show", "web"); strings.Contains(shown, "10.0.0.6  since") {
		t.Errorf("a rebuild brings a forgotten client back:\n%s", shown)
	}

	picture := filepath.Join(t.TempDir(), "web.svg")
	run(0, "plot", "-o", picture, "web")
	svg, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	says(string(svg), "<svg", "web on shop@c: statements an hour", "</svg>")
	says(run(2, "plot", "both"), "known in several places")
}
