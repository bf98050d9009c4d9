package mysql

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"
	"github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func exprs(es []ast.ExprNode) []*tree.Node {
	out := make([]*tree.Node, 0, len(es))
	for _, e := range es {
		if n := expr(e); n != nil {
			out = append(out, n)
		}
	}
	return out
}

func node(k tree.Kind, args ...ast.ExprNode) *tree.Node {
	return &tree.Node{Kind: k, Args: exprs(args)}
}

func expr(e ast.ExprNode) *tree.Node {
	switch x := e.(type) {
	case nil:
		return nil
	case *test_driver.ValueExpr:
		return value(x)
	case *test_driver.ParamMarkerExpr:
		return &tree.Node{Kind: tree.Param}
	case *ast.ParenthesesExpr:
		return expr(x.Expr)
	case *ast.ColumnNameExpr:
		return &tree.Node{Kind: tree.Column, Qualifier: x.Name.Table.L, Name: x.Name.Name.L}
	case *ast.BinaryOperationExpr:
		return binary(x)
	case *ast.UnaryOperationExpr:
		return unary(x)
	case *ast.FuncCallExpr:
		return call(x)
	case *ast.FuncCastExpr:
		n := node(tree.Cast, x.Expr)
		n.Name = strings.ToLower(x.Tp.CompactStr())
		return n
	case *ast.AggregateFuncExpr:
		n := node(tree.Func, x.Args...)
		n.Name = strings.ToLower(x.F)
		n.Args = append(n.Args, order(x.Order)...)
		return n
	case *ast.WindowFuncExpr:
		n := node(tree.Func, x.Args...)
		n.Name = strings.ToLower(x.Name)
		return n
	case *ast.CaseExpr:
		return caseExpr(x)
	case *ast.SubqueryExpr:
		return &tree.Node{Kind: tree.Subquery, Query: present(queryOf(x.Query))}
	case *ast.ExistsSubqueryExpr:
		return &tree.Node{Kind: tree.Exists, Query: present(subquery(x.Sel)), Not: x.Not}
	case *ast.CompareSubqueryExpr:
		n := &tree.Node{Kind: tree.Compare, Op: operator(x.Op), Args: exprs([]ast.ExprNode{x.L, x.R})}
		if r := n.Args[len(n.Args)-1]; r.Kind == tree.Subquery {
			r.Op = "any"
			if x.All {
				r.Op = "all"
			}
		}
		return n
	case *ast.PatternInExpr:
		n := node(tree.In, append([]ast.ExprNode{x.Expr}, x.List...)...)
		n.Not, n.Query = x.Not, subquery(x.Sel)
		return n
	case *ast.PatternLikeOrIlikeExpr:
		n := node(tree.Like, x.Expr, x.Pattern)
		n.Op, n.Not = "like", x.Not
		return n
	case *ast.PatternRegexpExpr:
		n := node(tree.Like, x.Expr, x.Pattern)
		n.Op, n.Not = "regexp", x.Not
		return n
	case *ast.BetweenExpr:
		n := node(tree.Between, x.Expr, x.Left, x.Right)
		n.Not = x.Not
		return n
	case *ast.IsNullExpr:
		n := node(tree.Test, x.Expr)
		n.Op, n.Not = "null", x.Not
		return n
	case *ast.IsTruthExpr:
		n := node(tree.Test, x.Expr)
		n.Op, n.Not = "bool", x.Not
		return n
	case *ast.RowExpr:
		return node(tree.List, x.Values...)
	case *ast.VariableExpr:
		return variable(x)
	case *ast.DefaultExpr:
		return &tree.Node{Kind: tree.Default}
	case *ast.ValuesExpr:
		return &tree.Node{Kind: tree.Func, Name: "values"}
	case *ast.SetCollationExpr:
		return expr(x.Expr)
	case *ast.PositionExpr:
		return &tree.Node{Kind: tree.Literal, Type: tree.Int, Text: itoa(x.N)}
	case *ast.TimeUnitExpr, *ast.GetFormatSelectorExpr, *ast.TrimDirectionExpr:
		return nil
	}
	return &tree.Node{Kind: tree.Other}
}

// present gives an empty query for none: a node of these kinds always has one.
func present(q *tree.Query) *tree.Query {
	if q == nil {
		return &tree.Query{}
	}
	return q
}

func variable(x *ast.VariableExpr) *tree.Node {
	n := &tree.Node{Kind: tree.Variable, Name: "@" + strings.ToLower(x.Name)}
	if x.IsSystem {
		n.Name = "@" + n.Name
	}
	if v := expr(x.Value); v != nil {
		n.Args = append(n.Args, v)
	}
	return n
}

func subquery(e ast.ExprNode) *tree.Query {
	if s, ok := e.(*ast.SubqueryExpr); ok {
		return queryOf(s.Query)
	}
	return nil
}

func operator(op opcode.Op) string { return strings.ToLower(op.String()) }

func binary(x *ast.BinaryOperationExpr) *tree.Node {
	n := node(tree.Binary, x.L, x.R)
	n.Op = operator(x.Op)
	switch x.Op {
	case opcode.LogicAnd:
		n.Kind = tree.And
	case opcode.LogicOr:
		n.Kind = tree.Or
	case opcode.LogicXor:
		n.Kind = tree.Xor
	case opcode.GE, opcode.LE, opcode.EQ, opcode.NE, opcode.LT, opcode.GT, opcode.NullEQ:
		n.Kind, n.Op = tree.Compare, compareText[x.Op]
	}
	if n.Kind == tree.And || n.Kind == tree.Or {
		n.Args = flatten(n.Kind, n.Args)
	}
	return n
}

var compareText = map[opcode.Op]string{
	opcode.GE: ">=", opcode.LE: "<=", opcode.EQ: "=", opcode.NE: "<>", opcode.LT: "<", opcode.GT: ">", opcode.NullEQ: "<=>",
}

// flatten joins nested operands of the same kind, as PostgreSQL's grammar does.
func flatten(k tree.Kind, args []*tree.Node) []*tree.Node {
	if len(args) == 0 || args[0].Kind != k {
		return args
	}
	return append(args[0].Args, args[1:]...)
}

func unary(x *ast.UnaryOperationExpr) *tree.Node {
	n := node(tree.Unary, x.V)
	n.Op = operator(x.Op)
	switch x.Op {
	case opcode.Not, opcode.Not2:
		n.Kind = tree.Not
	case opcode.Minus, opcode.Plus:
		if len(n.Args) == 1 && n.Args[0].Kind == tree.Literal {
			c := *n.Args[0]
			if x.Op == opcode.Minus {
				c.Text = "-" + c.Text
			}
			return &c
		}
	}
	return n
}

func call(x *ast.FuncCallExpr) *tree.Node {
	n := node(tree.Func, x.Args...)
	n.Name = x.FnName.L
	if x.Schema.L != "" {
		n.Name = x.Schema.L + "." + n.Name
	}
	return n
}

func caseExpr(x *ast.CaseExpr) *tree.Node {
	n := &tree.Node{Kind: tree.Case}
	if v := expr(x.Value); v != nil {
		n.Op = "operand"
		n.Args = append(n.Args, v)
	}
	for _, w := range x.WhenClauses {
		n.Args = append(n.Args, exprs([]ast.ExprNode{w.Expr, w.Result})...)
	}
	if v := expr(x.ElseClause); v != nil {
		n.Args = append(n.Args, v)
	}
	return n
}
