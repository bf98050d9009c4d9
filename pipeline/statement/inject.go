package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// place says where in a statement an expression stands.
type place struct {
	data  bool // the statement reads or writes ordinary tables
	cond  bool // inside a condition
	value bool // an assigned or inserted value
	order bool // ORDER BY or GROUP BY
	extra bool // RETURNING
	// report says that the query groups rows and names its columns, as reporting tools do, which end conditions in 1 = 1.
	report bool
	table  string // the one table that the outermost query reads
	sub    int    // depth of subqueries
	arm    bool   // in an arm of a UNION other than the first
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
	beside := j.beside
	j.beside = beside || p.data
	defer func() { j.beside = beside }()
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
	p.extra = s.Kind == "insert" || s.Kind == "update" || s.Kind == "delete" || s.Kind == "replace"
	for _, e := range s.Extra {
		if p.extra && (secretQuery(unwrap(e)) || e.Kind == tree.Subquery && tree.AnyQuery(e.Query, informs)) {
			j.found("inline_query", 0.65, "a query of its own about something secret is returned beside what was written")
		}
		j.expr(e, p)
	}
	p.extra = false
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
			beside := j.beside
			j.beside = beside || p.data
			j.statement(w.Body)
			j.beside = beside
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
	j.gathered(q, p)
	if p.sub == 0 && len(q.From) == 1 && q.From[0] != nil {
		p.table = q.From[0].Name
	}
	p.report = len(q.Group) > 0 && titled(q)
	j.condition(q.Where, p)
	p.report = false
	j.having(q.Having, p)
	j.order(q.Group, p, false)
	j.order(q.Order, p, false)
	j.position(q)
	j.exprs([]*tree.Node{q.Limit, q.Offset}, p)
	j.limit(q, p)
	j.exprs(q.Extra, p)
	j.intoFile(q)
	j.cross(q, p)
}

// titled reports whether every column of a query has a name given to it, or is one.
func titled(q *tree.Query) bool {
	for i, t := range q.Targets {
		if t.Kind != tree.Column && (i >= len(q.Aliases) || q.Aliases[i] == "") {
			return false
		}
	}
	return len(q.Targets) > 0
}

// gathered judges a column that is all the secrets of another table in one text.
func (j *judge) gathered(q *tree.Query, p place) {
	for _, t := range q.Targets {
		if p.data && secretQuery(t) && len(t.Query.Targets) == 1 && tree.Any(t.Query.Targets[0], isJoin) {
			j.found("inline_query", 0.6, "a column gathers the secrets of a table into one text")
		}
	}
}

// intoFile judges SELECT … INTO a file. An export says how fields and lines are written, and takes more than one row.
func (j *judge) intoFile(q *tree.Query) {
	if q.Into != "outfile" && q.Into != "dumpfile" {
		return
	}
	const detail = "SELECT … INTO a file of the database server"
	switch {
	case q.IntoFile == tree.ScriptFile:
		j.found("file_write", 0.9, detail+" that a server would run")
	case len(q.From) == 0:
		j.found("file_write", 0.8, detail+" of what the statement itself holds")
	case q.Into == "dumpfile":
		j.found("file_write", 0.6, detail+", one row as it is")
	case !q.IntoForm && (seeks(q) || q.Limit != nil):
		j.found("file_write", 0.5, detail+" after a search for a few rows")
	}
}

func (j *judge) relations(rs []*tree.Relation, p place) {
	tree.Relations(rs, func(r *tree.Relation) {
		if (p.sub > 0 || p.cond) && r.Query != nil && starred(r.Query) && twice(r.Query.From) {
			j.found("error_extraction", 0.7, "every column of a table is taken twice, so as to fail and show its name")
		}
		j.query(r.Query, p.deeper())
		j.expr(r.Func, p)
	})
	j.joins(rs, p)
}

// twice reports a table that is joined with itself without a condition.
func twice(rs []*tree.Relation) bool {
	names := map[string]int{}
	tree.Relations(rs, func(r *tree.Relation) { names[strings.ToLower(r.Schema+"."+r.Name)]++ })
	conditioned := false
	for _, r := range rs {
		conditioned = conditioned || r.On != nil
	}
	for name, n := range names {
		if n > 1 && name != "." && !conditioned {
			return true
		}
	}
	return false
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
