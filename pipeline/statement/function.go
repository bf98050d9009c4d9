package statement

import "github.com/auditwarden/auditwarden/pipeline/statement/tree"

var (
	delays    = set("sleep", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "benchmark", "waitfor", "master_pos_wait", "source_pos_wait")
	locks     = set("get_lock", "is_free_lock", "pg_advisory_lock")
	xmlErrors = set("extractvalue", "updatexml")
	gtid      = set("gtid_subset", "gtid_subtract", "wait_for_executed_gtid_set")
	shapes    = set("polygon", "multipoint", "geometrycollection", "linestring", "multipolygon", "multilinestring", "st_latfromgeohash",
		"st_longfromgeohash", "st_pointfromgeohash", "uuid_to_bin", "bin_to_uuid", "json_keys", "json_storage_free", "exp", "pow",
		"st_geomfromgeojson", "inet6_aton", "json_extract", "json_type", "json_value", "geometrycollectionfromtext")
	xmlDumps = set("query_to_xml", "database_to_xml", "table_to_xml", "schema_to_xml", "query_to_xml_and_xmlschema",
		"cursor_to_xml", "database_to_xmlschema", "query_to_xmlschema")
	geohash = set("st_latfromgeohash", "st_longfromgeohash", "st_pointfromgeohash")
	joiners = set("concat", "concat_ws", "group_concat", "string_agg", "array_to_string", "json_arrayagg", "json_objectagg", "make_set", "elt")
)

// function judges a call by its name, its arguments and where it stands.
func (j *judge) function(n *tree.Node, p place) {
	if n.Kind == tree.Unary && n.Op == "~" || n.Kind == tree.Unary && n.Op == "bitneg" {
		if len(n.Args) == 1 && n.Args[0].Kind == tree.Subquery {
			j.found("error_extraction", 0.85, "the bits of a query's result are turned so as to overflow")
		}
	}
	if (n.Kind == tree.Func || n.Kind == tree.Cast || n.Kind == tree.List) && (p.cond || p.value || p.order || p.extra) {
		for _, a := range n.Args {
			if secretQuery(unwrap(a)) && !sameValue[bare(n.Name)] {
				j.found("inline_query", 0.6, "a secret that a query of its own finds is put into a call or a conversion")
			}
		}
	}
	if n.Kind == tree.Cast || n.Kind == tree.Func && numeric[n.Name] {
		j.cast(n)
		if n.Kind == tree.Cast {
			return
		}
	}
	if n.Kind != tree.Func {
		return
	}
	name := bare(n.Name)
	if p.cond || p.value || p.arm || p.order || p.sub > 0 {
		j.constantArguments(n, p)
	}
	switch {
	case delays[name]:
		j.delay(name, p)
	case locks[name] && (p.cond || p.sub > 0 || p.arm || p.value):
		j.found("time_delay", 0.7, name+" inside a condition or value can hold a statement up")
	case xmlErrors[name]:
		j.xmlError(n)
	case gtid[name] && len(n.Args) > 0 && (tree.AnyOf(n.Args, informs) || tree.AnyOf(n.Args, isJoin) || anySubquery(n.Args)):
		j.found("error_extraction", 0.9, name+" with a composed argument fails and shows it")
	case name == "name_const" && tree.AnyOf(n.Args, informs):
		j.found("error_extraction", 0.9, "name_const with what tells about the server fails and shows it")
	case shapes[name] && anySubquery(n.Args) && tree.AnyOf(n.Args, reveals):
		j.found("error_extraction", 0.85, name+" over a query's text fails and shows it")
	case geohash[name] && anySubquery(n.Args):
		j.found("error_extraction", 0.75, name+" over a query's text fails and shows it")
	case name == "floor" && tree.AnyOf(n.Args, func(x *tree.Node) bool { return x.Kind == tree.Func && x.Name == "rand" && len(x.Args) > 0 }):
		j.found("error_extraction", 0.85, "floor(rand(…)) makes a grouping fail and show its key")
	case joiners[name] && tree.AnyOf(n.Args, func(x *tree.Node) bool {
		return x.Kind == tree.Func && x.Name == "floor" && tree.AnyOf(x.Args, isRandom)
	}):
		j.found("error_extraction", 0.8, "floor(rand()…) in a composed text makes a grouping fail and show its key")
	case xmlDumps[name]:
		j.found("error_extraction", pick(p.cond || p.arm || p.value || p.sub > 0, 0.7, 0.2), name+" turns whole tables into text")
	case bigWork(n):
		j.found("heavy_computation", pick(p.cond, 0.7, 0.2), name+" is asked for a great amount of work")
	}
	if p.cond && p.data && tree.AnyOf(n.Args, composesServer) {
		j.found("error_extraction", 0.55, name+" is given a text composed with what tells about the server")
	}
	j.reach(n, name, p)
}

func isRandom(n *tree.Node) bool { return n.Kind == tree.Func && n.Name == "rand" }

// sameValue are functions that leave a value what it is, as in checks of a password.
var sameValue = set("coalesce", "ifnull", "nullif", "exists", "crypt")

// composesServer reports a text that is composed with the server's version, files or settings.
func composesServer(n *tree.Node) bool {
	return isJoin(n) && tree.AnyOf(n.Args, func(x *tree.Node) bool {
		return informs(x) && (x.Kind == tree.Variable || telling[bare(x.Name)])
	})
}

