// Command drift measures what shapes unknown to a role are worth: an exact allow list of shapes, and the same weighed by their
// foreign limbs, on a log of labelled statements in time order.
//
// The first half of each role's benign statements is its past; the rest and all attacks are judged. It reads the JSON lines of
// the folder given, or of its folder "injection" (*.jsonl, *.jsonl.xz), and prints a table in Markdown.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement"
)

type line struct {
	Dialect, Role, Schema, Label, SQL string
}

func main() {
	data := flag.String("data", "", "`folder` of labelled statements")
	flag.Parse()
	if err := run(*data, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "drift:", err)
		os.Exit(1)
	}
}

func run(folder string, out io.Writer) error {
	var paths []string
	for _, pattern := range []string{"*.jsonl", "*.jsonl.xz", "injection/*.jsonl", "injection/*.jsonl.xz"} {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return fmt.Errorf("list %s: %w", folder, err)
		}
		paths = append(paths, found...)
	}
	if len(paths) == 0 {
		return fmt.Errorf("no *.jsonl or *.jsonl.xz in %s or its folder injection", folder)
	}
	for _, p := range paths {
		lines, err := read(p)
		if err != nil {
			return fmt.Errorf("read %s: %w", p, err)
		}
		name, _, _ := strings.Cut(filepath.Base(p), ".")
		measure(name, lines).write(out)
	}
	return nil
}

func read(path string) ([]line, error) {
	var in io.ReadCloser
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if strings.HasSuffix(path, ".xz") {
		cmd := exec.Command("xz", "-dc", path) //nolint:noctx,gosec // a measurement on a file the user names
		if in, err = cmd.StdoutPipe(); err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		defer func() { _ = cmd.Wait() }()
	}
	var lines []line
	s := bufio.NewScanner(in)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, s.Err()
}

// profile is what is known of a role.
type profile struct {
	shapes map[string]bool
	limbs  map[uint64]bool
	sets   [][]uint64 // of its shapes
}

func (p *profile) learn(st *pipeline.Statement) {
	if p.shapes[st.Fingerprint] {
		return
	}
	p.shapes[st.Fingerprint] = true
	for _, l := range st.Limbs {
		p.limbs[l] = true
	}
	p.sets = append(p.sets, st.Limbs)
}

// drift is what is foreign about a statement.
type drift struct {
	unknown bool    // its shape
	foreign int     // limbs that no known shape has
	known   int     // the others
	nearest float64 // share of the nearest known shape's limbs that it has
}

func (p *profile) judge(st *pipeline.Statement) drift {
	d := drift{unknown: !p.shapes[st.Fingerprint]}
	if !d.unknown {
		return d
	}
	have := map[uint64]bool{}
	for _, l := range st.Limbs {
		have[l] = true
		if p.limbs[l] {
			d.known++
		} else {
			d.foreign++
		}
	}
	for _, s := range p.sets {
		n := 0
		for _, l := range s {
			if have[l] {
				n++
			}
		}
		d.nearest = max(d.nearest, float64(n)/float64(max(len(s), 1)))
	}
	return d
}

// verdicts are the ways to judge that are compared.
var verdicts = []struct {
	name string
	odd  func(drift) bool
}{
	{"nothing more (exact allow list)", func(d drift) bool { return d.unknown }},
	{"a foreign limb (AW-NEW-013)", func(d drift) bool { return d.foreign > 0 }},
	{"a foreign limb in half of a known shape (a warning)", func(d drift) bool { return d.foreign > 0 && d.nearest >= 0.5 }},
}

type figures struct {
	name             string
	learnt, benign   int
	attacks, unknown int   // unknown: attacks whose shape the role never ran
	alarms, found    []int // per verdict: benign, attacks
}

func measure(name string, lines []line) *figures {
	f := &figures{name: name, alarms: make([]int, len(verdicts)), found: make([]int, len(verdicts))}
	a := statement.New(statement.Default(), statement.Options{})
	perRole := map[string]int{}
	for _, l := range lines {
		if l.Label == "benign" {
			perRole[l.role()]++
		}
	}
	seen := map[string]int{}
	known := map[string]*profile{}
	var rest []line
	for _, l := range lines { // what is learnt comes first: attacks stand among it
		if l.Label != "benign" || seen[l.role()] >= perRole[l.role()]/2 {
			rest = append(rest, l)
			continue
		}
		seen[l.role()]++
		f.learnt++
		p := known[l.role()]
		if p == nil {
			p = &profile{shapes: map[string]bool{}, limbs: map[uint64]bool{}}
			known[l.role()] = p
		}
		p.learn(a.Statement(pipeline.Engine(l.Dialect), l.SQL))
	}
	for _, l := range rest {
		p := known[l.role()]
		if p == nil {
			continue
		}
		f.count(l, p.judge(a.Statement(pipeline.Engine(l.Dialect), l.SQL)))
	}
	return f
}

// role is who sent it; the MySQL statements have none, but a schema.
func (l *line) role() string { return l.Schema + " " + l.Role }

func (f *figures) count(l line, d drift) {
	hits := f.found
	if l.Label == "benign" {
		hits = f.alarms
		f.benign++
	} else {
		f.attacks++
		if d.unknown {
			f.unknown++
		}
	}
	for i, v := range verdicts {
		if v.odd(d) {
			hits[i]++
		}
	}
}

func (f *figures) write(w io.Writer) {
	fmt.Fprintf(w, "%s: %d benign statements learnt, %d judged; %d attacks, %d of them of a shape that the role never ran.\n\n| a shape unknown to its role, and | attacks %% | of those with an unknown shape %% | benign %% (FPR) |\n|---|---|---|---|\n",
		f.name, f.learnt, f.benign, f.attacks, f.unknown)
	for i, v := range verdicts {
		fmt.Fprintf(w, "| %s | %.2f | %.2f | %.3f |\n", v.name, percent(f.found[i], f.attacks), percent(f.found[i], f.unknown), percent(f.alarms[i], f.benign))
	}
	fmt.Fprintln(w)
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
