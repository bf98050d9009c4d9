package postgresql

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

//go:generate go run login_texts_gen.go

// loginFailure turns a FATAL message into a refused login if that is what it is, and takes role, database and host from
// the text where the record's head did not know them yet.
func loginFailure(ev *pipeline.Event, msg string) {
	english := refused(ev.SQLState, msg)
	n := named(msg)
	how := method(msg, ev.Detail)
	if !english || n == (names{}) {
		r, found := translated(msg)
		switch {
		case r != nil:
			if ev.SQLState == "" {
				ev.SQLState = r.state
			}
			n, how = found, methodIn(ev.Detail, r.method)
		case !english:
			return
		}
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

// named finds the quoted names of a message: `user "U"`, `role "U"`, `database "D"`, `host "H"`. A name may hold any
// character, quotes too, so each reaches to the last place where the message can go on.
func named(msg string) (n names) {
	if rest, ok := after(msg, `for host "`, `from host "`, `connection from host "`); ok {
		n.host, rest, _ = strings.Cut(rest, `", user "`)
		if i := strings.LastIndex(rest, `", database "`); i >= 0 {
			n.role, rest = rest[:i], rest[i+len(`", database "`):]
			n.database, _, _ = cutLast(rest, `"`)
			return n
		}
		n.role, _, _ = cutLast(rest, `"`)
		return n
	}
	if rest, ok := after(msg, ` user "`, `role "`); ok {
		n.role, _, _ = cutLast(rest, `"`)
		return n
	}
	if rest, ok := after(msg, `database "`); ok {
		n.database, _, _ = cutLast(rest, `"`)
	}
	return n
}

func after(s string, marks ...string) (string, bool) {
	for _, m := range marks {
		if _, rest, ok := strings.Cut(s, m); ok {
			return rest, true
		}
	}
	return "", false
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

// refusal is one way in which a login is refused, in the languages of PostgreSQL's catalogues. In the texts, names in braces stand for
// what the server fills in.
type refusal struct {
	state, method string
	texts         []string
}

// translated finds the refusal that a message says in another language than English, and the names in it.
func translated(msg string) (*refusal, names) {
	msg = strings.ReplaceAll(msg, "\n", " ")
	for i := range refusals {
		for _, text := range refusals[i].texts {
			if n, _, ok := filled(text, msg); ok {
				return &refusals[i], n
			}
		}
	}
	return nil, names{}
}

// methodIn is [method] for a detail in another language.
func methodIn(detail, otherwise string) string {
	for _, text := range matchedLines {
		if _, line, ok := filled(text, detail); ok {
			if m := methodOf(line); m != "" {
				return m
			}
		}
	}
	return otherwise
}

// filled reads what the server put into a text. Hosts end at the first place where the text can go on, names at the last, as in
// [named].
func filled(text, msg string) (n names, line string, ok bool) {
	for {
		lit, rest, more := strings.Cut(text, "{")
		if lit = strings.ReplaceAll(lit, "\n", " "); !strings.HasPrefix(msg, lit) {
			return n, line, false
		}
		msg = msg[len(lit):]
		if !more {
			return n, line, msg == ""
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		end := placeEnd(text, msg, name == "host" || name == "rest")
		if end < 0 {
			return n, line, false
		}
		switch value := msg[:end]; name {
		case "role":
			n.role = value
		case "database":
			n.database = value
		case "host":
			n.host = value
		case "line":
			line = value
		}
		msg = msg[end:]
	}
}

// placeEnd gives where a value at the start of msg ends, before the next literal of text; -1 if that is not there.
func placeEnd(text, msg string, first bool) int {
	lit, _, more := strings.Cut(text, "{")
	lit = strings.ReplaceAll(lit, "\n", " ")
	switch {
	case !more:
		if !strings.HasSuffix(msg, lit) {
			return -1
		}
		return len(msg) - len(lit)
	case first:
		return strings.Index(msg, lit)
	}
	return strings.LastIndex(msg, lit)
}
