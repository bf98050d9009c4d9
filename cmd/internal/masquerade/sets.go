package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

// simulated is two weeks to learn from and one to judge.
func simulated(seed uint64) *set {
	first := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	lines := simulate(seed, first, 21)
	s := &set{name: fmt.Sprintf("simulated shop, seed %d", seed), sessions: true}
	s.add(lines, func(_ int, l *line) bool { return l.at.Before(first.AddDate(0, 0, 14)) })
	return s
}

// logged is the development log: its first half to learn from, its second to judge. It holds no sessions.
func logged(dir string) (*set, error) {
	path := filepath.Join(dir, "injection", "dev-postgresql.jsonl.xz")
	cmd := exec.Command("xz", "-dc", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var lines []line
	sc := bufio.NewScanner(out)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var r struct{ Role, Label, Severity, SQL string }
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if r.Label == "benign" && r.Severity == "LOG" {
			lines = append(lines, line{role: r.Role, account: r.Role, sql: r.SQL})
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	s := &set{name: "development log"}
	s.add(lines, func(i int, _ *line) bool { return i < len(lines)/2 })
	return s, nil
}

func (s *set) add(lines []line, learned func(int, *line) bool) {
	a := statement.New(statement.Config{}, statement.Options{})
	known := map[string]map[byte][]string{}
	for i := range lines {
		d := &deed{line: lines[i]}
		st := a.Statement(pipeline.PostgreSQL, d.sql)
		if st == nil {
			continue
		}
		d.command = strings.Join(st.Kinds, " ")
		d.work.Shape = st.Fingerprint
		d.work.Access = access(st)
		if known[st.Fingerprint] == nil {
			q := parse(d.sql)
			known[st.Fingerprint] = map[byte][]string{'c': q.features('c'), 'm': q.features('m'), 'f': q.features('f')}
		}
		d.quiplets = known[st.Fingerprint]
		if learned(i, &d.line) {
			s.train = append(s.train, d)
		} else {
			s.test = append(s.test, d)
		}
	}
}

// access names what a statement touches as profiles do: catalogues are left out, and what is not read is written, or "ddl"
// where the statement defines it.
func access(st *pipeline.Statement) []string {
	changed := "write "
	if st.HasSignal("schema_create") || st.HasSignal("schema_alter") || st.HasSignal("schema_drop") {
		changed = "ddl "
	}
	var out []string
	for _, t := range st.Tables {
		way := changed
		if t.Access == pipeline.Read {
			way = "read "
		}
		if !strings.HasPrefix(t.Name, "pg_") {
			out = append(out, way+t.String())
		}
	}
	return out
}
