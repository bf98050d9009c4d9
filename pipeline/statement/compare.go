package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

var (
	codePoint = set("ascii", "ord", "unicode", "hex", "bin", "conv", "crc32", "to_hex", "strcmp")
	piece     = set("substr", "substring", "mid", "left", "right", "lpad", "rpad", "get_byte", "split_part", "substring_index",
		"insert", "instr", "locate", "position", "strpos", "reverse", "overlay")
	size = set("length", "char_length", "character_length", "octet_length", "bit_length", "count")
)

// comparison judges a comparison by what is compared.
func (j *judge) comparison(n *tree.Node, p place) {
	switch n.Kind {
	case tree.Compare, tree.Like, tree.In, tree.Between:
	default:
		return
	}
	if len(n.Args) == 0 {
		return
	}
	if p.cond {
		j.chained(n)
	}
	if n.Kind == tree.In && n.Query != nil && p.cond && pure(n.Args[0]) && apart(n.Query) &&
		(tree.AnyOf(n.Query.Targets, func(x *tree.Node) bool { return funcNamed(x, piece) || informs(x) }) || readsSecret(n.Query)) {
		j.found("boolean_probe", 0.75, "a constant is looked for in what a query finds of a secret")
	}
	if n.Kind == tree.Like && len(n.Args) == 2 && p.cond && constantQuery(n.Args[1]) {
		j.found("inline_query", 0.6, "a query that gives a constant stands as a pattern")
	}
	if n.Kind == tree.Compare && len(n.Args) == 2 && p.cond {
		j.chosen(n.Args[0], n.Args[1])
		j.chosen(n.Args[1], n.Args[0])
	}
	left, constants := n.Args[0], n.Args[1:]
	if len(n.Args) == 2 && pure(left) && !pure(n.Args[1]) {
		j.constantLeft(n, p)
		left, constants = n.Args[1], n.Args[:1]
	}
	for _, c := range constants {
		if !pure(c) {
			return
		}
	}
	j.probing(left, p)
}

// chosen judges a column that is compared with one of two constants, of which a query of its own decides.
func (j *judge) chosen(column, x *tree.Node) {
	if column.Kind != tree.Column || len(x.Args) < 2 {
		return
	}
	if x.Kind == tree.Func && bare(x.Name) == "if" || x.Kind == tree.Case && x.Op == "" {
		c := x.Args[0]
		own := tree.Any(c, func(n *tree.Node) bool { return n.Query != nil && len(n.Query.From) > 0 && apart(n.Query) })
		if own && !ownColumn(c) && plain(x.Args[1]) {
			j.found("boolean_probe", 0.65, "a query of its own decides with which constant a column is compared")
		}
	}
}

// chained notes a comparison of a comparison: name = 'a' = 'b', name = 'a' LIKE 'b'.
func (j *judge) chained(n *tree.Node) {
	for i, a := range n.Args {
		if (a.Kind == tree.Compare || a.Kind == tree.Like) && len(a.Args) == 2 && len(n.Args) == 2 && (j.mysql || n.Kind == tree.Like) {
			if other := n.Args[1-i]; !literal(other) && !hasSubquery(other) {
				continue
			}
			if literal(a.Args[0]) || literal(a.Args[1]) {
				j.found("boolean_probe", 0.7, "the result of a comparison with a literal is compared again")
			}
		}
	}
}

