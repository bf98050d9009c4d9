package statement

import (
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// order judges ORDER BY and GROUP BY. change says that the statement changes rows, where positions mean nothing.
func (j *judge) order(ns []*tree.Node, p place, change bool) {
	p.order = true
	for _, n := range ns {
		if p.data && tree.Any(n, informs) {
			j.found("order_probe", 0.7, "rows are ordered by what tells about the server")
		}
		switch {
		case n.Kind == tree.Literal && n.Text == "999":
			j.found("order_probe", 0.7, "rows are ordered by a column number that no query has")
		case comparing(n.Kind) && pure(n), (n.Kind == tree.And || n.Kind == tree.Or) && hasConstantTerm(n.Args):
			j.found("order_probe", 0.7, "rows are ordered by a comparison of constants")
		case (n.Kind == tree.And || n.Kind == tree.Or) && literals(n.Args) > 0:
			j.found("order_probe", 0.7, "rows are ordered by a literal joined with AND or OR")
		case n.Kind == tree.Literal && change:
			j.found("order_probe", 0.7, "rows to be changed are ordered by a column number")
		case n.Kind == tree.Subquery && n.Op == "":
			j.orderQuery(n.Query)
		case n.Kind == tree.Case:
			j.orderCase(n)
		case n.Kind == tree.Func && (n.Name == "if" || n.Name == "rand") && (anySubquery(n.Args) || tree.AnyOf(n.Args, informs) || len(n.Args) == 3 && pure(n.Args[0])):
			j.found("order_probe", 0.75, "rows are ordered by a choice that depends on something secret")
		}
		if n.Kind != tree.Subquery && !change && tree.Any(n, func(x *tree.Node) bool { return x.Kind == tree.Subquery && apart(x.Query) }) {
			j.found("order_probe", 0.6, "rows are ordered by a computation with a query of its own")
		}
		j.expr(n, p)
	}
}

func hasConstantTerm(ns []*tree.Node) bool {
	for _, n := range ns {
		if comparing(n.Kind) && pure(n) {
			return true
		}
	}
	return false
}

// position judges a column number where the query has fewer columns.
func (j *judge) position(q *tree.Query) {
	first := q
	for first.Left != nil {
		first = first.Left
	}
	if len(first.Targets) == 0 || tree.AnyOf(first.Targets, func(n *tree.Node) bool { return n.Kind == tree.Star }) {
		return
	}
	if literals(q.Order) > len(first.Targets) && len(q.Order) > 2 {
		j.found("order_probe", 0.6, "rows are ordered by more column numbers than the query has columns")
	}
	if len(q.Order) > 0 { // of the others the canonical text does not keep the number
		n := q.Order[0]
		if at, err := strconv.Atoi(n.Text); n.Kind == tree.Literal && n.Type == tree.Int && err == nil && at > len(first.Targets) && at < 100 {
			j.found("order_probe", 0.7, "rows are ordered by a column number that the query does not have")
		}
	}
}

func (j *judge) orderQuery(q *tree.Query) {
	w := 0.4
	if fromless(q) && outward(q) {
		return
	}
	if apart(q) {
		w = 0.45
	}
	if fromless(q) || readsCatalog(q) || readsSecret(q) || pureQuery(q) || plainTarget(q) {
		w = 0.8
	}
	j.found("order_probe", w, "rows are ordered by a query")
}

func (j *judge) orderCase(n *tree.Node) {
	for i := 0; i+1 < len(n.Args); i += 2 {
		c := n.Args[i]
		switch {
		case comparing(c.Kind) && pure(c):
			j.found("order_probe", 0.75, "rows are ordered by a choice between constants")
		case tree.Any(c, hasQuery) || tellsServer(c):
			j.found("order_probe", 0.75, "rows are ordered by a choice that depends on something secret")
		}
	}
}

// limit judges LIMIT and OFFSET.
func (j *judge) limit(q *tree.Query, p place) {
	for _, n := range []*tree.Node{q.Limit, q.Offset} {
		if n == nil {
			continue
		}
		switch {
		case n.Kind == tree.Subquery && readsCatalog(n.Query) || tellsServer(n):
			j.found("inline_query", 0.7, "the number of rows depends on something secret")
		case n.Kind == tree.Case && (tree.Any(n, func(x *tree.Node) bool { return x.Query != nil }) || len(n.Args) > 0 && pure(n.Args[0])):
			j.found("inline_query", 0.6, "the number of rows depends on a choice that a query or a constant makes")
		case n.Kind == tree.Subquery || n.Kind == tree.Case:
			j.found("inline_query", 0.4, "the number of rows is a query's")
		}
	}
}

// cross judges a product of a table with itself: work without end.
func (j *judge) cross(q *tree.Query, p place) {
	if q == nil || p.sub == 0 && (j.mysql || q.Where != nil) || q.Where != nil && related(q.Where) {
		return
	}
	names := map[string]int{}
	held := false
	for _, r := range q.From {
		held = held || conditioned(r)
	}
	if held {
		return
	}
	tree.Relations(q.From, func(r *tree.Relation) {
		if r.Name != "" {
			names[strings.ToLower(r.Schema+"."+r.Name)]++
		}
	})
	for _, n := range names {
		if n >= 3 {
			j.found("heavy_computation", pick(q.Where == nil, 0.8, 0.6), "a table is multiplied with itself several times")
		}
	}
}

// related reports a condition that holds two tables together.
func related(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool {
		seen := map[string]bool{}
		for _, a := range x.Args {
			if a.Kind == tree.Column {
				seen[a.Qualifier] = true
			}
		}
		return len(seen) > 1 || x.Query != nil
	})
}

// conditioned reports a join with a condition somewhere.
func conditioned(r *tree.Relation) bool {
	return r != nil && (r.On != nil || r.Natural || conditioned(r.Left) || conditioned(r.Right))
}
