package tree

// Any reports whether a node in the expression, queries below it included, satisfies the predicate.
func Any(n *Node, is func(*Node) bool) bool {
	if n == nil {
		return false
	}
	if is(n) {
		return true
	}
	return AnyOf(n.Args, is) || AnyQuery(n.Query, is)
}

// AnyOf is Any over several expressions.
func AnyOf(ns []*Node, is func(*Node) bool) bool {
	for _, n := range ns {
		if Any(n, is) {
			return true
		}
	}
	return false
}

// AnyQuery is Any over all expressions of a query.
func AnyQuery(q *Query, is func(*Node) bool) bool {
	if q == nil {
		return false
	}
	for _, c := range q.With {
		if c.Body != nil && AnyQuery(c.Body.Query, is) {
			return true
		}
	}
	for _, v := range q.Values {
		if AnyOf(v, is) {
			return true
		}
	}
	for _, r := range q.From {
		if anyRelation(r, is) {
			return true
		}
	}
	return AnyQuery(q.Left, is) || AnyQuery(q.Right, is) || AnyOf(q.Targets, is) || Any(q.Where, is) || AnyOf(q.Group, is) ||
		Any(q.Having, is) || AnyOf(q.Order, is) || Any(q.Limit, is) || Any(q.Offset, is) || AnyOf(q.Extra, is)
}

func anyRelation(r *Relation, is func(*Node) bool) bool {
	if r == nil {
		return false
	}
	return AnyQuery(r.Query, is) || Any(r.Func, is) || anyRelation(r.Left, is) || anyRelation(r.Right, is) || Any(r.On, is)
}

// Relations calls f for every table, function or subquery of a FROM list, joins taken apart.
func Relations(rs []*Relation, f func(*Relation)) {
	for _, r := range rs {
		switch {
		case r == nil:
		case r.Left != nil || r.Right != nil:
			Relations([]*Relation{r.Left, r.Right}, f)
		default:
			f(r)
		}
	}
}