// constantLeft judges 5 = (SELECT …) and its kin.
func (j *judge) constantLeft(n *tree.Node, p place) {
	right := unwrap(n.Args[1])
	if right.Kind == tree.Subquery && right.Op == "" && right.Query != nil && n.Args[0].Kind != tree.List {
		w := 0.45
		if fromless(right.Query) {
			w = pick(outward(right.Query), 0.2, 0.8)
		}
		j.found("inline_query", w, "a constant is compared with a query")
	}
	if right.Kind == tree.Subquery && n.Args[0].Kind == tree.List && p.cond && right.Query != nil &&
		tree.AnyOf(right.Query.Targets, func(x *tree.Node) bool {
			return funcNamed(x, piece) || informs(x) || x.Kind == tree.Column && secretName(x.Name)
		}) {
		j.found("boolean_probe", 0.75, "a row of constants is compared with what a query finds of a secret")
	}
	if right.Kind == tree.Case {
		j.found("boolean_probe", 0.6, "a constant is compared with a CASE")
	}
	if right.Kind == tree.Func && (bare(right.Name) == "if" || bare(right.Name) == "iif") {
		j.found("boolean_probe", 0.6, "a constant is compared with an IF")
	}
}

// outward reports a query that reads no table and computes with the columns of the query around it.
func outward(q *tree.Query) bool {
	for _, t := range q.Targets {
		t = unwrap(t)
		if t.Kind == tree.Case || funcNamed(t, piece) || funcNamed(t, codePoint) || !hasColumn(t) {
			return false
		}
	}
	return true
}

// unwrap takes casts and conversions off.
func unwrap(n *tree.Node) *tree.Node {
	for n != nil && len(n.Args) >= 1 && (n.Kind == tree.Cast || n.Kind == tree.Func && conversions[bare(n.Name)]) {
		n = n.Args[0]
	}
	return n
}

var conversions = set("cast", "convert", "coalesce", "ifnull", "nullif", "trim", "lower", "upper", "concat", "to_char", "binary")

// probing judges what is compared with constants: a piece, a code point or the length of something worth knowing.
func (j *judge) probing(x *tree.Node, p place) {
	x = unwrap(x)
	if x != nil && x.Kind == tree.Binary && len(x.Args) == 2 && (literal(x.Args[0]) || literal(x.Args[1])) {
		x = unwrap(x.Args[pick(literal(x.Args[0]), 1, 0)]) // (…) & 1 and its kin
	}
	if x == nil {
		return
	}
	secret := hasSubquery(x) || tellsServer(x)
	switch {
	case funcNamed(x, codePoint) && secret:
		j.found("boolean_probe", 0.9, "the code of a character of something secret is compared with a constant")
	case funcNamed(x, codePoint) && tree.AnyOf(x.Args, func(n *tree.Node) bool { return funcNamed(n, piece) }):
		j.found("boolean_probe", 0.5, "the code of a single character is compared with a constant")
	case funcNamed(x, piece) && secret:
		j.found("boolean_probe", 0.85, "a piece of something secret is compared with a constant")
	case funcNamed(x, size) && secret && bare(x.Name) != "count":
		j.found("boolean_probe", 0.75, "the length of something secret is compared with a constant")
	case informs(x) && p.data && p.cond:
		j.found("boolean_probe", 0.6, "what tells about the server is compared with a constant")
	case x.Kind == tree.Subquery && x.Op == "" && p.cond:
		j.scalar(x.Query, p)
	}
}

var aggregating = set("group_concat", "string_agg", "array_to_string", "json_arrayagg", "json_objectagg")

// guesses reports a condition that looks for a pattern or a piece of a secret column.
func guesses(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool {
		switch x.Kind {
		case tree.Like:
			return len(x.Args) > 0 && tree.AnyOf(x.Args[:1], func(c *tree.Node) bool { return c.Kind == tree.Column && secretName(c.Name) })
		case tree.Func:
			return (piece[bare(x.Name)] || codePoint[bare(x.Name)]) && tree.AnyOf(x.Args, func(c *tree.Node) bool { return c.Kind == tree.Column && secretName(c.Name) })
		}
		return false
	})
}

