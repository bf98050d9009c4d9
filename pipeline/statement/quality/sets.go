package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// row is one labelled statement.
type row struct {
	Dialect   string `json:"dialect"`
	Label     string `json:"label"`
	SQL       string `json:"sql"`
	Campaign  string `json:"campaign"`
	Technique string `json:"technique"`
	Stage     string `json:"stage"`
	Tamper    string `json:"tamper"`
	Class     string `json:"class"`
	Role      string `json:"role"`
	Schema    string `json:"schema"`
	Time      string `json:"ts"`
	SQLState  string `json:"sqlstate"`

	st *pipeline.Statement
}

func (r row) attack() bool { return r.Label != "benign" }

func (r row) engine() pipeline.Engine {
	if r.Dialect == "mysql" || r.Dialect == "mariadb" {
		return pipeline.MySQL
	}
	return pipeline.PostgreSQL
}

// set is a named collection of rows.
type set struct {
	name string
	rows []row
}

// handMade reads the attacks and benign statements in testdata.
func handMade(root string) ([]set, error) {
	var out []set
	for _, d := range []string{"postgresql", "mysql"} {
		attacks, err := attackFile(filepath.Join(root, "attacks-"+d+".txt"), d)
		if err != nil {
			return nil, err
		}
		benign, err := benignFile(filepath.Join(root, "benign-"+d+".txt"), d)
		if err != nil {
			return nil, err
		}
		rows := append(benign, attacks...)
		understand(rows)
		out = append(out, set{"hand-made, " + d, rows})
	}
	return out, nil
}

func benignFile(path, dialect string) ([]row, error) {
	var rows []row
	err := lines(path, func(l string) error {
		rows = append(rows, row{Dialect: dialect, Label: "benign", SQL: l})
		return nil
	})
	return rows, err
}

// attackFile puts every payload into every place it names. A payload is a campaign.
func attackFile(path, dialect string) ([]row, error) {
	places := map[string][]string{}
	var rows []row
	err := lines(path, func(l string) error {
		if base, ok := strings.CutPrefix(l, "base "); ok {
			name, text, _ := strings.Cut(base, " ")
			places[name] = append(places[name], text)
			return nil
		}
		parts := strings.SplitN(l, " | ", 3)
		if len(parts) != 3 {
			return fmt.Errorf("%s: line %q has no three parts", path, l)
		}
		for _, name := range strings.Fields(parts[0]) {
			if len(places[name]) == 0 {
				return fmt.Errorf("%s: no place %q", path, name)
			}
			for _, text := range places[name] {
				rows = append(rows, row{
					Dialect: dialect, Label: "attack", Campaign: l, Technique: parts[1], Stage: name, Class: "structural",
					SQL: strings.Replace(text, "{}", parts[2], 1),
				})
			}
		}
		return nil
	})
	return rows, err
}

func lines(path string, f func(string) error) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read set: %w", err)
	}
	for i, l := range strings.Split(string(b), "\n") {
		if i == 0 || l == "" {
			continue
		}
		if err := f(l); err != nil {
			return err
		}
	}
	return nil
}

// labelled reads every *.jsonl and *.jsonl.xz below a directory or its folder "injection", one set a file.
func labelled(dir string) ([]set, error) {
	var paths []string
	for _, pattern := range []string{"*.jsonl", "*.jsonl.xz", "injection/*.jsonl", "injection/*.jsonl.xz"} {
		more, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, fmt.Errorf("list data: %w", err)
		}
		paths = append(paths, more...)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no *.jsonl or *.jsonl.xz in %s", dir)
	}
	var out []set
	for _, p := range paths {
		rows, err := readRows(p)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", filepath.Base(p), err)
		}
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(p), ".xz"), ".jsonl")
		out = append(out, set{name, rows})
	}
	return out, nil
}

func readRows(path string) ([]row, error) {
	if !strings.HasSuffix(path, ".xz") {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return decodeRows(f)
	}
	cmd := exec.Command("xz", "-dc", path)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start xz (package xz-utils): %w", err)
	}
	rows, err := decodeRows(pipe)
	if werr := cmd.Wait(); err == nil {
		err = werr
	}
	return rows, err
}

func decodeRows(r io.Reader) ([]row, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 32<<20)
	var rows []row
	for sc.Scan() {
		var x row
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			return nil, err
		}
		rows = append(rows, x)
	}
	return tidy(rows), sc.Err()
}

// tidy sorts attacks whose source has no class: one whose shape is that of a benign statement did not change it; of
// these, one whose literals hold no sign that a payload needs is the base request of a tool, no attack.
func tidy(rows []row) []row {
	understand(rows)
	shape := func(r row) string {
		if r.st != nil && !r.st.Lexical {
			return r.st.Fingerprint
		}
		return ""
	}
	benign := map[string]bool{}
	for _, r := range rows {
		if !r.attack() {
			benign[shape(r)] = true
		}
	}
	delete(benign, "")
	for i := range rows {
		r := &rows[i]
		switch {
		case !r.attack() || r.Class == "structural" || r.Class == "inliteral":
		case !benign[shape(*r)]:
			r.Class = "structural"
		case signs(*r):
			r.Class = "inliteral"
		default:
			r.Class = "base request"
		}
	}
	return rows
}

// signs reports whether a literal holds a quote, a bracket, an equals sign, a semicolon or a comment.
func signs(r row) bool {
	d := lexer.PostgreSQL
	if r.engine() == pipeline.MySQL {
		d = lexer.MySQL
	}
	sc := lexer.New(r.SQL, d)
	for t := sc.Next(); t.Kind != lexer.EOF; t = sc.Next() {
		if t.Kind == lexer.String && strings.ContainsAny(strings.Trim(r.SQL[t.Start:t.End], `'"`), `'"()=;#`) {
			return true
		}
	}
	return false
}
