package statement

import (
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
	}
	j.found("stacked_statements", w, "the text holds several statements")
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
	}
	return 0.1
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
