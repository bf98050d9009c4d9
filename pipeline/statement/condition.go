package statement

import (
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// condition judges a WHERE, HAVING, ON or WHEN.
func (j *judge) condition(n *tree.Node, p place) {
	if n == nil {
		return
	}
	p = p.inCond()
	j.terms(n, p, 0, true)
	j.expr(n, p)
}

// having judges HAVING: no query builder begins one with a constant.
func (j *judge) having(n *tree.Node, p place) {
	if n != nil && comparing(n.Kind) && pure(n) {
		j.found("constant_predicate", 0.7, "HAVING compares constants")
	}
	j.condition(n, p)
}

// terms looks for constant terms. joined is the operation that joins the term to its siblings, first says that it is the
// first of them and so may be what a query builder starts with.
func (j *judge) terms(n *tree.Node, p place, joined tree.Kind, first bool) {
	switch n.Kind {
	case tree.And, tree.Or, tree.Xor:
		by := n.Kind
		if joined == tree.Or {
			by = joined
		}
		if n.Kind == tree.Or {
			j.subsumed(n)
		}
		bound := n.Kind == tree.And && parameters(n.Args)
		for i, a := range n.Args {
			if n.Kind == tree.Or && i == 0 && joined != 0 && comparing(a.Kind) && pure(a) && hasColumn(n) {
				j.found("constant_predicate", 0.2, "a bracketed OR begins with a comparison of constants")
				continue // (” = ” OR city = ”): how optional filters are written
			}
			if bound && i == len(n.Args)-1 && small(a) {
				j.found("constant_predicate", 0.2, "conditions on parameters end in a comparison of constants")
				continue // how a query builder ends a list
			}
			j.terms(a, p, by, first && i == 0)
		}
		return
	case tree.Not:
		for _, a := range n.Args {
			if a.Kind == tree.Bool && !first && joined == tree.Or {
				j.found("tautology", 0.8, "a negated truth value is joined with OR")
			}
			if literal(a) && !first && joined != 0 {
				j.found("constant_predicate", 0.55, "a negated literal stands as a condition")
			}
			if a.Kind != tree.Exists {
				j.terms(a, p, joined, first)
			}
		}
		return
	}
	j.term(n, p, joined, first)
}

func (j *judge) term(n *tree.Node, p place, joined tree.Kind, first bool) {
	switch {
	case plain(n) && p.value:
	case plain(n):
		j.bareTerm(n, joined, first)
	case n.Kind == tree.Compare && sameColumn(n) && joined != 0 && !first:
		j.found("tautology", pick(joined == tree.Or, 0.7, 0.4), "a column is compared with itself")
	case n.Kind == tree.Like && len(n.Args) == 2 && (n.Args[1].Text == "%" || n.Args[1].Text == ".*") && joined == tree.Or && !first:
		j.found("tautology", 0.6, "a pattern that everything fits is joined with OR")
	case comparing(n.Kind) && len(n.Args) == 2 && joined == tree.Or && !first && n.Args[0].Kind != tree.Column && hasColumn(n) && alike(n.Args[0], n.Args[1]):
		j.found("tautology", 0.65, "an expression is compared with itself")
	case comparing(n.Kind) && pure(n):
		j.constantTerm(n, p, joined, first)
	case n.Kind == tree.Subquery && n.Op == "" && joined != 0 && apart(n.Query):
		j.found("inline_query", pick(first || looksUp(n.Query), 0.3, 0.6), "a query of its own stands as a condition")
	case n.Kind == tree.Func && !p.data && joined != tree.Or && pure(n):
		// A tool that asks the catalogue about one object, as psql's \d does; there is no ordinary table to steal from.
	case pure(n) && !first && !p.value && (n.Kind != tree.Case || joined != 0):
		j.found("constant_predicate", pick(joined == tree.Or, 0.75, 0.55), "a computation with constants stands as a condition")
	case comparing(n.Kind) && joined == tree.Or && !first && fixed(n):
		j.found("tautology", 0.55, "a comparison in which no column stands is joined with OR")
	case p.data && joined != 0 && !first && tree.Any(n, informs) && !ownColumn(n) && !(n.Kind == tree.Func && asksRight(bare(n.Name))):
		j.found("boolean_probe", 0.55, "a condition asks about the server and not about any row")
	case joined == tree.Or && !first && comparing(n.Kind) && n.Kind != tree.Exists && !ownColumn(n) && unfiltered(n):
		j.found("tautology", 0.55, "a comparison with a query of its own, in which no column stands, is joined with OR")
	case joined != 0 && !first && p.data && comparing(n.Kind) && n.Kind != tree.Exists && !ownColumn(n) && anyRow(n):
		j.found("boolean_probe", 0.5, "a condition asks about all of a table or about any of its rows, and not about the row at hand")
	case joined == tree.Or && !first && n.Kind == tree.Exists && !n.Not && n.Query != nil && len(n.Query.From) > 0 && n.Query.Where == nil && n.Query.SetOp == "" && n.Query.Limit == nil:
		j.found("tautology", 0.55, "whether a table has any row at all is joined with OR")
	case joined == tree.Or && !first && n.Kind == tree.Func && len(n.Args) == 0 && always[bare(n.Name)]:
		j.found("tautology", 0.6, "the result of "+bare(n.Name)+" is joined with OR")
	case joined == tree.Or && !first && n.Kind == tree.Variable && len(n.Args) > 0:
		j.found("tautology", 0.55, "an assignment is joined with OR")
	case joined != 0 && !first && n.Kind == tree.Func && !ownColumn(n) && literals(n.Args) > 0 && tree.AnyOf(n.Args, textQuery):
		j.found("boolean_probe", 0.55, "a condition looks for a literal in what a query of its own finds")
	}
}

// always are functions whose result is never empty or zero.
var always = set("now", "curdate", "current_date", "current_timestamp", "sysdate", "localtime", "uuid", "pi", "rand", "version", "user",
	"database", "connection_id", "unix_timestamp", "utc_date", "curtime")

// asksRight reports functions that ask what the user may do, as row security does.
func asksRight(name string) bool {
	return name == "pg_has_role" || strings.HasPrefix(name, "has_") || strings.HasPrefix(name, "is_")
}

// parameters reports conditions with bound values and no literal: an attacker who could write one would write a literal.
func parameters(ns []*tree.Node) bool {
	if len(ns) < 2 {
		return false
	}
	ns = ns[:len(ns)-1]
	return tree.AnyOf(ns, func(n *tree.Node) bool { return n.Kind == tree.Param }) && !tree.AnyOf(ns, literal)
}

// looksUp reports a query that looks one column of one row up by a value, as of a switch or a setting.
func looksUp(q *tree.Query) bool {
	if q == nil || q.SetOp != "" || len(q.Targets) != 1 || len(q.From) != 1 || q.Where == nil || readsCatalog(q) {
		return false
	}
	t := q.Targets[0]
	asked := map[string]bool{}
	equated(q.Where, asked)
	return t.Kind == tree.Column && !secretName(t.Name) && len(asked) > 0 && !asksSecret(q.Where)
}

// alike reports two expressions that are the same but for their literals.
func alike(a, b *tree.Node) bool {
	var l limber
	return slices.Equal(l.write(func() { l.expr(a) }), l.write(func() { l.expr(b) }))
}

// ownColumn reports whether a column stands in an expression outside its queries.
func ownColumn(n *tree.Node) bool {
	if n.Kind == tree.Column || n.Kind == tree.Star || n.Kind == tree.Param {
		return true
	}
	for _, a := range n.Args {
		if ownColumn(a) {
			return true
		}
	}
	return false
}

// unfiltered reports a query of its own without a condition somewhere in the expression.
func unfiltered(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool {
		return x.Kind == tree.Subquery && x.Query != nil && len(x.Query.From) > 0 && x.Query.Where == nil && apart(x.Query)
	})
}

