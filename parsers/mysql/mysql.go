// Package mysql holds what the records of MySQL's audit plugins say alike, whatever their layout: who acted and from where,
// and how servers mask a password. It reads nothing itself.
package mysql

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Who is who acted, and from where. What is empty was not said.
type Who struct {
	Role, Database, OSUser, Application string
	IP, Host                            string // the address is told rather than the name
}

// Set puts w into an event.
func (w Who) Set(ev *pipeline.Event) {
	client := w.IP
	if client == "" {
		client = w.Host
	}
	for _, f := range [...]struct {
		to   *string
		text string
		has  pipeline.Field
	}{
		{&ev.Role, w.Role, pipeline.HasRole}, {&ev.Database, w.Database, pipeline.HasDatabase},
		{&ev.ClientAddr, client, pipeline.HasClient}, {&ev.Application, w.Application, pipeline.HasApplication},
	} {
		if f.text != "" {
			*f.to = f.text
			ev.Has |= f.has
		}
	}
	ev.OSUser = w.OSUser
}

// Account takes the user out of the server's `user[priv_user] @ host [ip]`; another text is returned as it is.
func Account(s string) string {
	if i := strings.IndexByte(s, '['); i >= 0 && strings.Contains(s[i:], "] @ ") {
		return s[:i]
	}
	return s
}

// Statement puts a statement's text into an event, if there is one, and says whether a password in it is masked.
func Statement(ev *pipeline.Event, sql string) {
	if sql == "" {
		return
	}
	ev.Statement = sql
	ev.Has |= pipeline.HasStatement
	ev.Redacted = ev.Redacted || Masked(sql)
}

// Masked reports whether a plugin or the server replaced a password.
func Masked(sql string) bool {
	return strings.Contains(sql, "*****") || strings.Contains(sql, "<secret>")
}
