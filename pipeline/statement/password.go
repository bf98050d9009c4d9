package statement

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/statement/lexer"
)

// unquoted finds values that stand without quotes where a secret belongs: after PASSWORD or IDENTIFIED BY in statements
// about users, and in SET of a custom setting. It reads tokens, so it works on text that no grammar accepts.
type unquoted struct {
	first  string // the statement's first word
	expect bool   // the next name or word is a value
	dotted bool   // the setting has a qualified name
	by     bool   // IDENTIFIED was read
}

// value is told each token with its lower-case text and reports whether it is a value to be masked.
func (u *unquoted) value(t lexer.Token, low string) bool {
	if low == ";" {
		*u = unquoted{}
		return false
	}
	if u.first == "" && t.Kind == lexer.Word {
		u.first = low
		return false
	}
	switch u.first {
	case "set", "alter", "create", "grant", "change", "start":
	default:
		return false
	}
	if u.expect {
		return u.expected(t, low)
	}
	switch {
	case t.Kind == lexer.Word && (strings.HasSuffix(low, "password") || strings.HasSuffix(low, "secret")):
		u.expect = true
	case low == "identified":
		u.by = true
	case u.by && (low == "by" || low == "as"):
		u.expect = true
	case u.first == "set" && low == ".":
		u.dotted = true
	case u.dotted && (low == "=" || low == "to"):
		u.expect = true
	}
	return false
}

// expected judges the token where a value should stand.
func (u *unquoted) expected(t lexer.Token, low string) bool {
	switch low {
	case "=", "to", "as", ":=", "by", "encrypted", "for", "of", "with", "@", "is":
		return false // not yet
	case "null", "expire", "default", "never", "history", "reuse", "require", "(", ")", ",":
		u.expect = false
		return false
	}
	u.expect = u.dotted && low != ","
	return t.Kind == lexer.Word || t.Kind == lexer.Quoted || t.Kind == lexer.Var
}