// anyRow reports an unfiltered query of its own that counts a table's rows, gathers them or takes whichever comes first.
func anyRow(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool {
		if x.Kind != tree.Subquery || x.Query == nil || len(x.Query.From) == 0 || x.Query.Where != nil || len(x.Query.Targets) != 1 || !apart(x.Query) {
			return false
		}
		return x.Query.Limit != nil || tree.Any(x.Query.Targets[0], func(t *tree.Node) bool { return t.Kind == tree.Func })
	})
}

// textQuery reports a query of its own that gives one text.
func textQuery(n *tree.Node) bool {
	return n.Kind == tree.Subquery && n.Op == "" && n.Query != nil && len(n.Query.Targets) == 1 && len(n.Query.From) > 0 && apart(n.Query)
}

// fixed reports an expression that is the same for every row.
func fixed(n *tree.Node) bool {
	return !tree.Any(n, func(x *tree.Node) bool {
		switch x.Kind {
		case tree.Column, tree.Star, tree.Param, tree.Variable, tree.Other, tree.Default:
			return true
		}
		return x.Query != nil || x.Kind == tree.Func && aggregates[bare(x.Name)] && x.Name != "rand" && x.Name != "random"
	})
}

func comparing(k tree.Kind) bool {
	switch k {
	case tree.Compare, tree.Like, tree.In, tree.Between, tree.Test, tree.Exists:
		return true
	}
	return false
}

