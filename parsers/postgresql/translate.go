package postgresql

import (
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
)

//go:generate go run texts_gen.go

// In the texts of the tables, names in braces stand for what the server fills in.

// refusal is one way in which a login is refused, in the languages of PostgreSQL's catalogues.
type refusal struct {
	state, method string
	texts         []string
}

// catalogue is what the server logs of connections and statements in one language.
type catalogue struct {
	whole                                         []translation
	user, replication, database, application, tls string // of "connection authorized", which is put together
}

type translation struct{ english, text string }

// value is what the server filled in.
type value struct{ name, text string }

// translated finds the refusal that a message says in another language than English, and the names in it.
func translated(msg string) (*refusal, names) {
	msg = strings.ReplaceAll(msg, "\n", " ")
	var room [4]value
	for i := range refusals {
		for _, text := range refusals[i].texts {
			list, ok := filled(strings.ReplaceAll(text, "\n", " "), msg, room[:0])
			if !ok {
				continue
			}
			return &refusals[i], names{role: valueOf(list, "role"), database: valueOf(list, "database"), host: valueOf(list, "host")}
		}
	}
	return nil, names{}
}

// methodIn is [method] for a detail in another language.
func methodIn(detail, otherwise string) string {
	var room [2]value
	for _, text := range matchedLines {
		if list, ok := filled(text, detail, room[:0]); ok {
			if m := methodOf(valueOf(list, "line")); m != "" {
				return m
			}
		}
	}
	return otherwise
}

// english gives the English text of a message about a connection or a statement, in the arena; "" if it is of no catalogue. The catalogue
// found last is tried first.
func (x *Scratch) english(msg string) string {
	for i := range catalogues {
		at := (x.catalogue + i) % len(catalogues)
		if text := catalogues[at].english(msg, &x.Arena); text != "" {
			x.catalogue = at
			return text
		}
	}
	return ""
}

func (c *catalogue) english(msg string, a *field.Arena) string {
	var room [8]value
	for _, t := range c.whole {
		if t.text[0] != msg[0] {
			continue
		}
		if list, ok := filled(t.text, msg, room[:0]); ok {
			return fill(t.english, list, a)
		}
	}
	if rest, ok := strings.CutPrefix(msg, c.user); ok {
		return "connection authorized: user=" + c.parts(rest)
	}
	if rest, ok := strings.CutPrefix(msg, c.replication); ok {
		return "replication connection authorized: user=" + c.parts(rest)
	}
	return ""
}

// parts puts what follows the user into English: the database, the application, the encryption.
func (c *catalogue) parts(s string) string {
	var room [4]value
	start, _, _ := strings.Cut(c.tls, "{")
	tls := ""
	if i := strings.LastIndex(s, start); i >= 0 {
		if list, ok := filled(c.tls, s[i:], room[:0]); ok {
			tls = " SSL enabled (protocol=" + valueOf(list, "a") + ", cipher=" + valueOf(list, "b") + ", bits=" + valueOf(list, "c") + ")"
			s = s[:i]
		}
	}
	s, application, named := strings.Cut(s, c.application)
	if named {
		application = " application_name=" + application
	}
	user, database, named := strings.Cut(s, c.database)
	if named {
		database = " database=" + database
	}
	return user + database + application + tls
}

// filled reads what the server put into a text, into list.
func filled(text, msg string, list []value) ([]value, bool) {
	for {
		lit, rest, more := strings.Cut(text, "{")
		if !strings.HasPrefix(msg, lit) {
			return nil, false
		}
		msg = msg[len(lit):]
		if !more {
			return list, msg == ""
		}
		var name string
		name, text, _ = strings.Cut(rest, "}")
		end := placeEnd(text, msg, name)
		if end < 0 || name == "ms" && !number(msg[:end]) {
			return nil, false
		}
		list = append(list, value{name, msg[:end]})
		msg = msg[end:]
	}
}

// placeEnd gives where a value at the start of msg ends, before the next literal of text; -1 if that is not there. A role's and a
// database's name ends at the last place where the text can go on, as in [named], everything else at the first.
func placeEnd(text, msg, name string) int {
	lit, _, more := strings.Cut(text, "{")
	switch {
	case !more:
		if !strings.HasSuffix(msg, lit) {
			return -1
		}
		return len(msg) - len(lit)
	case name == "role" || name == "database":
		return strings.LastIndex(msg, lit)
	}
	return strings.Index(msg, lit)
}

func number(s string) bool {
	_, ok := milliseconds(s)
	return ok
}

func valueOf(list []value, name string) string {
	for i := range list {
		if list[i].name == name {
			return list[i].text
		}
	}
	return ""
}

// fill puts values into a text.
func fill(text string, list []value, a *field.Arena) string {
	size := len(text)
	for i := range list {
		size += len(list[i].text)
	}
	b := a.Take(size)
	out := b[:0]
	for {
		lit, rest, more := strings.Cut(text, "{")
		if out = append(out, lit...); !more {
			return field.String(a.Trim(b, len(out)))
		}
		name, after, _ := strings.Cut(rest, "}")
		out = append(out, valueOf(list, name)...)
		text = after
	}
}
