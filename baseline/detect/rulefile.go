package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// origin says where a rule was read from.
type origin struct {
	file    string
	node    ast.Node // the rule's mapping
	builtin bool
}

// where names the file and line at which a key of the rule stands, or that of the rule if the key is not there.
func (o origin) where(path string) string {
	if o.node == nil {
		return o.file
	}
	n := o.node
	line := n.GetToken().Position.Line
	if m := mapping(n); len(m) > 0 {
		line = m[0].Key.GetToken().Position.Line
	}
	for _, step := range pathSteps.FindAllString(path, -1) {
		next, at := child(n, strings.Trim(step, "[]"))
		if next == nil {
			break
		}
		n, line = next, at
	}
	return fmt.Sprintf("%s:%d", o.file, line)
}

var pathSteps = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// mapping gives the entries of a mapping, through anchors.
func mapping(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	case *ast.AnchorNode:
		return mapping(n.Value)
	}
	return nil
}

// child gives what stands under a key, or at a place of a sequence, and the line of it; nil if nothing does.
func child(n ast.Node, key string) (ast.Node, int) {
	if a, ok := n.(*ast.AnchorNode); ok {
		return child(a.Value, key)
	}
	if s, ok := n.(*ast.SequenceNode); ok {
		i, err := strconv.Atoi(key)
		if err != nil || i >= len(s.Values) {
			return nil, 0
		}
		return s.Values[i], s.Values[i].GetToken().Position.Line
	}
	for _, e := range mapping(n) {
		if t := e.Key.GetToken(); t.Value == key {
			return e.Value, t.Position.Line
		}
	}
	return nil, 0
}

// parseRules reads the text of a file of rules. The problems name the file, the line and the key.
func parseRules(file string, data []byte) ([]Rule, []error) {
	if len(data) > maxRuleFile {
		return nil, []error{fmt.Errorf("%s: larger than %d MiB", file, maxRuleFile>>20)}
	}
	doc, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, []error{yamlProblem(file, err)}
	}
	if len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return nil, nil
	}
	list, ok := doc.Docs[0].Body.(*ast.SequenceNode)
	if !ok || len(doc.Docs) > 1 {
		return nil, []error{fmt.Errorf("%s: must hold one list of rules, each beginning with \"- id:\"", file)}
	}
	var rules []Rule
	if err := yaml.NodeToValue(list, &rules, yaml.Strict()); err != nil {
		return nil, []error{yamlProblem(file, err)}
	}
	var problems []error
	for i := range rules {
		r := &rules[i]
		r.origin = origin{file: file, node: list.Values[i]}
		for _, p := range r.validate() {
			problems = append(problems, r.problem(p.Path, "%s", p.Message))
		}
	}
	return rules, problems
}

// problem is something wrong with a key of the rule.
func (r *Rule) problem(path, format string, args ...any) error {
	where := r.origin.where(path)
	if where != "" {
		where += ": "
	}
	if path != "" {
		path += ": "
	}
	return fmt.Errorf("%srule %s: %s%s", where, r.ID, path, fmt.Sprintf(format, args...))
}

var goField = regexp.MustCompile(` into Go struct field [A-Za-z.]+ of type (\S+)`)

// yamlProblem is the decoder's complaint on one line.
func yamlProblem(file string, err error) error {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return fmt.Errorf("%s: %w", file, err)
	}
	msg := goField.ReplaceAllString(ye.GetMessage(), " as $1")
	if tok := ye.GetToken(); tok != nil && tok.Position != nil {
		return fmt.Errorf("%s:%d: %s", file, tok.Position.Line, msg)
	}
	return fmt.Errorf("%s: %s", file, msg)
}

// loadFS reads all files of rules in a folder.
func loadFS(fsys fs.FS, dir string) ([]Rule, error) {
	names, err := fs.Glob(fsys, filepath.ToSlash(filepath.Join(dir, "*.yaml")))
	if err != nil {
		return nil, err
	}
	return readRules(names, func(name string) ([]byte, error) { return fs.ReadFile(fsys, name) }, filepath.Base)
}

// LoadFiles gives the rules with those of the files added or in their place, ordered by id, and the ids of the files' rules.
// The error lists all that is wrong with the files.
func LoadFiles(rules []Rule, paths ...string) (all []Rule, ids []string, err error) {
	own, err := readRules(paths, os.ReadFile, func(path string) string { return path })
	if err != nil {
		return nil, nil, err
	}
	for i := range own {
		ids = append(ids, own[i].ID)
	}
	all = override(slices.Clone(rules), own)
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all, ids, nil
}

func readRules(names []string, read func(string) ([]byte, error), shown func(string) string) ([]Rule, error) {
	var rules []Rule
	var problems []error
	seen := map[string]*Rule{}
	for _, name := range names {
		data, err := read(name)
		if err != nil {
			problems = append(problems, fmt.Errorf("read rules: %w", err))
			continue
		}
		some, wrong := parseRules(shown(name), data)
		problems = append(problems, wrong...)
		for i := range some {
			if other := seen[some[i].ID]; other != nil {
				problems = append(problems, some[i].problem("id", "is taken at %s", other.origin.where("id")))
			}
			seen[some[i].ID] = &some[i]
		}
		rules = append(rules, some...)
	}
	return rules, errors.Join(problems...)
}
