package postgres

import (
	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func queryOf(n *pgquery.Node) *tree.Query {
	if n == nil {
		return nil
	}
	if s, ok := n.Node.(*pgquery.Node_SelectStmt); ok {
		return query(s.SelectStmt)
	}
	return nil
}

func query(s *pgquery.SelectStmt) *tree.Query {
	q := &tree.Query{
		With:   with(s.WithClause),
		All:    s.All,
		Where:  expr(s.WhereClause),
		Group:  exprs(s.GroupClause),
		Having: expr(s.HavingClause),
		Order:  exprs(s.SortClause),
		Limit:  expr(s.LimitCount),
		Offset: expr(s.LimitOffset),
		From:   relations(s.FromClause),
		Locks:  len(s.LockingClause) > 0,
	}
	switch s.Op {
	case pgquery.SetOperation_SETOP_UNION:
		q.SetOp = "union"
	case pgquery.SetOperation_SETOP_EXCEPT:
		q.SetOp = "except"
	case pgquery.SetOperation_SETOP_INTERSECT:
		q.SetOp = "intersect"
	}
	if q.SetOp != "" {
		q.Left, q.Right = query(s.Larg), query(s.Rarg)
	}
	q.Distinct = len(s.DistinctClause) > 0
	for _, d := range s.DistinctClause {
		if e := expr(d); e != nil {
			q.Extra = append(q.Extra, e)
		}
	}
	for _, t := range s.TargetList {
		e := expr(t)
		if e == nil {
			continue
		}
		q.Targets = append(q.Targets, e)
		q.Aliases = append(q.Aliases, t.GetResTarget().GetName())
	}
	for _, v := range s.ValuesLists {
		q.Values = append(q.Values, exprs(v.GetList().GetItems()))
	}
	for _, w := range s.WindowClause {
		if d := w.GetWindowDef(); d != nil {
			q.Extra = append(q.Extra, exprs(d.PartitionClause)...)
			q.Extra = append(q.Extra, exprs(d.OrderClause)...)
		}
	}
	if s.IntoClause != nil {
		q.Into = "table"
		q.IntoName = rangeVar(s.IntoClause.Rel)
	}
	return q
}

func with(w *pgquery.WithClause) []tree.With {
	if w == nil {
		return nil
	}
	var out []tree.With
	for _, c := range w.Ctes {
		if e := c.GetCommonTableExpr(); e != nil && e.Ctequery != nil {
			out = append(out, tree.With{Name: e.Ctename, Body: statement(e.Ctequery)})
		}
	}
	return out
}

func rangeVar(r *pgquery.RangeVar) tree.Name {
	if r == nil {
		return tree.Name{}
	}
	return tree.Name{Schema: r.Schemaname, Name: r.Relname}
}

func relations(ns []*pgquery.Node) []*tree.Relation {
	var out []*tree.Relation
	for _, n := range ns {
		if r := relation(n); r != nil {
			out = append(out, r)
		}
	}
	return out
}

func relation(n *pgquery.Node) *tree.Relation {
	if n == nil {
		return nil
	}
	switch x := n.Node.(type) {
	case *pgquery.Node_RangeVar:
		return &tree.Relation{Schema: x.RangeVar.Schemaname, Name: x.RangeVar.Relname, Alias: x.RangeVar.GetAlias().GetAliasname()}
	case *pgquery.Node_RangeSubselect:
		return &tree.Relation{Query: queryOf(x.RangeSubselect.Subquery), Alias: x.RangeSubselect.GetAlias().GetAliasname()}
	case *pgquery.Node_RangeFunction:
		f := &tree.Node{Kind: tree.List}
		for _, fn := range x.RangeFunction.Functions {
			f.Args = append(f.Args, exprs(fn.GetList().GetItems())...)
		}
		if len(f.Args) == 1 {
			f = f.Args[0]
		}
		return &tree.Relation{Func: f, Alias: x.RangeFunction.GetAlias().GetAliasname()}
	case *pgquery.Node_JoinExpr:
		return &tree.Relation{
			Left: relation(x.JoinExpr.Larg), Right: relation(x.JoinExpr.Rarg), On: expr(x.JoinExpr.Quals),
			Natural: x.JoinExpr.IsNatural || len(x.JoinExpr.UsingClause) > 0,
		}
	case *pgquery.Node_RangeTableSample:
		return relation(x.RangeTableSample.Relation)
	}
	return &tree.Relation{Func: other(n)}
}