// readsSecret reports a query that gives a secret column, if need be through a query in FROM.
func readsSecret(q *tree.Query) bool {
	if q == nil {
		return false
	}
	for _, t := range q.Targets {
		if t.Kind == tree.Subquery && readsSecret(t.Query) || t.Kind != tree.Subquery && asksSecret(t) && !funcNamed(t, size) {
			return true
		}
	}
	found := false
	tree.Relations(q.From, func(r *tree.Relation) { found = found || readsSecret(r.Query) })
	return found || readsSecret(q.Left) || readsSecret(q.Right)
}

// secretQuery reports a query of its own that gives a secret.
func secretQuery(n *tree.Node) bool {
	return n != nil && n.Kind == tree.Subquery && n.Op != "any" && n.Op != "all" && readsSecret(n.Query) && apart(n.Query)
}

func hasOwnColumn(n *tree.Node) bool { return n.Kind == tree.Column }

// asksSecret reports a condition on a secret column.
func asksSecret(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool { return x.Kind == tree.Column && secretName(x.Name) })
}

// apart reports a query that names no table but its own: its answer is the same for every row around it.
func apart(q *tree.Query) bool {
	if q == nil {
		return false
	}
	own := map[string]bool{"": true}
	tree.Relations(q.From, func(r *tree.Relation) { own[strings.ToLower(r.Alias)], own[strings.ToLower(r.Name)] = true, true })
	return !tree.AnyQuery(q, func(n *tree.Node) bool {
		return n.Kind == tree.Column && !own[strings.ToLower(n.Qualifier)]
	})
}

// scalar judges a query whose one value is compared with a constant.
func (j *judge) scalar(q *tree.Query, p place) {
	if q == nil || q.SetOp != "" || len(q.Targets) != 1 {
		return
	}
	t := unwrap(q.Targets[0])
	switch {
	case fromless(q) && outward(q):
	case fromless(q):
		j.found("boolean_probe", 0.7, "a query that reads nothing is compared with a constant")
	case plain(t):
		j.found("boolean_probe", 0.75, "a query that gives a constant is compared with a constant")
	case t != nil && (funcNamed(t, piece) || funcNamed(t, codePoint)):
		j.found("boolean_probe", 0.85, "a piece of what a query finds is compared with a constant")
	case apart(q) && (asksSecret(q.Where) || asksSecret(q.Having)):
		j.found("boolean_probe", 0.7, "whether a query about a secret finds something is compared with a constant")
	case t != nil && t.Kind == tree.Func && funcNamed(t, size) && bare(t.Name) != "count" && apart(q):
		j.found("boolean_probe", 0.6, "the length of what a query finds is compared with a constant")
	case apart(q) && tree.Any(t, func(n *tree.Node) bool { return funcNamed(n, piece) && n.Name != "reverse" }) && tree.Any(t, hasOwnColumn):
		j.found("boolean_probe", 0.7, "a piece of what a query finds is compared with a constant")
	case t != nil && t.Kind == tree.Column && secretName(t.Name) && apart(q):
		j.found("boolean_probe", 0.7, "a secret that a query finds is compared with a constant")
	case t != nil && t.Kind == tree.Func && apart(q) && tree.AnyOf(t.Args, func(n *tree.Node) bool { return n.Kind == tree.Column && secretName(n.Name) }) && !funcNamed(t, size):
		j.found("boolean_probe", 0.65, "what a query computes of a secret is compared with a constant")
	case t != nil && t.Kind == tree.Case && apart(q):
		j.found("boolean_probe", 0.6, "a choice that a query makes is compared with a constant")
	case q.Where == nil && q.Limit == nil && len(q.Group) == 0 && t != nil && t.Kind == tree.Column && p.table != "" && len(q.From) == 1 && q.From[0] != nil && strings.EqualFold(q.From[0].Name, p.table):
		j.found("boolean_probe", 0.55, "all of the same table's values are compared with one constant")
	case readsCatalog(q):
		j.found("boolean_probe", 0.7, "what a query finds in the catalogue is compared with a constant")
	}
}

