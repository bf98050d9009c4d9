package postgres

import (
	"strings"

	pgquery "github.com/pganalyze/pg_query_go/v5"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

func exprs(ns []*pgquery.Node) []*tree.Node {
	out := make([]*tree.Node, 0, len(ns))
	for _, n := range ns {
		if e := expr(n); e != nil {
			out = append(out, e)
		}
	}
	return out
}

func expr(n *pgquery.Node) *tree.Node {
	if n == nil {
		return nil
	}
	switch x := n.Node.(type) {
	case nil:
		return nil
	case *pgquery.Node_AConst:
		return constant(x.AConst)
	case *pgquery.Node_ColumnRef:
		return column(x.ColumnRef)
	case *pgquery.Node_AExpr:
		return operator(x.AExpr)
	case *pgquery.Node_BoolExpr:
		return boolean(x.BoolExpr)
	case *pgquery.Node_FuncCall:
		return call(x.FuncCall)
	case *pgquery.Node_SubLink:
		return sublink(x.SubLink)
	case *pgquery.Node_TypeCast:
		return &tree.Node{Kind: tree.Cast, Name: typeName(x.TypeCast.TypeName), Args: exprs([]*pgquery.Node{x.TypeCast.Arg})}
	case *pgquery.Node_CaseExpr:
		return caseExpr(x.CaseExpr)
	case *pgquery.Node_ParamRef:
		return &tree.Node{Kind: tree.Param}
	case *pgquery.Node_NullTest:
		return &tree.Node{
			Kind: tree.Test, Op: "null", Args: exprs([]*pgquery.Node{x.NullTest.Arg}), Not: x.NullTest.Nulltesttype == pgquery.NullTestType_IS_NOT_NULL,
		}
	case *pgquery.Node_BooleanTest:
		return &tree.Node{
			Kind: tree.Test, Op: "bool", Args: exprs([]*pgquery.Node{x.BooleanTest.Arg}), Not: x.BooleanTest.Booltesttype%2 == 0, // IS NOT …
		}
	case *pgquery.Node_List:
		return &tree.Node{Kind: tree.List, Args: exprs(x.List.Items)}
	case *pgquery.Node_RowExpr:
		return &tree.Node{Kind: tree.List, Args: exprs(x.RowExpr.Args)}
	case *pgquery.Node_AArrayExpr:
		return &tree.Node{Kind: tree.List, Op: "array", Args: exprs(x.AArrayExpr.Elements)}
	case *pgquery.Node_ResTarget:
		return expr(x.ResTarget.Val)
	case *pgquery.Node_SortBy:
		return expr(x.SortBy.Node)
	case *pgquery.Node_CollateClause:
		return expr(x.CollateClause.Arg)
	case *pgquery.Node_SetToDefault:
		return &tree.Node{Kind: tree.Default}
	case *pgquery.Node_CoalesceExpr:
		return &tree.Node{Kind: tree.Func, Name: "coalesce", Args: exprs(x.CoalesceExpr.Args)}
	case *pgquery.Node_MinMaxExpr:
		name := "greatest"
		if x.MinMaxExpr.Op == pgquery.MinMaxOp_IS_LEAST {
			name = "least"
		}
		return &tree.Node{Kind: tree.Func, Name: name, Args: exprs(x.MinMaxExpr.Args)}
	case *pgquery.Node_SqlvalueFunction:
		return &tree.Node{Kind: tree.Func, Name: sqlValue(x.SqlvalueFunction.Op)}
	case *pgquery.Node_XmlExpr:
		return &tree.Node{Kind: tree.Func, Name: "xmlexpr", Args: append(exprs(x.XmlExpr.NamedArgs), exprs(x.XmlExpr.Args)...)}
	case *pgquery.Node_NamedArgExpr:
		return expr(x.NamedArgExpr.Arg)
	case *pgquery.Node_MultiAssignRef:
		return expr(x.MultiAssignRef.Source)
	case *pgquery.Node_SelectStmt:
		return &tree.Node{Kind: tree.Subquery, Query: query(x.SelectStmt)}
	}
	return other(n)
}

func sqlValue(op pgquery.SQLValueFunctionOp) string {
	name := strings.ToLower(strings.TrimPrefix(op.String(), "SVFOP_"))
	return strings.TrimSuffix(name, "_n")
}

func constant(c *pgquery.A_Const) *tree.Node {
	if c.Isnull {
		return &tree.Node{Kind: tree.Null}
	}
	switch v := c.Val.(type) {
	case *pgquery.A_Const_Ival:
		return &tree.Node{Kind: tree.Literal, Type: tree.Int, Text: itoa(int64(v.Ival.Ival))}
	case *pgquery.A_Const_Fval:
		return &tree.Node{Kind: tree.Literal, Type: tree.Float, Text: v.Fval.Fval}
	case *pgquery.A_Const_Sval:
		return &tree.Node{Kind: tree.Literal, Type: tree.String, Text: v.Sval.Sval}
	case *pgquery.A_Const_Bsval:
		return &tree.Node{Kind: tree.Literal, Type: tree.Bit, Text: v.Bsval.Bsval}
	case *pgquery.A_Const_Boolval:
		if v.Boolval.Boolval {
			return &tree.Node{Kind: tree.Bool, Text: "true"}
		}
		return &tree.Node{Kind: tree.Bool, Text: "false"}
	}
	return &tree.Node{Kind: tree.Literal, Type: tree.Int, Text: "0"}
}

func column(c *pgquery.ColumnRef) *tree.Node {
	names, star := nameParts(c.Fields)
	if star {
		return &tree.Node{Kind: tree.Star}
	}
	q, n := split(names)
	return &tree.Node{Kind: tree.Column, Qualifier: q, Name: n}
}

// nameParts gives the parts of a qualified name.
func nameParts(fields []*pgquery.Node) (names []string, star bool) {
	for _, f := range fields {
		switch v := f.Node.(type) {
		case *pgquery.Node_String_:
			names = append(names, v.String_.Sval)
		case *pgquery.Node_AStar:
			star = true
		}
	}
	return names, star
}

func split(names []string) (qualifier, name string) {
	if len(names) == 0 {
		return "", ""
	}
	last := len(names) - 1
	return strings.Join(names[:last], "."), names[last]
}

func call(f *pgquery.FuncCall) *tree.Node {
	names, _ := nameParts(f.Funcname)
	if len(names) > 1 && names[0] == "pg_catalog" {
		names = names[1:]
	}
	n := &tree.Node{Kind: tree.Func, Name: strings.ToLower(strings.Join(names, ".")), Args: exprs(f.Args)}
	if f.AggStar {
		n.Args = append(n.Args, &tree.Node{Kind: tree.Star})
	}
	n.Args = append(n.Args, exprs(f.AggOrder)...)
	if e := expr(f.AggFilter); e != nil {
		n.Args = append(n.Args, e)
	}
	if f.Over != nil {
		n.Args = append(n.Args, exprs(f.Over.PartitionClause)...)
		n.Args = append(n.Args, exprs(f.Over.OrderClause)...)
	}
	return n
}

func boolean(b *pgquery.BoolExpr) *tree.Node {
	n := &tree.Node{Args: exprs(b.Args)}
	switch b.Boolop {
	case pgquery.BoolExprType_AND_EXPR:
		n.Kind = tree.And
	case pgquery.BoolExprType_OR_EXPR:
		n.Kind = tree.Or
	default:
		n.Kind = tree.Not
	}
	return n
}

func caseExpr(c *pgquery.CaseExpr) *tree.Node {
	n := &tree.Node{Kind: tree.Case}
	if e := expr(c.Arg); e != nil {
		n.Op = "operand"
		n.Args = append(n.Args, e)
	}
	for _, a := range c.Args {
		if w, ok := a.Node.(*pgquery.Node_CaseWhen); ok {
			n.Args = append(n.Args, exprs([]*pgquery.Node{w.CaseWhen.Expr, w.CaseWhen.Result})...)
		}
	}
	if e := expr(c.Defresult); e != nil {
		n.Args = append(n.Args, e)
	}
	return n
}

func sublink(s *pgquery.SubLink) *tree.Node {
	q := queryOf(s.Subselect)
	if q == nil {
		q = &tree.Query{} // a node of this kind always has one
	}
	n := &tree.Node{Kind: tree.Subquery, Query: q}
	switch s.SubLinkType {
	case pgquery.SubLinkType_EXISTS_SUBLINK:
		n.Kind = tree.Exists
	case pgquery.SubLinkType_ANY_SUBLINK:
		if len(s.OperName) == 0 {
			n.Kind = tree.In
		} else {
			n.Op = "any"
		}
	case pgquery.SubLinkType_ALL_SUBLINK:
		n.Op = "all"
	case pgquery.SubLinkType_ARRAY_SUBLINK:
		n.Op = "array"
	}
	if e := expr(s.Testexpr); e != nil {
		if n.Kind == tree.In {
			n.Args = append(n.Args, e)
		} else {
			return &tree.Node{Kind: tree.Compare, Op: "=", Args: []*tree.Node{e, n}}
		}
	}
	return n
}

func typeName(t *pgquery.TypeName) string {
	if t == nil {
		return ""
	}
	names, _ := nameParts(t.Names)
	_, name := split(names)
	return strings.ToLower(name)
}
