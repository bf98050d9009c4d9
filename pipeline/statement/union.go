package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// union judges the arms of a set operation against its first arm.
func (j *judge) union(q *tree.Query, p place) {
	if q.SetOp == "" {
		return
	}
	arms := unionArms(q, nil)
	first := arms[0]
	p.arm = false
	j.query(first, p)
	for _, a := range arms[1:] {
		j.arm(first, a)
		p.arm = true
		j.query(a, p)
	}
}

func unionArms(q *tree.Query, arms []*tree.Query) []*tree.Query {
	if q == nil {
		return arms
	}
	if q.SetOp == "" || len(q.With) > 0 && len(arms) > 0 {
		return append(arms, q)
	}
	return unionArms(q.Right, unionArms(q.Left, arms))
}

// arm compares one arm with the first: what its author had to guess shows.
func (j *judge) arm(first, a *tree.Query) {
	if first.SetOp == "" && a.SetOp == "" && len(first.From) == 0 && starred(a) && len(a.From) > 0 && unnamed(first) {
		j.found("union_constants", 0.6, "an arm of constants gives the columns of a table other names")
	}
	if first.SetOp != "" || a.SetOp != "" || len(first.From) == 0 {
		return
	}
	if emptied(first.Where) {
		j.found("union_constants", 0.5, "the first arm of a UNION is emptied by a comparison of constants")
	}
	if len(a.Targets) == 0 {
		j.armValues(a)
		return
	}
	c := countTargets(first, a)
	j.armSource(first, a)
	if a.Into == "outfile" || a.Into == "dumpfile" {
		j.found("union_constants", 0.8, "an arm of a UNION is written into a file of the database server")
	}
	switch {
	case !readsData(a) && !readsCatalog(a):
		j.armWithoutTable(a, c)
	case c.aliased == 0:
		j.armWithTable(first, a, c)
	}
}

// armValues judges VALUES as an arm, and an arm with nothing in it.
func (j *judge) armValues(a *tree.Query) {
	switch {
	case len(a.Values) == 0 && len(a.From) == 0:
		j.found("union_constants", 0.7, "an arm of a UNION is empty")
	case len(a.Values) == 1 && len(a.Values[0]) >= 2:
		j.found("union_constants", 0.6, "an arm of a UNION is one row of constants")
	}
}

// columns counts what stands in an arm's target list.
type columns struct {
	total, nulls, constants, guessed, aliased int
	texts, spelled, composed                  int
	numbers                                   int
	forged                                    int // constants where the first arm has a secret
}

func countTargets(first, a *tree.Query) columns {
	c := columns{total: len(a.Targets)}
	star := tree.AnyOf(first.Targets, func(n *tree.Node) bool { return n.Kind == tree.Star })
	for i, t := range a.Targets {
		if i < len(a.Aliases) && a.Aliases[i] != "" {
			c.aliased++
		}
		bareLiteral := t.Kind == tree.Null || t.Kind == tree.Literal || t.Kind == tree.Bool
		if t.Kind == tree.Null || t.Kind == tree.Cast && len(t.Args) == 1 && t.Args[0].Kind == tree.Null && len(a.From) == 0 {
			c.nulls++
		}
		if i < len(first.Targets) && bareLiteral && t.Kind == tree.Literal && first.Targets[i].Kind == tree.Column && secretName(first.Targets[i].Name) {
			c.forged++
		}
		if pure(t) {
			c.constants++
			if !plain(t) {
				c.composed++
			}
		}
		if t.Type == tree.String {
			c.texts++
		}
		if t.Kind == tree.Literal && t.Type == tree.Int && i < len(first.Targets) && first.Targets[i].Kind == tree.Column {
			c.numbers++
		}
		if hexLiteral(t) || tree.Any(t, func(n *tree.Node) bool { return hexLiteral(n) || n.Kind == tree.Func && chars[n.Name] }) {
			c.spelled++
		}
		if bareLiteral && (star || i >= len(first.Targets) || !plain(first.Targets[i])) {
			c.guessed++
		}
	}
	return c
}

// armSource judges what an arm reads beside an ordinary first arm.
func (j *judge) armSource(first, a *tree.Query) {
	if !readsData(first) {
		return
	}
	switch {
	case readsCatalog(a) && !readsData(a):
		j.found("union_catalog", 0.9, "an arm of a UNION reads the catalogue beside an arm on ordinary tables")
	case len(a.From) == 0 && tree.AnyOf(a.Targets, informs):
		j.found("union_catalog", 0.9, "an arm of a UNION tells about the server")
	}
}

func (j *judge) armWithoutTable(a *tree.Query, c columns) {
	switch {
	case c.forged > 0 && c.constants == c.total && len(a.From) == 0:
		j.found("union_constants", 0.7, "an arm of a UNION has a constant where the first has a secret")
	case len(a.From) > 0 && derived(a.From):
		j.found("union_constants", 0.7, "an arm of a UNION reads nothing but constants put into tables")
	case tree.AnyOf(a.Targets, hasQuery) && c.aliased == 0:
		j.found("union_constants", pick(c.guessed > 0, 0.75, 0.6), "an arm of a UNION without a table holds a query")
	case len(a.From) == 0 && tree.AnyOf(a.Targets, func(n *tree.Node) bool { return n.Kind == tree.Column }):
		j.found("union_constants", 0.7, "an arm of a UNION names columns but no table")
	case c.nulls >= 2 && c.total-c.nulls <= 1+c.total/2:
		j.found("union_null_padding", 0.9, "an arm of a UNION without a table is padded with NULLs")
	case c.nulls == c.total:
		j.found("union_null_padding", 0.75, "an arm of a UNION is nothing but NULL")
	case c.composed > 0 && c.constants == c.total:
		j.found("union_constants", 0.75, "an arm of a UNION without a table computes with constants")
	case c.spelled > 0:
		j.found("union_constants", 0.8, "an arm of a UNION without a table spells its texts by their codes")
	case c.guessed == c.total && c.texts == 0 && c.total >= 2 && c.aliased == 0:
		j.found("union_constants", 0.75, "an arm of a UNION is nothing but numbers where the first has columns")
	case c.guessed == c.total && c.total == 1 && c.texts == 0 && c.aliased == 0:
		j.found("union_constants", 0.5, "an arm of a UNION is a number where the first has a column")
	case c.guessed >= 2 && c.aliased == 0:
		j.found("union_constants", pick(c.guessed > 2, 0.55, 0.4), "an arm of a UNION has constants where the first has columns")
	}
}

