package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// pure reports whether an expression is made of literals alone, so that its author knew its value.
func pure(n *tree.Node) bool {
	if n == nil {
		return false
	}
	switch n.Kind {
	case tree.Literal, tree.Null, tree.Bool:
		return true
	case tree.Column, tree.Star, tree.Param, tree.Variable, tree.Default:
		return false
	case tree.Func:
		if len(n.Args) == 0 || informs(n) || aggregates[bare(n.Name)] {
			return false
		}
	}
	if n.Query != nil && !pureQuery(n.Query) {
		return false
	}
	if n.Query == nil && len(n.Args) == 0 {
		return false
	}
	for _, a := range n.Args {
		if !pure(a) {
			return false
		}
	}
	return true
}

// aggregates depend on the rows, whatever their arguments.
var aggregates = set("count", "sum", "min", "max", "avg", "group_concat", "string_agg", "array_agg", "bit_xor", "bit_or", "bit_and",
	"std", "stddev", "variance", "rand", "random", "row_number", "rank", "dense_rank", "ntile", "nextval", "lastval", "json_agg",
	"last_insert_id", "values")

// pureQuery reports whether a query reads nothing and gives literals.
func pureQuery(q *tree.Query) bool {
	if q.SetOp != "" {
		return q.Left != nil && q.Right != nil && pureQuery(q.Left) && pureQuery(q.Right)
	}
	if len(q.From) > 0 || len(q.Targets) == 0 {
		return false
	}
	for _, t := range q.Targets {
		if !pure(t) {
			return false
		}
	}
	return q.Where == nil || pure(q.Where)
}

func literal(n *tree.Node) bool { return n != nil && n.Kind == tree.Literal }

// plain reports a literal, NULL or truth value, a cast of one included.
func plain(n *tree.Node) bool {
	for n != nil && n.Kind == tree.Cast && len(n.Args) == 1 {
		n = n.Args[0]
	}
	return n != nil && (n.Kind == tree.Literal || n.Kind == tree.Null || n.Kind == tree.Bool)
}

var informers = set("version", "user", "current_user", "session_user", "system_user", "database", "current_database",
	"schema", "current_schema", "current_schemas", "current_catalog", "current_role", "connection_id", "current_setting",
	"inet_server_addr", "inet_server_port", "inet_client_addr", "inet_client_port", "pg_conf_load_time", "pg_backend_pid", "load_file", "pg_read_file", "pg_ls_dir", "current_query",
	"getpgusername", "has_table_privilege", "pg_postmaster_start_time", "uuid_short", "query_to_xml", "database_to_xml",
	"pg_read_binary_file", "txid_current")

// informs reports whether a node itself tells something about the server or its session.
func informs(n *tree.Node) bool {
	switch n.Kind {
	case tree.Func:
		return informers[bare(n.Name)]
	case tree.Variable:
		return strings.HasPrefix(n.Name, "@@")
	}
	return false
}

func tellsServer(n *tree.Node) bool { return tree.Any(n, informs) }

func hasSubquery(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool { return x.Query != nil })
}

func hasColumn(n *tree.Node) bool {
	return tree.Any(n, func(x *tree.Node) bool { return x.Kind == tree.Column || x.Kind == tree.Star })
}

func funcNamed(n *tree.Node, names map[string]bool) bool {
	return n.Kind == tree.Func && names[bare(n.Name)]
}

// fromless reports whether a query reads no table.
func fromless(q *tree.Query) bool {
	return q != nil && q.SetOp == "" && len(q.Values) == 0 && len(q.From) == 0
}

// readsCatalog and readsData tell what a query reads, subqueries in FROM included.
func readsCatalog(q *tree.Query) bool {
	return anyTable(q, func(r *tree.Relation) bool { return catalog(r.Schema, r.Name) })
}

func readsData(q *tree.Query) bool {
	return anyTable(q, func(r *tree.Relation) bool { return r.Name != "" && !catalog(r.Schema, r.Name) })
}

func anyTable(q *tree.Query, is func(*tree.Relation) bool) bool {
	if q == nil {
		return false
	}
	found := anyTable(q.Left, is) || anyTable(q.Right, is)
	tree.Relations(q.From, func(r *tree.Relation) {
		if r.Name != "" && is(r) || r.Query != nil && anyTable(r.Query, is) {
			found = true
		}
	})
	return found
}