// bareTerm judges a literal where a condition is expected.
func (j *judge) bareTerm(n *tree.Node, joined tree.Kind, first bool) {
	no := n.Kind == tree.Null || n.Kind == tree.Bool && n.Text == "false" || n.Kind == tree.Literal && n.Text == "0"
	switch {
	case first || joined == 0:
		return
	case joined == tree.Or && !no:
		j.found("tautology", 0.85, "a true literal is joined with OR")
	case joined == tree.Or:
		j.found("constant_predicate", 0.2, "a false literal is joined with OR")
	case n.Kind == tree.Bool || n.Kind == tree.Literal && (n.Text == "1" || n.Text == "0"):
		j.found("constant_predicate", 0.2, "a literal is joined with AND")
	default:
		j.found("constant_predicate", 0.6, "a literal is joined with AND")
	}
}

// constantTerm judges a comparison of constants. Query builders begin with 1=1 or 1=0 and end lists with 1=0 or 0=1.
func (j *judge) constantTerm(n *tree.Node, p place, joined tree.Kind, first bool) {
	bits := small(n)
	switch {
	case first && bits:
		return
	case joined == 0:
		j.found("constant_predicate", pick(p.arm && !bits, 0.55, 0.45), "the whole condition compares constants")
	case first:
		j.found("constant_predicate", 0.45, "the condition begins with a comparison of constants")
	case bits && falseBits(n):
		j.found("constant_predicate", 0.15, "a comparison of constants that is never true stands in the condition")
	case joined == tree.Or:
		j.found("tautology", 0.9, "a comparison of constants is joined with OR")
	case bits:
		j.found("constant_predicate", pick(p.report, 0.4, 0.6), "a comparison of constants that is always true is joined with AND")
	default:
		j.found("constant_predicate", 0.9, "a comparison of constants is joined with AND")
	}
}

// small reports a comparison of 0 and 1.
func small(n *tree.Node) bool {
	if n.Kind != tree.Compare || len(n.Args) != 2 {
		return false
	}
	for _, a := range n.Args {
		if a.Kind != tree.Literal || a.Text != "0" && a.Text != "1" {
			return false
		}
	}
	return true
}

func falseBits(n *tree.Node) bool {
	a, b := n.Args[0].Text, n.Args[1].Text
	switch n.Op {
	case "=", "<=>":
		return a != b
	case "<":
		return a >= b
	case ">":
		return a <= b
	case "<=":
		return a > b
	case ">=":
		return a < b
	}
	return a == b
}

func sameColumn(n *tree.Node) bool {
	if len(n.Args) != 2 || n.Op != "=" && n.Op != "<=>" {
		return false
	}
	a, b := n.Args[0], n.Args[1]
	return a.Kind == tree.Column && b.Kind == tree.Column && a.Name == b.Name && a.Qualifier == b.Qualifier
}

// caseExpr judges CASE: constant conditions, and arms that fail on purpose.
func (j *judge) caseExpr(n *tree.Node, p place) {
	args := n.Args
	near := p.cond || p.value || p.arm || p.order || p.sub > 0
	if n.Op == "operand" {
		if len(args) > 1 && pure(args[0]) && pure(args[1]) {
			j.found("constant_predicate", pick(near, 0.5, 0.2), "CASE compares constants")
		}
		return
	}
	for i := 0; i+1 < len(args); i += 2 {
		c := args[i]
		if comparing(c.Kind) && pure(c) {
			w := pick(near, 0.55, 0.2)
			if small(c) {
				w = pick(near, 0.4, 0.1)
			}
			j.found("constant_predicate", w, "CASE WHEN compares constants")
		}
	}
	for i := 1; i < len(args); i += 2 {
		if fails(args[i]) {
			j.found("boolean_probe", pick(near, 0.85, 0.35), "an arm of CASE fails on purpose")
		}
	}
	if len(args)%2 == 1 && fails(args[len(args)-1]) {
		j.found("boolean_probe", pick(near, 0.85, 0.35), "an arm of CASE fails on purpose")
	}
}

// fails reports an expression that cannot be computed: a division by zero, or a set of several rows as one value.
func fails(n *tree.Node) bool {
	if n == nil {
		return false
	}
	if n.Kind == tree.Cast && len(n.Args) == 1 {
		return fails(n.Args[0])
	}
	if n.Kind == tree.Binary && (n.Op == "/" || n.Op == "%") && len(n.Args) == 2 {
		return literal(n.Args[1]) && n.Args[1].Text == "0"
	}
	if n.Kind == tree.Func && bare(n.Name) != "nullif" {
		for _, a := range n.Args {
			if fails(a) {
				return true
			}
		}
	}
	if n.Kind == tree.Subquery && n.Query != nil {
		q := n.Query
		if q.SetOp == "union" && pureQuery(q) {
			return true
		}
		return fromless(q) && len(q.Targets) == 1 && fails(q.Targets[0])
	}
	return false
}

func pick[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}
