package statement

import "github.com/auditwarden/auditwarden/pipeline/statement/tree"

// place says where in a statement an expression stands.
type place struct {
	data  bool // the statement reads or writes ordinary tables
	cond  bool // inside a condition
	value bool // an assigned or inserted value
	order bool // ORDER BY or GROUP BY
	sub   int  // depth of subqueries
	arm   bool // in an arm of a UNION other than the first
}

func (p place) deeper() place { p.sub++; return p }

func (p place) inCond() place { p.cond = true; return p }

// statement judges one statement.
func (j *judge) statement(s *tree.Statement) {
	if s == nil {
		return
	}
	j.access(s)
	if !injectable[s.Kind] {
		for _, in := range s.Inner {
			j.statement(in)
		}
		return
	}
	p := place{data: touchesData(s)}
	for _, w := range s.With {
		j.statement(w.Body)
	}
	if s.Query != nil {
		if s.Kind == "insert" || s.Kind == "replace" {
			j.inserted(s.Query, p)
		} else {
			j.query(s.Query, p)
		}
	}
	j.relations(s.From, p)
	for _, v := range s.Sets {
		j.value(v, p)
	}
	j.condition(s.Where, p)
	j.order(s.Order, p, s.Kind != "select")
	for _, e := range s.Extra {
		j.expr(e, p)
	}
	for _, in := range s.Inner {
		j.statement(in)
	}
}

// injectable lists the statements that applications build from what users type.
var injectable = set("select", "insert", "replace", "update", "delete", "merge", "call", "do", "set")

func touchesData(s *tree.Statement) bool {
	if (s.Kind == "insert" || s.Kind == "replace") && s.Query != nil && len(s.Query.Values) == 0 {
		return readsData(s.Query)
	}
	for _, t := range s.Targets {
		if !catalog(t.Schema, t.Name.Name) {
			return true
		}
	}
	return readsData(s.Query)
}

// inserted judges the source of an INSERT: rows of values, or a query.
func (j *judge) inserted(q *tree.Query, p place) {
	if q.SetOp == "" && len(q.Values) == 0 {
		j.query(q, p)
		return
	}
	for _, row := range q.Values {
		for _, v := range row {
			j.value(v, p)
		}
	}
	j.union(q, p)
}

// value judges an assigned value: a truth operation with a literal operand does not belong there.
func (j *judge) value(n *tree.Node, p place) {
	p.value = true
	if n == nil {
		return
	}
	switch n.Kind {
	case tree.And, tree.Or, tree.Xor:
		if literals(n.Args) > 0 && tree.AnyOf(n.Args, acts) {
			j.found("constant_predicate", 0.85, "a literal is joined with AND or OR inside a value")
		}
	}
	j.expr(n, p)
}

// acts reports what has no place beside a literal in a value: a comparison, a query, a call.
func acts(n *tree.Node) bool {
	return comparing(n.Kind) || n.Query != nil || n.Kind == tree.Func
}

// query judges one query and everything in it.
func (j *judge) query(q *tree.Query, p place) {
	if q == nil {
		return
	}
	for _, w := range q.With {
		if w.Body != nil {
			j.statement(w.Body)
		}
	}
	if q.SetOp != "" {
		j.union(q, p)
	}
	for _, row := range q.Values {
		j.exprs(row, p)
	}
	j.relations(q.From, p)
	j.exprs(q.Targets, p)
	j.condition(q.Where, p)
	j.having(q.Having, p)
	j.order(q.Group, p, false)
	j.order(q.Order, p, false)
	j.position(q)
	j.exprs([]*tree.Node{q.Limit, q.Offset}, p)
	j.limit(q, p)
	j.exprs(q.Extra, p)
	if p.sub == 0 {
		j.crossCatalog(q)
	}
}

func (j *judge) relations(rs []*tree.Relation, p place) {
	tree.Relations(rs, func(r *tree.Relation) {
		j.query(r.Query, p.deeper())
		j.expr(r.Func, p)
	})
	j.joins(rs, p)
}

func (j *judge) joins(rs []*tree.Relation, p place) {
	for _, r := range rs {
		if r == nil || r.Left == nil && r.Right == nil {
			continue
		}
		j.condition(r.On, p)
		j.joins([]*tree.Relation{r.Left, r.Right}, p)
	}
}

func (j *judge) exprs(ns []*tree.Node, p place) {
	for _, n := range ns {
		j.expr(n, p)
	}
}

// expr judges one expression and everything below it.
func (j *judge) expr(n *tree.Node, p place) {
	if n == nil {
		return
	}
	j.function(n, p)
	j.encoded(n)
	j.comparison(n, p)
	j.arithmetic(n, p)
	switch n.Kind {
	case tree.And, tree.Or, tree.Xor, tree.Not:
		if !p.cond && p.value {
			j.condition(n, p)
			return
		}
	case tree.Case:
		j.caseExpr(n, p)
	}
	if n.Query != nil {
		j.subquery(n, p)
	}
	j.exprs(n.Args, p)
	if n.Query != nil {
		j.query(n.Query, p.deeper())
	}
}
