package postgresql

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// loginFailure turns a FATAL message into a refused login if that is what it is, and takes role, database and host from
// the text where the record's head did not know them yet.
func loginFailure(ev *pipeline.Event, msg string) {
	if !refused(ev.SQLState, msg) {
		return
	}
	ev.Kind = pipeline.KindLoginFailure
	role, database, host := named(msg)
	if role != "" && ev.Has&pipeline.HasRole == 0 {
		ev.Role = role
		ev.Has |= pipeline.HasRole
	}
	if database != "" && ev.Has&pipeline.HasDatabase == 0 {
		ev.Database = database
		ev.Has |= pipeline.HasDatabase
	}
	if host != "" && ev.Has&pipeline.HasClient == 0 {
		ev.ClientAddr = host
		ev.Has |= pipeline.HasClient
	}
	ev.AuthMethod = method(msg, ev.Detail)
}

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
func named(msg string) (role, database, host string) {
	if rest, ok := after(msg, `for host "`, `from host "`, `connection from host "`); ok {
		host, rest, _ = strings.Cut(rest, `", user "`)
		if i := strings.LastIndex(rest, `", database "`); i >= 0 {
			role, rest = rest[:i], rest[i+len(`", database "`):]
			database, _, _ = cutLast(rest, `"`)
			return role, database, host
		}
		role, _, _ = cutLast(rest, `"`)
		return role, "", host
	}
	if rest, ok := after(msg, ` user "`, `role "`); ok {
		role, _, _ = cutLast(rest, `"`)
		return role, "", ""
	}
	if rest, ok := after(msg, `database "`); ok {
		database, _, _ = cutLast(rest, `"`)
	}
	return "", database, ""
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
		for w := range strings.FieldsSeq(line) {
			if w = strings.Trim(w, `"`); authMethods[w] {
				return w
			}
		}
	}
	word, _, _ := strings.Cut(msg, " ")
	switch word = strings.ToLower(word); word {
	case "password", "peer", "ident", "gssapi", "sspi", "ldap", "pam", "bsd", "radius", "certificate":
		return word
	}
	return ""
}

var authMethods = map[string]bool{
	"trust": true, "reject": true, "scram-sha-256": true, "md5": true, "password": true, "gss": true, "sspi": true, "ident": true,
	"peer": true, "ldap": true, "radius": true, "cert": true, "pam": true, "bsd": true, "oauth": true,
}
