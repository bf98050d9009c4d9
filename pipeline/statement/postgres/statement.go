package postgres

import (
	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// statement brings one statement into the common tree.
func statement(n *pgquery.Node) *tree.Statement {
	switch x := n.Node.(type) {
	case *pgquery.Node_SelectStmt:
		return &tree.Statement{Kind: "select", Query: query(x.SelectStmt)}
	case *pgquery.Node_InsertStmt:
		return insert(x.InsertStmt)
	case *pgquery.Node_UpdateStmt:
		return update(x.UpdateStmt)
	case *pgquery.Node_DeleteStmt:
		return remove(x.DeleteStmt)
	case *pgquery.Node_MergeStmt:
		return merge(x.MergeStmt)
	case *pgquery.Node_ExplainStmt:
		return wrapped("explain", x.ExplainStmt.Query)
	case *pgquery.Node_PrepareStmt:
		return wrapped("prepare", x.PrepareStmt.Query)
	case *pgquery.Node_DeclareCursorStmt:
		return wrapped("declare_cursor", x.DeclareCursorStmt.Query)
	case *pgquery.Node_CreateTableAsStmt:
		return createTableAs(x.CreateTableAsStmt)
	case *pgquery.Node_ViewStmt:
		s := &tree.Statement{Kind: "create_view", Query: queryOf(x.ViewStmt.Query)}
		addTarget(s, x.ViewStmt.View, pipeline.DDL)
		s.Signal("schema_create", "creates or replaces a view")
		return s
	}
	return utility(n)
}

func addTarget(s *tree.Statement, r *pgquery.RangeVar, a pipeline.Access) {
	if r != nil {
		s.Targets = append(s.Targets, tree.Target{Name: rangeVar(r), Access: a})
	}
}

func insert(x *pgquery.InsertStmt) *tree.Statement {
	s := &tree.Statement{Kind: "insert", With: with(x.WithClause), Query: queryOf(x.SelectStmt), Extra: exprs(x.ReturningList)}
	addTarget(s, x.Relation, pipeline.Write)
	if c := x.OnConflictClause; c != nil {
		s.Sets = exprs(c.TargetList)
		s.Where = expr(c.WhereClause)
	}
	return s
}

func update(x *pgquery.UpdateStmt) *tree.Statement {
	s := &tree.Statement{
		Kind: "update", With: with(x.WithClause), Sets: exprs(x.TargetList), From: relations(x.FromClause),
		Where: expr(x.WhereClause), Extra: exprs(x.ReturningList), NoWhere: x.WhereClause == nil,
	}
	addTarget(s, x.Relation, pipeline.Write)
	return s
}

func remove(x *pgquery.DeleteStmt) *tree.Statement {
	s := &tree.Statement{
		Kind: "delete", With: with(x.WithClause), From: relations(x.UsingClause),
		Where: expr(x.WhereClause), Extra: exprs(x.ReturningList), NoWhere: x.WhereClause == nil,
	}
	addTarget(s, x.Relation, pipeline.Write)
	return s
}

func merge(x *pgquery.MergeStmt) *tree.Statement {
	s := &tree.Statement{Kind: "merge", With: with(x.WithClause), Where: expr(x.JoinCondition)}
	if r := relation(x.SourceRelation); r != nil {
		s.From = append(s.From, r)
	}
	for _, w := range x.MergeWhenClauses {
		c := w.GetMergeWhenClause()
		if e := expr(c.GetCondition()); e != nil {
			s.Extra = append(s.Extra, e)
		}
		s.Sets = append(s.Sets, exprs(c.GetTargetList())...)
		s.Sets = append(s.Sets, exprs(c.GetValues())...)
	}
	addTarget(s, x.Relation, pipeline.Write)
	return s
}

// wrapped is a statement that holds another.
func wrapped(kind string, n *pgquery.Node) *tree.Statement {
	s := &tree.Statement{Kind: kind}
	if n != nil {
		s.Inner = []*tree.Statement{statement(n)}
	}
	return s
}

func createTableAs(x *pgquery.CreateTableAsStmt) *tree.Statement {
	s := &tree.Statement{Kind: "create_table_as", Query: queryOf(x.Query)}
	if x.Objtype == pgquery.ObjectType_OBJECT_MATVIEW {
		s.Kind = "create_materialized_view"
	}
	if s.Query == nil && x.Query != nil {
		s.Inner = []*tree.Statement{statement(x.Query)}
	}
	if x.Into != nil {
		addTarget(s, x.Into.Rel, pipeline.DDL)
	}
	s.Signal("schema_create", "creates a table from a query")
	return s
}
