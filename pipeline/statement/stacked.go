package statement

import (
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// stacked judges several statements in one text.
func (j *judge) stacked(ss []*tree.Statement) {
	if len(ss) < 2 {
		return
	}
	first := ss[0].Kind
	w := 0.1
	if !touchesAny(ss[:1]) {
		j.found("stacked_statements", w, "the text holds several statements")
		return
	}
	for _, s := range ss[1:] {
		w = max(w, follows(first, s))
		if elevates(ss[0], s) {
			w = max(w, 0.55)
		}
	}
	j.found("stacked_statements", w, "the text holds several statements")
}

// elevates reports a statement that makes or changes all of an application's users behind one on another table.
func elevates(first, s *tree.Statement) bool {
	if first.Kind != "delete" && first.Kind != "update" && first.Kind != "select" || s.Kind != "insert" && (s.Kind != "update" || !s.NoWhere) {
		return false
	}
	if len(s.Targets) != 1 || !peopleTable(s.Targets[0].Name.Name) {
		return false
	}
	for _, t := range first.Targets {
		if t.Name == s.Targets[0].Name || peopleTable(t.Name.Name) {
			return false
		}
	}
	return true
}

// peopleTable reports a table that by its name holds who may do what.
func peopleTable(name string) bool {
	n := strings.ToLower(name)
	for _, w := range [...]string{"admin", "user", "account", "role", "member", "staff", "operator", "login", "credential", "employee"} {
		if strings.Contains(n, w) {
			return true
		}
	}
	return false
}

// follows weighs a statement after a first one: nobody writes a query and a change of the schema in one text but
// through a hole.
func follows(first string, s *tree.Statement) float64 {
	query := first == "select" || first == "update" || first == "delete" || first == "insert" || first == "replace"
	if !query {
		return 0.1
	}
	switch k := s.Kind; {
	case strings.HasPrefix(k, "drop_"), k == "truncate", strings.HasPrefix(k, "copy_"), strings.HasPrefix(k, "grant"),
		strings.HasSuffix(k, "_role"), strings.HasSuffix(k, "_user"), k == "create_function", k == "alter_system", k == "load_data",
		k == "do", k == "shutdown", k == "create_extension", k == "prepare", k == "execute":
		if first == "select" {
			return 0.8
		}
		return 0.6
	case strings.HasPrefix(k, "create_"), strings.HasPrefix(k, "alter_"), k == "set", k == "call":
		if first == "select" {
			return 0.6
		}
		return 0.2
	case (k == "insert" || k == "update" || k == "delete") && first == "select":
		return 0.55
	case k == "select" && s.Query != nil && fromless(s.Query) && sleeps(s.Query):
		return 0.9
	case k == "select" && reaches(s):
		return 0.8
	case first != "select":
	case k == "select" && changes(s):
		return 0.6
	case k == "select" && s.Query != nil && s.Query.SetOp == "" && fromless(s.Query) && len(s.Query.Values) == 0 && acting(s.Query.Targets):
		return 0.55
	case strings.Contains(k, "password"):
		return 0.8
	case k != "select" && !transaction[k]:
		return 0.5
	}
	return 0.1
}

// transaction are the kinds that stand around queries in one text.
var transaction = set("begin", "start", "commit", "rollback", "savepoint", "release", "rollback_to", "declare_cursor", "fetch",
	"close_cursor", "set", "reset", "explain", "insert", "update", "delete", "replace", "merge", "analyze", "unlock_tables", "deallocate", "begin_", "values")

// changes reports a query that changes rows on its way (WITH x AS (DELETE …)).
func changes(s *tree.Statement) bool {
	ws := s.With
	if s.Query != nil {
		ws = append(slices.Clone(ws), s.Query.With...)
	}
	for _, w := range ws {
		if w.Body != nil && (w.Body.Kind == "insert" || w.Body.Kind == "update" || w.Body.Kind == "delete") {
			return true
		}
	}
	return false
}

// acting reports columns of which one tells about the server or makes it do something.
func acting(ns []*tree.Node) bool {
	return tree.AnyOf(ns, func(n *tree.Node) bool {
		return informs(n) || n.Kind == tree.Func && (strings.HasPrefix(bare(n.Name), "pg_") || bare(n.Name) == "set_config")
	})
}

func sleeps(q *tree.Query) bool {
	return tree.AnyQuery(q, func(n *tree.Node) bool { return funcNamed(n, delays) })
}

// reaches reports a statement that gets at files, programs or other servers.
func reaches(s *tree.Statement) bool {
	found := false
	tree.Walk(s, tree.Visitor{Node: func(n *tree.Node) {
		if n.Kind == tree.Func && reaching[bare(n.Name)] {
			found = true
		}
	}})
	return found
}
