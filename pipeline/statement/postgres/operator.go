package postgres

import (
	"strconv"
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func operator(a *pgquery.A_Expr) *tree.Node {
	names, _ := nameParts(a.Name)
	_, op := split(names)
	n := &tree.Node{Kind: tree.Binary, Op: op, Args: exprs([]*pgquery.Node{a.Lexpr, a.Rexpr})}
	switch a.Kind {
	case pgquery.A_Expr_Kind_AEXPR_OP:
		switch {
		case a.Lexpr == nil:
			return unary(n)
		case compares(op):
			n.Kind = tree.Compare
		case strings.HasSuffix(op, "~") || strings.HasSuffix(op, "~*"):
			n.Kind, n.Op, n.Not = tree.Like, "regexp", op[0] == '!'
		}
	case pgquery.A_Expr_Kind_AEXPR_OP_ANY, pgquery.A_Expr_Kind_AEXPR_OP_ALL, pgquery.A_Expr_Kind_AEXPR_DISTINCT,
		pgquery.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		n.Kind = tree.Compare
	case pgquery.A_Expr_Kind_AEXPR_NULLIF:
		n.Kind, n.Name = tree.Func, "nullif"
	case pgquery.A_Expr_Kind_AEXPR_IN:
		n.Kind, n.Not = tree.In, op == "<>"
		n.Args = flattenList(n.Args)
	case pgquery.A_Expr_Kind_AEXPR_LIKE, pgquery.A_Expr_Kind_AEXPR_ILIKE, pgquery.A_Expr_Kind_AEXPR_SIMILAR:
		n.Kind, n.Not = tree.Like, op[0] == '!'
		n.Op = "like"
	case pgquery.A_Expr_Kind_AEXPR_BETWEEN, pgquery.A_Expr_Kind_AEXPR_NOT_BETWEEN,
		pgquery.A_Expr_Kind_AEXPR_BETWEEN_SYM, pgquery.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		n.Kind, n.Not = tree.Between, strings.HasPrefix(op, "NOT")
		n.Args = flattenList(n.Args)
	}
	return n
}

// unary keeps a sign before a number part of the number.
func unary(n *tree.Node) *tree.Node {
	if len(n.Args) == 1 && (n.Op == "-" || n.Op == "+") && n.Args[0].Kind == tree.Literal {
		c := *n.Args[0]
		if n.Op == "-" {
			c.Text = "-" + c.Text
		}
		return &c
	}
	n.Kind = tree.Unary
	return n
}

// flattenList puts the items of a list on the right beside the left operand.
func flattenList(args []*tree.Node) []*tree.Node {
	if len(args) == 2 && args[1].Kind == tree.List && args[1].Op == "" {
		return append(args[:1:1], args[1].Args...)
	}
	return args
}

func compares(op string) bool {
	switch op {
	case "=", "<>", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}
