package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// subsumed judges an OR one of whose terms makes another superfluous: name = 'x' OR name IS NOT NULL. Whoever builds a
// search has no use for the first term; whoever was given it to complete has.
func (j *judge) subsumed(or *tree.Node) {
	asked := map[string]bool{}
	empty := map[string]bool{}
	for i, t := range or.Args {
		if c := nullTest(t, false); c != "" {
			empty[c] = true
		}
		if c := nullTest(t, true); c != "" && empty[c] {
			j.found("tautology", 0.7, "a column that is NULL is joined by OR with the same that is not")
		}
		if i > 0 {
			j.alwaysTrue(last(t), asked, t.Kind == tree.And)
		}
		equated(t, asked)
	}
}

// nullTest gives the column that a term asks whether it is NULL, or is not.
func nullTest(n *tree.Node, not bool) string {
	if n.Kind == tree.Test && n.Op == "null" && n.Not == not && len(n.Args) == 1 && n.Args[0].Kind == tree.Column {
		return n.Args[0].Qualifier + "." + n.Args[0].Name
	}
	return ""
}

// last gives the term that follows an OR: of x AND y it is x.
func last(n *tree.Node) *tree.Node {
	for n.Kind == tree.And && len(n.Args) > 0 {
		n = n.Args[0]
	}
	return n
}

// equated notes the columns that are asked for one value, in a term or in terms joined with AND.
func equated(n *tree.Node, asked map[string]bool) {
	switch n.Kind {
	case tree.And:
		for _, a := range n.Args {
			equated(a, asked)
		}
	case tree.Compare, tree.Like, tree.In:
		if len(n.Args) < 2 || n.Not || n.Kind == tree.Compare && n.Op != "=" {
			return
		}
		for i, a := range n.Args[:2] {
			if other := n.Args[1-i]; a.Kind == tree.Column && plain(other) {
				asked[a.Qualifier+"."+a.Name] = true
			}
		}
	}
}

// alwaysTrue judges a term that holds for every row, or for every row in which a column has a value.
func (j *judge) alwaysTrue(n *tree.Node, asked map[string]bool, more bool) {
	c, wide := wideTerm(n)
	switch {
	case c == nil:
	case more && n.Kind == tree.Compare && (n.Op == "<>" || n.Op == "!="):
		// x = 1 AND … OR x <> 1 AND …: two cases apart
	case asked[c.Qualifier+"."+c.Name]:
		if c.Name == "id" {
			wide = max(wide, 0.55) // nobody searches for a key and beside it for a range of keys
		}
		j.found("tautology", wide, "a term joined with OR holds whatever value of the same column is asked for beside it")
	case c.Name == "id" && c.Qualifier == "" && wide >= 0.6 && !ranged(n):
		j.found("tautology", 0.55, "a term joined with OR holds for every row that has a key")
	}
}

// wideTerm tells of which column a term asks no more than that it has a value, and how surely that is no search.
func wideTerm(n *tree.Node) (*tree.Node, float64) {
	if n.Kind == tree.Column {
		return n, 0.6
	}
	if len(n.Args) == 0 {
		return nil, 0
	}
	x := n.Args[0]
	switch n.Kind {
	case tree.Test:
		if n.Op == "null" && n.Not && x.Kind == tree.Column {
			return x, 0.65
		}
	case tree.Not:
		if x.Kind == tree.Compare && x.Op == "=" && len(x.Args) == 2 && x.Args[0].Kind == tree.Column && literal(x.Args[1]) {
			return x.Args[0], 0.4
		}
		if x.Kind == tree.Test && x.Op == "null" && !x.Not && len(x.Args) == 1 && x.Args[0].Kind == tree.Column {
			return x.Args[0], 0.65
		}
	case tree.Like:
		if len(n.Args) == 2 && x.Kind == tree.Column && !n.Not && (n.Args[1].Text == "%" || n.Args[1].Text == ".*") {
			return x, 0.65
		}
	case tree.Compare:
		return wideComparison(n)
	case tree.Between:
		if x.Kind == tree.Column && !n.Not && literals(n.Args) == 2 {
			return x, 0.3
		}
	case tree.In:
		if x.Kind == tree.Column && n.Query != nil && len(n.Query.From) > 0 && n.Query.Where == nil && apart(n.Query) {
			return x, 0.55
		}
	}
	return nil, 0
}

// ranged reports a term that asks for a range of values, or for what a query finds.
func ranged(n *tree.Node) bool {
	return n.Kind == tree.Between || n.Kind == tree.In
}

func wideComparison(n *tree.Node) (*tree.Node, float64) {
	if len(n.Args) != 2 {
		return nil, 0
	}
	x, y, op := n.Args[0], n.Args[1], n.Op
	if literal(x) {
		x, y = y, x
		op = flipped[op]
	}
	sized := funcNamed(x, size) && len(x.Args) == 1 && bare(x.Name) != "count"
	if sized {
		x = x.Args[0]
	}
	if x.Kind != tree.Column || !literal(y) {
		return nil, 0
	}
	low := y.Type == tree.Int && (y.Text == "0" || strings.HasPrefix(y.Text, "-")) || y.Text == ""
	switch {
	case (op == ">" || op == ">=") && (low || sized):
		return x, 0.6
	case (op == "<>" || op == "!=") && sized:
		return x, 0.6
	case (op == "<>" || op == "!=") && y.Type == tree.String && y.Text == "":
		return x, 0.55
	case op == "<>" || op == "!=":
		return x, 0.4
	case op == "<" || op == "<=" || op == ">" || op == ">=":
		return x, 0.2
	}
	return nil, 0
}

var flipped = map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>", "!=": "!="}
