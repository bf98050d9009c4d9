package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

const maxTokens = 4_000 // tokens of an unparsable text that are looked at

// tok is a token made ready for pattern matching.
type tok struct {
	kind lexer.Kind
	text string // lower case for words; as written for operators and punctuation
	raw  string
	// spaced says that white space or a comment stands before it.
	spaced bool
	open   bool // the text ends inside it
}

func tokensOf(src string, d lexer.Dialect) []tok {
	sc := lexer.New(src, d)
	var out []tok
	for len(out) < maxTokens {
		t := sc.Next()
		if t.Kind == lexer.EOF {
			break
		}
		if t.Kind == lexer.Comment {
			continue
		}
		raw := src[t.Start:t.End]
		k := tok{kind: t.Kind, text: raw, raw: raw, spaced: t.Is(lexer.Spaced), open: t.Is(lexer.Unterminated)}
		if t.Kind == lexer.Word && len(raw) < 64 {
			k.text = strings.ToLower(raw)
		}
		out = append(out, k)
	}
	return out
}

func (t tok) is(words ...string) bool {
	for _, w := range words {
		if t.text == w {
			return true
		}
	}
	return false
}

func (t tok) constant() bool {
	return literalKind(t.kind) || t.kind == lexer.Param || t.kind == lexer.Word && t.is("null", "true", "false")
}

// suspects looks through tokens for the limbs that injections leave, and tells each to found. It needs no parse tree.
func suspects(ts []tok, found func(name string, weight float64, detail string)) {
	at := func(i int) tok {
		if i >= 0 && i < len(ts) {
			return ts[i]
		}
		return tok{}
	}
	for i, t := range ts {
		switch t.kind {
		case lexer.Word:
			wordSuspect(ts, i, at, found)
		case lexer.Op:
			if comparison(t.text) && at(i-1).constant() && at(i+1).constant() && joins(at(i-2)) {
				found("constant_predicate", 0.8, "constants are compared where a condition may stand")
			}
			if comparison(t.text) && joins(at(i-2)) && at(i-1).constant() && at(i+1).text == "(" && at(i+2).text == "select" {
				found("boolean_probe", 0.8, "a constant is compared with a query")
			}
		case lexer.Punct:
			if t.text == ";" && i > 2 && ts[0].is("select", "update", "delete", "insert") {
				switch n := at(i + 1); {
				case n.is("drop", "exec", "shutdown", "grant", "truncate", "copy", "alter", "declare", "waitfor", "create"):
					found("stacked_statements", 0.6, "a change of the schema or of rights follows a query in one text")
				case n.is("handler", "load", "prepare", "execute", "kill", "install", "revoke", "rename"):
					found("stacked_statements", 0.5, "a statement of another kind follows a query in one text")
				case n.is("select", "insert", "update", "delete", "call", "set", "do"):
					found("stacked_statements", 0.3, "a second statement follows")
				}
			}
		}
	}
}

// joins reports what a condition may follow.
func joins(t tok) bool {
	return t.is("and", "or", "where", "having", "on", "xor", "not", "when", "(", "||", "&&", "if", "elt", ",")
}

