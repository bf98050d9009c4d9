package postgres

import (
	pgquery "github.com/pganalyze/pg_query_go/v5"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// other turns a construct with no shape of its own into a node with everything that stands below it.
func other(n *pgquery.Node) *tree.Node {
	out := &tree.Node{Kind: tree.Other}
	children(n.ProtoReflect(), out)
	return out
}

// children collects the expressions below a message, however deep, without looking into those found.
func children(m protoreflect.Message, out *tree.Node) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Kind() != protoreflect.MessageKind:
		case fd.IsList():
			for i := range v.List().Len() {
				child(v.List().Get(i).Message(), out)
			}
		default:
			child(v.Message(), out)
		}
		return true
	})
}

func child(m protoreflect.Message, out *tree.Node) {
	switch x := m.Interface().(type) {
	case *pgquery.Node:
		switch x.Node.(type) {
		case *pgquery.Node_AExpr, *pgquery.Node_BoolExpr, *pgquery.Node_FuncCall, *pgquery.Node_SubLink, *pgquery.Node_TypeCast,
			*pgquery.Node_CaseExpr, *pgquery.Node_ColumnRef, *pgquery.Node_AConst, *pgquery.Node_CoalesceExpr, *pgquery.Node_SelectStmt:
			out.Args = append(out.Args, expr(x))
			return
		}
	case *pgquery.SelectStmt:
		out.Args = append(out.Args, &tree.Node{Kind: tree.Subquery, Query: query(x)})
		return
	case *pgquery.TypeName:
		return
	}
	children(m, out)
}

// tables lists the relations named anywhere below a message, queries excepted.
func tables(m protoreflect.Message, add func(tree.Name)) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Kind() != protoreflect.MessageKind:
		case fd.IsList():
			for i := range v.List().Len() {
				table(v.List().Get(i).Message(), add)
			}
		default:
			table(v.Message(), add)
		}
		return true
	})
}

func table(m protoreflect.Message, add func(tree.Name)) {
	switch x := m.Interface().(type) {
	case *pgquery.RangeVar:
		add(rangeVar(x))
		return
	case *pgquery.SelectStmt:
		return
	}
	tables(m, add)
}
