package embedded

import (
	"regexp"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// What a reader may do is decided in two places. The engine's own access control does most: a reader's session has only
// the analyst's role, so tables, and table functions that reach files or other hosts, are checked where the engine
// resolves them, behind views, aliases and subqueries; and it has readonly=1. The guard adds what that leaves open in an
// engine meant for a single user: functions that read files, system tables that hold others' statements, SETTINGS in
// subqueries. It looks at the engine's own parse tree (EXPLAIN AST), never at the text of a SELECT.

// refusedFunctions reach files, other hosts or the server's log, or evaluate text as SQL. All table functions are among them,
// but numbers, zeros, generate_series, values, view, null and format; the parse tree does not tell the two kinds apart.
// Lower case, for the engine ignores the case of some.
var refusedFunctions = strings.Fields(`
file catboostevaluate evalmlmethod logtrace showcertificate getmacro joinget joingetornull
aiclassify aiembed aiextract aigenerate aitranslate
naivebayesclassifier naivebayesclassifierwithallprobs naivebayesclassifierwithprob naivebayesngrams
sqlstandardvalues arrowstream azureblobstorage azureblobstoragecluster cluster clusterallreplicas cosn deltalake
deltalakeazure deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3 deltalakes3cluster dictionary eval
executable filecluster filesystem fuzzjson fuzzquery gcs generaterandom hdfs hdfscluster hudi hudicluster iceberg
icebergazure icebergazurecluster icebergcluster iceberghdfs iceberghdfscluster iceberglocal iceberglocalcluster icebergs3
icebergs3cluster input jdbc loop merge mergetreeanalyzeindexes mergetreeanalyzeindexesuuid mergetreeindex
mergetreeprojection mergetreetextindex mongodb mysql odbc oss paimon paimonazure paimonazurecluster paimoncluster
paimonhdfs paimonhdfscluster paimonlocal paimons3 paimons3cluster postgresql primes prometheusquery prometheusqueryrange
redis remote remotesecure s3 s3cluster sqlite timeseriesdata timeseriesmetrics timeseriessamples timeseriesselector
timeseriestags url urlcluster viewexplain viewifpermitted ytsaurus`)

// systemTables are those of the database "system" that readers may read: none holds a statement or a message about one.
var systemTables = strings.Fields(`
one numbers numbers_mt zeros zeros_mt primes tables columns databases functions aggregate_function_combinators formats
data_type_families table_functions table_engines settings merge_tree_settings time_zones keywords collations build_options
contributors licenses documentation unicode data_skipping_indices projections parts parts_columns events metrics merges
current_roles enabled_roles`)

// readStatements are the forms, other than SELECT, that readers may use. Names have no brackets after them, so none is a
// function, and there is no WHERE.
var readStatements = func() *regexp.Regexp {
	const name = "(?:[a-z_][a-z0-9_]*|`[^`\\\\]+`|\"[^\"\\\\]+\")"
	const table = name + `(?:\s*\.\s*` + name + `)?`
	const from = `(?:\s+(?:from|in)\s+` + table + `)`
	const like = `(?:\s+(?:not\s+)?i?like\s+'[^'\\]*')?`
	const end = `(?:\s+format\s+[a-z0-9]+)?\s*;?\s*$`
	return regexp.MustCompile(`(?is)^\s*(?:` + strings.Join([]string{
		`show\s+databases` + like,
		`show\s+(?:full\s+)?tables` + from + `?` + like,
		`show\s+(?:extended\s+)?(?:full\s+)?(?:columns|fields)` + from + from + `?` + like,
		`show\s+(?:index|indexes|indices|keys)` + from + from + `?`,
		`show\s+create\s+(?:table\s+|view\s+|database\s+)?` + table,
		`show\s+(?:functions|settings)` + like,
		`show\s+engines`,
		`(?:describe|desc)\s+(?:table\s+)?` + table,
		`exists\s+(?:table\s+|view\s+|database\s+)?` + table,
	}, "|") + `)` + end)
}()

// explained matches EXPLAIN up to the statement explained.
var explained = regexp.MustCompile(`(?is)^\s*explain(?:\s+(?:ast|syntax|query\s+tree|plan|pipeline|estimate))?((?:\s*,?\s*[a-z_]+\s*=\s*[0-9]+)*)\s+((?:select|with)\s.*|\(.*)$`)

// guard decides whether a reader may run the call's statement on the session, which has the reader's rights.
func guard(conn *chdb.Conn, c *call) error {
	a, err := conn.Classify(c.text)
	switch {
	case err != nil:
		return err
	case a.Class == chdb.Unknown: // the engine says best what is wrong with it
		if err := conn.Exec("EXPLAIN AST "+c.text, c.params...); err != nil {
			return err
		}
		return refused("statement")
	case a.Class != chdb.ReadOnly:
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode")
	case a.Statements != 1:
		return severalStatements()
	}
	text := c.text
	if c.stmt.verb == "EXPLAIN" {
		m := explained.FindStringSubmatch(text)
		if m == nil {
			return refused("this form of EXPLAIN")
		}
		text = m[2]
	}
	if s := look(text); s.streams() || strings.HasPrefix(strings.TrimSpace(text), "(") {
		return guardSelect(conn, c, text)
	}
	if !readStatements.MatchString(text) || namesSystem(text) {
		return refused("this statement")
	}
	return nil
}

// guardSelect looks at the parse tree of a SELECT. A FORMAT in the text is the SELECT's, not the tree's.
func guardSelect(conn *chdb.Conn, c *call, text string) error {
	r, err := conn.Query("EXPLAIN AST "+text, "TSVRaw", c.params...)
	if err != nil {
		return err
	}
	defer r.Close()
	tree := string(r.Data())
	if !strings.HasPrefix(tree, "Select") { // no tree, or one in another format: nothing is known about the statement
		return refused("this form of statement")
	}
	for line := range strings.Lines(tree) {
		if err := guardNode(strings.TrimSpace(line)); err != nil {
			return err
		}
	}
	return nil
}

// guardNode looks at one node of the tree: its kind and its name. Names are printed as they are, so an identifier with a
// line break in it may look like a node, which can only lead to a refusal.
func guardNode(node string) error {
	kind, rest, _ := strings.Cut(node, " ")
	switch kind {
	case "Set":
		return exception(codeReadOnly, "READONLY", "Cannot change settings in a statement in readonly mode; give them in the URL")
	case "ColumnsApplyTransformer":
		return refused("APPLY")
	case "Function":
		name, _, _ := strings.Cut(rest, " (")
		if n := strings.ToLower(name); slices.Contains(refusedFunctions, n) || strings.HasPrefix(n, "__") {
			return refused("function " + cut(name))
		}
	case "TableIdentifier", "Identifier":
		name, _, _ := strings.Cut(rest, " (")
		if table, ok := strings.CutPrefix(name, "system."); ok {
			table, _, _ = strings.Cut(table, ".")
			if !slices.Contains(systemTables, table) {
				return refused("table system." + cut(table))
			}
		}
	}
	return nil
}

// namesSystem reports whether a SHOW or DESCRIBE names the database "system": its inspection is no analyst's need.
func namesSystem(text string) bool {
	l := &lexer{text: text}
	for t := l.next(); t.kind != tokenEnd; t = l.next() {
		if t.kind != tokenString && strings.Trim(text[t.start:t.end], "`\"") == "system" {
			return true
		}
	}
	return false
}

func refused(what string) error {
	return exception(codeAccessDenied, "ACCESS_DENIED", "Not enough privileges: "+what+" is not for read-only users")
}

func severalStatements() error {
	return exception(codeSyntaxError, "SYNTAX_ERROR", "Multi-statements are not allowed")
}