func wordSuspect(ts []tok, i int, at func(int) tok, found func(string, float64, string)) {
	t := at(i)
	switch {
	case t.text == "union" && (at(i+1).text == "select" || at(i+1).is("all", "distinct") && at(i+2).is("select", "(") || at(i+1).text == "(" && at(i+2).text == "select"):
		j := i + 1
		for at(j).text != "select" && j < i+4 {
			j++
		}
		switch {
		case at(j+1).text == "null":
			found("union_null_padding", 0.85, "an arm of a UNION begins with NULL")
		case at(j + 1).constant():
			found("union_constants", 0.75, "an arm of a UNION begins with a constant")
		case at(j+1).kind == 0 || at(j+1).is("and", "or"):
			found("unparsable", 0.5, "an arm of a UNION is empty")
		default:
			found("union_constants", 0.45, "a UNION stands in a text that no grammar accepts")
		}
	case delays[t.text] && at(i+1).text == "(":
		found("time_delay", 0.9, t.text+" holds the statement up")
	case (xmlErrors[t.text] || gtid[t.text] || t.text == "json_keys" || t.text == "name_const" || xmlDumps[t.text]) && at(i+1).text == "(":
		found("error_extraction", 0.85, t.text+" fails and shows its argument")
	case t.text == "floor" && at(i+1).text == "(" && at(i+2).text == "rand":
		found("error_extraction", 0.85, "floor(rand(…)) makes a grouping fail and show its key")
	case t.text == "exp" && at(i+1).text == "(" && at(i+2).text == "~":
		found("error_extraction", 0.85, "the bits of a query's result are turned so as to overflow")
	case t.is("information_schema", "pg_catalog") && at(i+1).text == "." && i > 4:
		found("catalog_read", 0.45, "names the system catalogue")
	case (t.text == "chr" || t.text == "char") && at(i+1).text == "(" && at(i+2).kind == lexer.Int && (at(i+3).text == "," || at(i+3).text == ")" && at(i+4).is("||", ",", "+")) && !at(i-1).is("as"):
		found("encoded_text", 0.45, "a text is spelled by character codes")
	case t.is("ascii", "ord") && at(i+1).text == "(" && at(i+2).is("substr", "substring", "mid", "("):
		found("boolean_probe", 0.8, "the code of a single character is asked for")
	case t.is("and", "or") && !between(ts, i) && at(i+1).constant() && (at(i+2).kind == 0 || at(i+2).is(")", "and", "or")):
		found("constant_predicate", 0.45, "a literal stands as a condition")
	case t.text == "by" && at(i-1).is("order", "group") && at(i+1).kind == lexer.Int && (at(i+2).kind == 0 || at(i+2).is(")", ";", "#") || at(i+2).kind == lexer.Bad):
		found("order_probe", 0.5, "rows are ordered by a column number in a text that no grammar accepts")
	case t.is("and", "or") && at(i+1).text == "(" && at(i+2).text == "select":
		found("inline_query", 0.55, "a query stands as a condition")
	case t.text == "when" && at(i-1).text == "case" && at(i+1).text == "(" && at(i+2).constant():
		found("constant_predicate", 0.6, "CASE WHEN compares constants")
	case t.text == "case" && at(i+1).constant() && at(i+2).text == "when" && at(i+3).constant():
		found("constant_predicate", 0.6, "CASE compares constants")
	case t.text == "select" && comparison(at(i-1).text) && at(i-1).kind == lexer.Op:
		found("inline_query", 0.5, "a query without brackets stands in place of a value")
	case t.text == "where" && i > 0 && seen(ts[:i], "where") && at(i+1).constant():
		found("constant_predicate", 0.7, "a second WHERE compares constants")
	case t.is("and", "or") && at(i-1).kind == lexer.Word && (at(i-2).text == "from" || at(i-1).is("asc", "desc", "select")),
		t.is("and", "or") && at(i-1).kind == lexer.Int && at(i-2).is("limit", "offset"):
		found("unparsable", 0.5, "a condition goes on after the clause that ends it")
	case t.text == "procedure" && at(i+1).text == "analyse":
		found("error_extraction", 0.8, "PROCEDURE ANALYSE tells about columns")
	case t.is("load_file", "pg_read_file", "lo_import", "xp_cmdshell", "utl_http") && at(i+1).is("(", "."):
		found("file_read", 0.6, t.text+" reaches files of the database server")
	case t.is("outfile", "dumpfile") && at(i-1).text == "into":
		found("file_write", pick(t.text == "dumpfile" || at(i+1).raw == "'"+tree.ScriptFile+"'", 0.7, 0.25), "SELECT … INTO a file of the database server")
	case t.kind == lexer.Word && strings.HasPrefix(t.text, "waitfor"):
		found("time_delay", 0.7, "WAITFOR holds the statement up")
	}
}

// between reports whether the AND at i belongs to a BETWEEN a few tokens before.
func between(ts []tok, i int) bool { return seen(ts[max(0, i-4):i], "between") }

func seen(ts []tok, word string) bool {
	for _, t := range ts {
		if t.text == word {
			return true
		}
	}
	return false
}
