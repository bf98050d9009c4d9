package statement

import (
	"errors"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
	"github.com/auditwarden/auditwarden/pipeline/statement/mysql"
	"github.com/auditwarden/auditwarden/pipeline/statement/tree"
)

// lexicalVersion marks fingerprints made without a grammar.
const lexicalVersion = 101

// lexical fills in what can be said of a text that no grammar accepts.
func lexical(st *pipeline.Statement, f *form, text string, err error) {
	st.Lexical = true
	st.Error = err.Error()
	st.Fingerprint = mysql.Digest(st.Normalized)
	st.FingerprintVersion = lexicalVersion
	st.Limbs = lexicalLimbs(st.Fingerprint)
	ts := tokensOf(text, f.dialect)
	kind, known := lexicalKind(ts, f.dialect)
	st.Kinds = []string{kind}
	j := newJudge(f)
	lexicalFacts(j, kind, ts)
	if !known {
		j.unparsable(kind, ts, err)
	}
	j.verdict(st)
}

// unparsable judges the tokens of a text that should have been parsable. Where nothing is broken but the grammar's
// knowledge of the dialect, limbs of an injection count for less.
func (j *judge) unparsable(kind string, ts []tok, err error) {
	w := 0.2
	if j.mysql || errors.Is(err, errDeep) || errors.Is(err, errLong) || !injectable[kind] && kind != "with" && kind != "values" {
		w = 0.1
	}
	j.found("unparsable", w, err.Error())
	if !injectable[kind] && kind != "with" && kind != "values" {
		return
	}
	if j.broken(ts) {
		j.text()
		if j.form.facts&factTrailingComment != 0 {
			j.found("comment_truncation", 0.4, "a comment ends a text that no grammar accepts")
		}
		return
	}
	suspects(ts, func(name string, weight float64, detail string) {
		j.found(name, weight*j.trust(name), detail)
	})
	j.text()
}

// trust scales what tokens tell of a text in which nothing but the grammar's knowledge may be missing.
func (j *judge) trust(name string) float64 {
	switch name {
	case "stacked_statements", "unparsable", "file_write":
		return 1
	case "union_null_padding", "time_delay", "error_extraction", "boolean_probe":
		return pick(j.mysql, 0.6, 0.7)
	}
	return pick(j.mysql, 0.45, 0.7)
}

// lexicalKind names the kind of a text by its first words. known says that the servers know such a statement though
// the grammar does not.
func lexicalKind(ts []tok, d lexer.Dialect) (kind string, known bool) {
	var words []string
	for _, t := range ts {
		if t.kind != lexer.Word || len(words) == 4 {
			break
		}
		words = append(words, t.text)
	}
	if len(words) == 0 {
		return "unknown", false
	}
	if d == lexer.MySQL {
		if k := mysqlKind(words, ts); k != "" {
			return k, true
		}
	}
	if verbs[words[0]] {
		return words[0], false
	}
	return "unknown", false
}

var verbs = set("select", "insert", "update", "delete", "replace", "with", "create", "alter", "drop", "grant", "revoke", "set",
	"call", "copy", "do", "explain", "truncate", "merge", "values", "show", "begin", "commit", "rollback", "execute", "prepare")

// mysqlKind names statements of MySQL and MariaDB that the grammar lacks.
func mysqlKind(words []string, ts []tok) string {
	second := ""
	if len(words) > 1 {
		second = words[1]
	}
	switch words[0] {
	case "create", "alter", "drop":
		for _, t := range ts[:min(len(ts), 14)] {
			if t.kind == lexer.Word && t.is("trigger", "event", "function", "procedure", "package", "server", "tablespace", "sequence", "user", "role", "table", "view") {
				return words[0] + "_" + t.text
			}
		}
	case "install", "uninstall":
		return words[0] + "_" + second
	case "handler", "xa", "change", "reset", "stop", "start", "purge", "check", "repair", "checksum", "cache", "signal", "resignal",
		"get", "import", "clone", "optimize", "help", "lock", "unlock", "flush", "kill", "show", "optimise", "declare", "shutdown", "binlog":
		return words[0]
	case "if", "while", "repeat", "loop", "else", "elseif", "end", "delimiter", "until", "return", "leave", "iterate", "close",
		"fetch", "open":
		return "procedural"
	case "execute", "prepare", "deallocate", "set", "grant", "revoke", "rename", "analyze", "load", "begin", "call", "describe", "desc", "use":
		return words[0]
	}
	return ""
}

// lexicalFacts finds the facts of statements that the grammar lacks.
func lexicalFacts(j *judge, kind string, ts []tok) {
	has := func(words ...string) bool {
		for _, t := range ts {
			if t.kind == lexer.Word && t.is(words...) {
				return true
			}
		}
		return false
	}
	verb, object, _ := strings.Cut(kind, "_")
	switch verb {
	case "create":
		j.found("schema_create", 0, "creates an object")
	case "alter":
		j.found("schema_alter", 0, "changes an object")
	case "drop":
		j.found("schema_drop", 0, "removes an object")
	case "grant":
		j.found("grant", 0, "grants privileges")
	case "revoke":
		j.found("revoke", 0, "takes privileges away")
	case "install", "uninstall":
		pluginFacts(j, verb, ts)
	}
	switch object {
	case "trigger", "event":
		switch {
		case verb == "create":
			j.found("trigger_create", 0, "creates a trigger or an event")
		case verb == "drop", has("disable"):
			j.found("trigger_disable", 0, "drops or switches off a trigger or an event")
		}
	case "function", "procedure":
		if verb == "create" {
			j.found("function_create", 0, "creates a function or procedure")
			if has("soname") {
				j.found("udf_load", 0, "the function is code from a library file")
			}
		}
	}
	if has("identified", "password") && (has("by") || verb == "alter" || verb == "create" || verb == "set") {
		j.found("role_password", 0, "seems to set a password")
		if !slices.ContainsFunc(ts, func(t tok) bool { return t.raw == "'"+tree.Withheld+"'" }) {
			j.found("plaintext_password", 0, "seems to hold a password in clear text")
		}
	}
}

func pluginFacts(j *judge, verb string, ts []tok) {
	audit := false
	for _, t := range ts {
		audit = audit || strings.Contains(strings.ToLower(t.text), "audit")
	}
	switch {
	case verb == "install":
		j.found("udf_load", 0, "brings a library into the server")
	case audit:
		j.found("audit_disable", 0, "removes the plugin that writes the audit log")
	default:
		j.found("parameter_change", 0, "removes a plugin of the server")
	}
}