// arithmetic judges operators with operands that do not belong to them.
func (j *judge) arithmetic(n *tree.Node, p place) {
	if n.Kind != tree.Binary || len(n.Args) != 2 {
		return
	}
	a, b := n.Args[0], n.Args[1]
	switch n.Op {
	case "||":
		j.concatenation(n, p)
	case "#":
		if pure(a) && b.Kind == tree.Column && p.cond {
			j.found("comment_truncation", 0.6, "a # follows a constant: in another dialect it would cut the statement off")
		}
	case "%", "mod":
		if b.Kind == tree.Column && encodedName(b.Name) {
			j.found("encoded_text", 0.55, "the text holds characters as addresses encode them")
		}
		fallthrough
	case "^", "|", "&", "bitxor", "bitor", "bitand", "<<", ">>", "+", "-", "plus", "minus", "*", "/", "div", "mul":
		text := a.Type == tree.String || b.Type == tree.String
		if a.Type == tree.String && b.Type == tree.String && j.mysql && n.Op != "*" && p.cond {
			j.found("inline_query", 0.65, "texts are reckoned with as numbers")
		}
		if text && j.mysql && (hasSubquery(n) || tree.Any(n, func(x *tree.Node) bool { return funcNamed(x, delays) })) {
			j.found("inline_query", 0.8, "a query is added to a text")
		}
		if (n.Op == "/" || n.Op == "%" || n.Op == "div" || n.Op == "mod") && literal(b) && b.Text == "0" && (p.cond || p.order || p.sub > 0) && !pure(n) {
			j.found("boolean_probe", 0.6, "something is divided by zero, so as to fail on purpose")
		}
		if fails(n) && (p.cond || p.order || p.sub > 0) && pure(n) {
			j.found("boolean_probe", 0.8, "a constant is divided by zero, so as to fail on purpose")
		}
		for _, x := range n.Args {
			if x.Kind == tree.Subquery && x.Op == "" && p.cond && apart(x.Query) && (asksSecret(x.Query.Where) || readsSecret(x.Query)) {
				j.found("inline_query", 0.65, "what a query finds of a secret is reckoned with")
			}
		}
		if (p.cond || p.value) && (constantQuery(a) || constantQuery(b)) {
			j.found("inline_query", 0.6, "a query that gives a constant is reckoned with")
		}
		if inverted(b) && hasSubquery(a) || inverted(a) && hasSubquery(b) {
			j.found("error_extraction", 0.8, "a number beyond all bounds is reckoned with a query's result")
		}
		if (n.Op == "/" || n.Op == "div") && pure(a) && j.divides(b) {
			j.found("boolean_probe", 0.8, "a constant is divided by a choice, so as to fail on purpose")
		}
	}
}

// composed reports an expression that is more than a literal or the call of a function.
func composed(n *tree.Node) bool {
	if tellsServer(n) || pure(n) && !plain(n) {
		return true
	}
	return tree.Any(n, func(x *tree.Node) bool { return x.Kind == tree.Case || x.Query != nil })
}

func (j *judge) divides(b *tree.Node) bool {
	b = unwrap(b)
	if b.Kind == tree.Subquery && fromless(b.Query) && len(b.Query.Targets) == 1 {
		b = unwrap(b.Query.Targets[0])
	}
	return b.Kind == tree.Case || b.Kind == tree.Func && bare(b.Name) == "if" || b.Kind == tree.Subquery && plainTarget(b.Query)
}

// encodedName reports a name that begins as %20 or %0a go on: in MySQL a name may begin with a digit.
func encodedName(s string) bool {
	hex := func(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }
	return len(s) > 2 && s[0] >= '0' && s[0] <= '9' && hex(s[1])
}

// constantQuery reports a query that reads nothing and gives a literal.
func constantQuery(n *tree.Node) bool {
	return n.Kind == tree.Subquery && n.Op == "" && fromless(n.Query) && plainTarget(n.Query)
}