// unnamed reports a query of bare literals, none of them named.
func unnamed(q *tree.Query) bool {
	for i, t := range q.Targets {
		if !literal(t) || i < len(q.Aliases) && q.Aliases[i] != "" {
			return false
		}
	}
	return len(q.Targets) > 1
}

// emptied reports conditions one of which compares constants.
func emptied(n *tree.Node) bool {
	if n == nil || n.Kind != tree.And {
		return false
	}
	for _, a := range n.Args[1:] {
		if comparing(a.Kind) && pure(a) || a.Kind == tree.Bool && a.Text == "false" {
			return true
		}
	}
	return false
}

// derived reports a FROM list of queries that read nothing and give constants.
func derived(rs []*tree.Relation) bool {
	n, all := 0, true
	tree.Relations(rs, func(r *tree.Relation) {
		n++
		all = all && r.Query != nil && r.Query.SetOp == "" && (pureQuery(r.Query) || len(r.Query.Values) == 1)
	})
	return n > 0 && all
}

func hasQuery(n *tree.Node) bool { return n.Query != nil }

func (j *judge) armWithTable(first, a *tree.Query, c columns) {
	foreign := disjoint(first, a)
	secret := tree.AnyOf(a.Targets, func(n *tree.Node) bool { return n.Kind == tree.Column && secretName(n.Name) })
	switch {
	case !foreign:
	case c.nulls >= 2 && c.guessed == c.nulls && 2*c.nulls >= c.total && !padded(first):
		j.found("union_null_padding", 0.6, "an arm of a UNION on another table is padded with NULLs")
	case c.guessed >= 2:
		j.found("union_constants", 0.55, "an arm of a UNION on another table has constants where the first has columns")
	case secret && c.guessed == 1:
		j.found("union_constants", 0.5, "an arm of a UNION reads secrets from another table")
	}
	if foreign && secret && tree.AnyOf(a.Targets, isJoin) {
		j.found("union_constants", 0.6, "an arm of a UNION joins secrets of another table into one text")
	}
	if foreign && secret {
		open := !tree.AnyOf(first.Targets, func(n *tree.Node) bool { return n.Kind == tree.Column && secretName(n.Name) })
		j.found("union_constants", pick(open, 0.6, 0.4), "an arm of a UNION reads secrets from another table")
	}
	switch {
	case !foreign || !seeks(first):
	case starred(a) && starred(first) && a.Where == nil && len(a.Group) == 0:
		j.found("union_constants", 0.5, "an arm of a UNION takes all of another table beside a search for one value")
	case c.guessed == 1 && c.numbers == 1 && c.total > 1:
		j.found("union_constants", 0.5, "an arm of a UNION on another table has a number where the first has a column")
	}
	if foreign && gathers(first, a) {
		j.found("union_constants", 0.6, "an arm of a UNION puts the rows of another table into one text")
	}
	if foreign && starred(a) && !starred(first) && seeks(first) {
		j.found("union_constants", 0.55, "an arm of a UNION takes every column of another table beside a search for one value")
	}
	if foreign && c.spelled > 0 {
		j.found("union_constants", 0.6, "an arm of a UNION spells its texts by their codes")
	}
}

// gathers reports an arm that turns whole rows, or all rows, of a table into one text where the first has a column.
func gathers(first, a *tree.Query) bool {
	for i, t := range a.Targets {
		t = unwrap(t)
		if t == nil || t.Kind != tree.Func || i >= len(first.Targets) || first.Targets[i].Kind != tree.Column {
			continue
		}
		switch bare(t.Name) {
		case "row_to_json", "to_json", "to_jsonb", "json_agg", "jsonb_agg", "array_agg", "array_to_string", "array_to_json", "string_agg",
			"group_concat", "json_arrayagg", "json_objectagg", "xmlagg", "hstore":
			return true
		}
	}
	return false
}

func starred(q *tree.Query) bool {
	return len(q.Targets) == 1 && q.Targets[0].Kind == tree.Star
}

// seeks reports a query that asks for one value of a column.
func seeks(q *tree.Query) bool {
	asked := map[string]bool{}
	if q.Where != nil {
		equated(q.Where, asked)
	}
	return len(asked) > 0
}

// padded reports whether the first arm has NULLs of its own: then arms complement each other.
func padded(q *tree.Query) bool {
	for _, t := range q.Targets {
		if t.Kind == tree.Null || t.Kind == tree.Cast && plain(t) {
			return true
		}
	}
	return false
}

func disjoint(first, a *tree.Query) bool {
	names := map[string]bool{}
	anyTable(first, func(r *tree.Relation) bool { names[strings.ToLower(r.Name)] = true; return false })
	return !anyTable(a, func(r *tree.Relation) bool { return names[strings.ToLower(r.Name)] })
}
