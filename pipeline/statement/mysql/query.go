package mysql

import (
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// queryOf brings a result set into the common tree; nil for a table.
func queryOf(n ast.Node) *tree.Query {
	switch x := n.(type) {
	case *ast.SelectStmt:
		return selectQuery(x)
	case *ast.SetOprStmt:
		return setOpr(x)
	case *ast.SetOprSelectList:
		return selectList(x)
	case *ast.SubqueryExpr:
		return queryOf(x.Query)
	}
	return nil
}

func with(w *ast.WithClause) []tree.With {
	if w == nil {
		return nil
	}
	var out []tree.With
	for _, c := range w.CTEs {
		out = append(out, tree.With{Name: c.Name.L, Body: &tree.Statement{Kind: "select", Query: subquery(c.Query)}})
	}
	return out
}

func order(o *ast.OrderByClause) []*tree.Node {
	if o == nil {
		return nil
	}
	return byItems(o.Items)
}

func byItems(items []*ast.ByItem) []*tree.Node {
	var out []*tree.Node
	for _, i := range items {
		if e := expr(i.Expr); e != nil {
			out = append(out, e)
		}
	}
	return out
}

func selectQuery(s *ast.SelectStmt) *tree.Query {
	q := &tree.Query{
		With: with(s.With), Distinct: s.Distinct, Where: expr(s.Where), Order: order(s.OrderBy),
		Locks: s.LockInfo != nil && s.LockInfo.LockType != ast.SelectLockNone,
	}
	if s.Fields != nil && s.Kind != ast.SelectStmtKindValues {
		for _, f := range s.Fields.Fields {
			e := expr(f.Expr)
			if f.WildCard != nil || e == nil {
				e = &tree.Node{Kind: tree.Star}
			}
			q.Targets = append(q.Targets, e)
			q.Aliases = append(q.Aliases, f.AsName.L)
		}
	}
	for _, r := range s.Lists {
		q.Values = append(q.Values, exprs(r.Values))
	}
	if s.GroupBy != nil {
		q.Group = byItems(s.GroupBy.Items)
	}
	if s.Having != nil {
		q.Having = expr(s.Having.Expr)
	}
	if s.Limit != nil {
		q.Limit, q.Offset = expr(s.Limit.Count), expr(s.Limit.Offset)
	}
	if s.From != nil {
		q.From = []*tree.Relation{relation(s.From.TableRefs)}
	}
	if s.SelectIntoOpt != nil {
		q.Into = "var"
		q.IntoFile = s.SelectIntoOpt.FileName
		q.IntoForm = s.SelectIntoOpt.FieldsInfo != nil || s.SelectIntoOpt.LinesInfo != nil
		if l := s.SelectIntoOpt.LinesInfo; l != nil && l.Terminated != nil && *l.Terminated == "qqqq" {
			q.IntoFile = tree.ScriptFile
		}
		switch s.SelectIntoOpt.Tp {
		case ast.SelectIntoOutfile:
			q.Into = "outfile"
		case ast.SelectIntoDumpfile:
			q.Into = "dumpfile"
		}
	}
	return q
}

func setOpr(s *ast.SetOprStmt) *tree.Query {
	q := selectList(s.SelectList)
	if q == nil {
		return nil
	}
	q.With = append(with(s.With), q.With...)
	q.Order = append(q.Order, order(s.OrderBy)...)
	if s.Limit != nil {
		q.Limit, q.Offset = expr(s.Limit.Count), expr(s.Limit.Offset)
	}
	return q
}

// selectList folds a list of SELECTs into set operations, from the left.
func selectList(l *ast.SetOprSelectList) *tree.Query {
	if l == nil {
		return nil
	}
	var q *tree.Query
	for _, n := range l.Selects {
		next := queryOf(n)
		if next == nil {
			continue
		}
		if q == nil {
			q = next
			continue
		}
		q = &tree.Query{SetOp: "union", Left: q, Right: next}
		if tp := afterSetOperator(n); tp != nil {
			switch *tp {
			case ast.UnionAll:
				q.All = true
			case ast.Except, ast.ExceptAll:
				q.SetOp = "except"
			case ast.Intersect, ast.IntersectAll:
				q.SetOp = "intersect"
			}
		}
	}
	if q != nil {
		q.With = append(with(l.With), q.With...)
	}
	return q
}

func afterSetOperator(n ast.Node) *ast.SetOprType {
	switch x := n.(type) {
	case *ast.SelectStmt:
		return x.AfterSetOperator
	case *ast.SetOprSelectList:
		return x.AfterSetOperator
	}
	return nil
}

func relation(n ast.ResultSetNode) *tree.Relation {
	switch x := n.(type) {
	case nil:
		return nil
	case *ast.Join:
		if x == nil {
			return nil
		}
		if x.Right == nil {
			return relation(x.Left)
		}
		r := &tree.Relation{Left: relation(x.Left), Right: relation(x.Right), Natural: x.NaturalJoin || len(x.Using) > 0}
		if x.On != nil {
			r.On = expr(x.On.Expr)
		}
		return r
	case *ast.TableSource:
		r := relation(x.Source)
		if r == nil {
			r = &tree.Relation{Query: queryOf(x.Source)}
		}
		r.Alias = x.AsName.L
		return r
	case *ast.TableName:
		return &tree.Relation{Schema: x.Schema.O, Name: x.Name.O}
	}
	if q := queryOf(n); q != nil {
		return &tree.Relation{Query: q}
	}
	return nil
}