// inverted reports ~0 and its kin.
func inverted(n *tree.Node) bool {
	return n.Kind == tree.Unary && (n.Op == "~" || n.Op == "bitneg") && len(n.Args) == 1 && literal(n.Args[0])
}

func plainTarget(q *tree.Query) bool { return q != nil && len(q.Targets) == 1 && plain(q.Targets[0]) }

// concatenation judges 'text' || (SELECT …) || ”.
func (j *judge) concatenation(n *tree.Node, p place) {
	parts := concatenated(n, nil)
	first, last := parts[0], parts[len(parts)-1]
	if p.cond && p.data {
		for _, x := range parts[1:] {
			if x = unwrap(x); x.Kind == tree.Subquery && tree.AnyOf(x.Query.Targets, asksSecret) {
				j.found("inline_query", 0.65, "a secret that a query finds is joined to a text")
			}
		}
	}
	middle := false
	for _, x := range parts[1:] {
		middle = middle || p.value && informs(unwrap(x)) || unwrap(x).Kind == tree.Subquery || tree.Any(x, func(y *tree.Node) bool { return funcNamed(y, delays) })
	}
	if !middle {
		return
	}
	switch {
	case first.Type == tree.String && last.Type == tree.String && last.Text == "":
		j.found("inline_query", 0.85, "a query is spliced into a text")
	case first.Type == tree.String && (p.value || p.cond):
		j.found("inline_query", 0.4, "a query is joined to a text")
	}
}

func concatenated(n *tree.Node, parts []*tree.Node) []*tree.Node {
	if n.Kind == tree.Binary && n.Op == "||" && len(n.Args) == 2 {
		return concatenated(n.Args[1], concatenated(n.Args[0], parts))
	}
	return append(parts, n)
}

// subquery judges a query that stands as an expression.
func (j *judge) subquery(n *tree.Node, p place) {
	q := n.Query
	if p.data && readsCatalog(q) && !readsData(q) && (p.cond || n.Kind != tree.Exists) {
		j.found("union_catalog", pick(n.Kind == tree.Exists, 0.65, 0.75), "a query of the catalogue is built into a statement on ordinary tables")
	}
	if n.Kind == tree.Exists && p.cond && p.data && q.SetOp == "" && asksSecret(q.Where) && apart(q) {
		j.found("boolean_probe", 0.65, "whether a query about a secret finds something decides")
	}
	if n.Kind == tree.Exists || n.Op == "array" {
		return
	}
	if p.value && len(q.Targets) == 1 && readsSecret(q) && apart(q) {
		j.found("inline_query", 0.6, "a secret of another table is written into a value")
	}
	if p.value && len(q.Targets) == 1 && len(q.From) > 0 && apart(q) && n.Op == "" {
		t := unwrap(q.Targets[0])
		switch {
		case q.Where == nil && t != nil && readsData(q) && funcNamed(t, joiners) && aggregating[bare(t.Name)]:
			j.found("inline_query", 0.6, "a value gathers all rows of another table into one text")
		case guesses(q.Where):
			j.found("inline_query", 0.6, "a value depends on a guess at a secret")
		}
	}
	if n.Kind == tree.Subquery && fromless(q) && n.Op == "" && (p.cond || p.value) && p.data {
		w := 0.2
		if q.Where != nil && !hasColumn(q.Where) || len(q.Targets) == 1 && composed(q.Targets[0]) {
			w = 0.55
		}
		j.found("inline_query", w, "a query that reads no table stands in place of a value")
	}
	if q.SetOp == "union" && n.Op == "" && n.Kind == tree.Subquery && pureQuery(q) {
		j.found("boolean_probe", 0.8, "a union of constants stands in place of a value")
	}
	if tree.AnyOf(q.Targets, func(x *tree.Node) bool { return strings.HasPrefix(x.Name, "@@") }) && p.data {
		j.found("inline_query", 0.6, "a query of server variables stands in place of a value")
	}
}
