package postgresql

import (
	"strings"
	"unicode"

	"github.com/auditwarden/auditwarden/pipeline"
)

// loginFailure turns a FATAL message into a refused login if that is what it is, and takes role, database and host from
// the text where the record's head did not know them yet.
func loginFailure(ev *pipeline.Event, msg string) {
	r, n := translated(msg)
	var how string
	switch {
	case r != nil: // first: what it names may hold a piece of an English message
		if ev.SQLState == "" {
			ev.SQLState = r.state
		}
		how = methodIn(ev.Detail, r.method)
	case refused(ev.SQLState, msg):
		n, how = named(msg), method(msg, ev.Detail)
	default:
		return
	}
	ev.Kind = pipeline.KindLoginFailure
	for _, f := range [...]struct {
		to   *string
		name string
		has  pipeline.Field
	}{{&ev.Role, n.role, pipeline.HasRole}, {&ev.Database, n.database, pipeline.HasDatabase}, {&ev.ClientAddr, n.host, pipeline.HasClient}} {
		if f.name != "" && ev.Has&f.has == 0 {
			*f.to = f.name
			ev.Has |= f.has
		}
	}
	ev.AuthMethod = how
}

// names are what a refusal names.
type names struct{ role, database, host string }

// refused says whether a FATAL state or message ends an attempt to log in. Language does not matter where the state is
// known: class 28 is authorization, 3D000 an unknown database, 53300 too many connections.
func refused(state, msg string) bool {
	switch state {
	case "28000", "28P01", "3D000", "53300":
		return true
	case "42501":
		return strings.HasPrefix(msg, "permission denied for database")
	}
	return false
}

// named finds the names that an English message quotes: `user "U"`, `role "U"`, `database "D"`, `host "H"`. What stands before the first
// quote says which it is: a name may hold any character, quotes too. So each reaches to the last place where the message can go on.
func named(msg string) (n names) {
	before, rest, _ := strings.Cut(strings.TrimPrefix(msg, `"trust" `), `"`)
	what := before[1+strings.LastIndexByte(strings.TrimSuffix(before, " "), ' '):]
	switch {
	case !ascii(before): // of a language that is not known
	case what == "host ":
		n.host, rest, _ = strings.Cut(rest, `", user "`)
		if i := strings.LastIndex(rest, `", database "`); i >= 0 {
			n.role, rest = rest[:i], rest[i+len(`", database "`):]
			n.database, _, _ = cutLast(rest, `"`)
			return n
		}
		n.role, _, _ = cutLast(rest, `"`)
	case what == "user ", what == "role ":
		n.role, _, _ = cutLast(rest, `"`)
	case what == "database ":
		n.database, _, _ = cutLast(rest, `"`)
	}
	return n
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

func cutLast(s, sep string) (before, rest string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// method names how the login was tried: by the line of pg_hba.conf in the detail, else by the message's first word.
func method(msg, detail string) string {
	if _, line, ok := strings.Cut(detail, ": \""); ok {
		if m := methodOf(line); m != "" {
			return m
		}
	}
	word, _, _ := strings.Cut(msg, " ")
	switch word = strings.ToLower(word); word {
	case "password", "peer", "ident", "gssapi", "sspi", "ldap", "pam", "bsd", "radius", "certificate":
		return word
	}
	return ""
}

// methodOf finds the method in a line of pg_hba.conf.
func methodOf(line string) string {
	for w := range strings.FieldsSeq(line) {
		if w = strings.Trim(w, `"`); authMethods[w] {
			return w
		}
	}
	return ""
}

var authMethods = map[string]bool{
	"trust": true, "reject": true, "scram-sha-256": true, "md5": true, "password": true, "gss": true, "sspi": true, "ident": true,
	"peer": true, "ldap": true, "radius": true, "cert": true, "pam": true, "bsd": true, "oauth": true,
}
