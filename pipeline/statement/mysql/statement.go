package mysql

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// statement brings one statement into the common tree.
func statement(n ast.StmtNode) *tree.Statement {
	switch x := n.(type) {
	case *ast.SelectStmt, *ast.SetOprStmt:
		return queryStatement(n)
	case *ast.InsertStmt:
		return insert(x)
	case *ast.UpdateStmt:
		return update(x)
	case *ast.DeleteStmt:
		return remove(x)
	case *ast.ExplainStmt:
		return &tree.Statement{Kind: "explain", Inner: []*tree.Statement{statement(x.Stmt)}}
	case *ast.TraceStmt:
		return &tree.Statement{Kind: "trace", Inner: []*tree.Statement{statement(x.Stmt)}}
	case *ast.CallStmt:
		return &tree.Statement{Kind: "call", Extra: []*tree.Node{expr(x.Procedure)}}
	case *ast.DoStmt:
		return &tree.Statement{Kind: "do", Extra: exprs(x.Exprs)}
	case *ast.LoadDataStmt:
		return loadData(x)
	}
	return utility(n)
}

func queryStatement(n ast.StmtNode) *tree.Statement {
	s := &tree.Statement{Kind: "select", Query: queryOf(n)}
	if q := s.Query; q != nil && (q.Into == "outfile" || q.Into == "dumpfile") {
		s.Signal("file_write", "SELECT … INTO a file of the database server")
	}
	return s
}

func tableTarget(s *tree.Statement, t *ast.TableName, a pipeline.Access) {
	if t != nil {
		s.Targets = append(s.Targets, tree.Target{Name: tree.Name{Schema: t.Schema.O, Name: t.Name.O}, Access: a})
	}
}

// written takes the tables of a join as written, and its conditions along.
func written(s *tree.Statement, r *tree.Relation) {
	if r == nil {
		return
	}
	if r.Name != "" {
		s.Targets = append(s.Targets, tree.Target{Name: tree.Name{Schema: r.Schema, Name: r.Name}, Access: pipeline.Write})
		return
	}
	s.From = append(s.From, r)
}

func insert(x *ast.InsertStmt) *tree.Statement {
	s := &tree.Statement{Kind: "insert"}
	if x.IsReplace {
		s.Kind = "replace"
	}
	if x.Table != nil {
		written(s, relation(x.Table.TableRefs))
	}
	if x.Select != nil {
		s.Query = queryOf(x.Select)
	}
	if len(x.Lists) > 0 && s.Query == nil {
		s.Query = &tree.Query{}
		for _, l := range x.Lists {
			s.Query.Values = append(s.Query.Values, exprs(l))
		}
	}
	for _, a := range x.OnDuplicate {
		s.Sets = append(s.Sets, exprs([]ast.ExprNode{a.Expr})...)
	}
	return s
}

func update(x *ast.UpdateStmt) *tree.Statement {
	s := &tree.Statement{Kind: "update", With: with(x.With), Where: expr(x.Where), Order: order(x.Order)}
	s.NoWhere = x.Where == nil && x.Limit == nil
	if x.TableRefs != nil {
		written(s, relation(x.TableRefs.TableRefs))
	}
	for _, a := range x.List {
		s.Sets = append(s.Sets, exprs([]ast.ExprNode{a.Expr})...)
	}
	return s
}

func remove(x *ast.DeleteStmt) *tree.Statement {
	s := &tree.Statement{Kind: "delete", With: with(x.With), Where: expr(x.Where), Order: order(x.Order)}
	s.NoWhere = x.Where == nil && x.Limit == nil
	if x.TableRefs == nil {
		return s
	}
	r := relation(x.TableRefs.TableRefs)
	if x.Tables == nil {
		written(s, r)
		return s
	}
	for _, t := range x.Tables.Tables {
		tableTarget(s, t, pipeline.Write)
	}
	if r != nil {
		s.From = append(s.From, r)
	}
	return s
}

func loadData(x *ast.LoadDataStmt) *tree.Statement {
	s := &tree.Statement{Kind: "load_data"}
	tableTarget(s, x.Table, pipeline.Write)
	if x.FileLocRef == ast.FileLocClient {
		s.Signal("file_read", "LOAD DATA LOCAL reads a file of the client")
	} else {
		s.Signal("file_read", "LOAD DATA reads a file of the database server")
	}
	return s
}

// kindOf turns a node's type into a kind: *ast.CreateUserStmt → create_user.
func kindOf(n ast.StmtNode) string {
	name := strings.TrimSuffix(reflect.TypeOf(n).Elem().Name(), "Stmt")
	var sb strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			sb.WriteByte('_')
		}
		sb.WriteRune(unicode.ToLower(r))
	}
	return sb.String()
}

// tableNames lists the tables that a utility statement names.
type tableNames struct {
	s      *tree.Statement
	access pipeline.Access
}

func (t *tableNames) Enter(n ast.Node) (ast.Node, bool) {
	switch x := n.(type) {
	case *ast.TableName:
		tableTarget(t.s, x, t.access)
	case *ast.SelectStmt, *ast.SetOprStmt:
		t.s.Query = queryOf(n)
		return n, true
	}
	return n, false
}

func (t *tableNames) Leave(n ast.Node) (ast.Node, bool) { return n, true }