var telling = set("version", "load_file", "pg_read_file", "current_setting", "database", "current_database", "user", "current_user")

// constantArguments judges IF(1=1, …), ELT(5=5, …) and their kin.
func (j *judge) constantArguments(n *tree.Node, p place) {
	for _, a := range n.Args {
		if comparing(a.Kind) && pure(a) {
			j.found("constant_predicate", pick(small(a) && !p.order, 0.4, 0.6), bare(n.Name)+" is given a comparison of constants")
		}
	}
}

func anySubquery(ns []*tree.Node) bool {
	return tree.AnyOf(ns, func(x *tree.Node) bool { return x.Query != nil })
}

func isJoin(n *tree.Node) bool { return funcNamed(n, joiners) || n.Kind == tree.Binary && n.Op == "||" }

// reveals reports what an attacker wants to see in an error: composed text, or something about the server.
func reveals(n *tree.Node) bool { return isJoin(n) || informs(n) || hexLiteral(n) }

func (j *judge) delay(name string, p place) {
	w := 0.95
	if p.sub == 0 && !p.cond && !p.value && !p.arm && !p.order {
		w = 0.3
		if p.data || j.beside {
			w = 0.6
		}
	}
	if name == "benchmark" {
		j.found("heavy_computation", w, "benchmark repeats a computation")
		return
	}
	j.found("time_delay", w, name+" holds the statement up")
}

func (j *judge) xmlError(n *tree.Node) {
	w := 0.3
	if len(n.Args) > 0 && (tree.AnyOf(n.Args, isJoin) || anySubquery(n.Args) || tree.AnyOf(n.Args, informs)) {
		w = 0.95
	}
	j.found("error_extraction", w, bare(n.Name)+" with a composed path fails and shows it")
}

// cast judges a conversion to a number of what cannot be one.
func (j *judge) cast(n *tree.Node) {
	if len(n.Args) != 1 || !numeric[n.Name] {
		return
	}
	x := n.Args[0]
	inner := unwrap(x)
	switch {
	case x.Kind == tree.Binary && x.Op == "||" && tree.Any(x, func(y *tree.Node) bool { return y.Query != nil || informs(y) }):
		j.found("error_extraction", 0.95, "a composed text is converted to a number so as to fail and show it")
	case inner != nil && inner.Kind == tree.Func && informs(inner) && inner.Name != "current_setting" && inner.Name != "pg_backend_pid":
		j.found("error_extraction", 0.9, "what tells about the server is converted to a number so as to fail and show it")
	case inner != nil && inner.Kind == tree.Subquery && len(inner.Query.Targets) == 1:
		j.castQuery(inner.Query)
	case inner != nil && inner.Kind == tree.Func && chars[inner.Name]:
		j.found("error_extraction", 0.8, "a composed text is converted to a number so as to fail and show it")
	}
}

func (j *judge) castQuery(q *tree.Query) {
	t := unwrap(q.Targets[0])
	switch {
	case t == nil:
	case tellsServer(t) || isJoin(t) && (t.Kind == tree.Binary || bare(t.Name) != "elt"):
		j.found("error_extraction", 0.9, "a query's text is converted to a number so as to fail and show it")
	case readsCatalog(q) && t.Kind == tree.Column && !readsData(q):
		j.found("error_extraction", 0.6, "a name from the catalogue is converted to a number so as to fail and show it")
	case t.Kind == tree.Column && secretName(t.Name):
		j.found("error_extraction", 0.85, "a secret is converted to a number so as to fail and show it")
	}
}

var numeric = set("int", "int2", "int4", "int8", "integer", "bigint", "smallint", "numeric", "decimal", "float4", "float8",
	"float", "double", "real", "bool", "boolean", "date", "money", "oid", "signed", "unsigned", "uuid", "inet")

// reach marks access to files and programs from within a query on ordinary tables.
func (j *judge) reach(n *tree.Node, name string, p place) {
	if !p.data && !p.arm && p.sub == 0 && !p.cond {
		return
	}
	if reaching[name] {
		if p.data && p.sub == 0 && !p.cond && literals(n.Args) == len(n.Args) && len(n.Args) > 0 {
			j.found("inline_query", 0.6, name+" reaches a fixed file beside the columns of a table")
		}
		j.found("inline_query", pick(p.cond || p.arm || p.value, 0.85, pick(p.sub > 0 && p.data, 0.6, 0.4)), name+" stands inside a statement on tables")
	}
}

var reaching = set("load_file", "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import", "lo_export", "sys_exec",
	"sys_eval", "dblink", "dblink_exec", "dblink_connect_u", "lo_get", "lo_put", "lo_from_bytea", "http_get", "http_post", "dblink_connect", "dblink_send_query", "pg_stat_file")

// bigWork reports a function that is asked for very much.
func bigWork(n *tree.Node) bool {
	switch bare(n.Name) {
	case "generate_series", "repeat", "rpad", "lpad", "space":
		return tree.AnyOf(n.Args, func(x *tree.Node) bool { return x.Kind == tree.Literal && x.Text == "9000000" })
	}
	return false
}
