package percona

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// ErrXML says that a record's markup is broken.
var ErrXML = &field.Fault{Reason: "bad_xml", Sentence: "audit record: its markup is broken"}

// Open starts every record, and nothing else: '<' inside a text is escaped.
const Open = "<AUDIT_RECORD"

// ReadXML reads one record, from [Open] to its end, in either style.
func ReadXML(b []byte, a *field.Arena, r *Record) error {
	b, ok := bytes.CutPrefix(bytes.TrimSpace(b), []byte(Open))
	if !ok {
		return ErrXML
	}
	r.Style = "OLD"
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		switch {
		case len(b) == 0:
			return ErrXML
		case b[0] == '/' && len(b) > 1 && b[1] == '>':
			return nil
		case b[0] == '>':
			r.Style = "NEW"
			return elements(b[1:], a, r)
		}
		eq := bytes.IndexByte(b, '=')
		if eq <= 0 || eq > 64 || eq+1 >= len(b) || b[eq+1] != '"' {
			return ErrXML
		}
		end := bytes.IndexByte(b[eq+2:], '"')
		if end < 0 {
			return ErrXML
		}
		r.Set(field.String(bytes.TrimSpace(b[:eq])), field.String(Unescape(b[eq+2:eq+2+end], a)))
		b = b[eq+3+end:]
	}
}

// elements reads `<NAME>value</NAME>` and `<NAME/>` up to `</AUDIT_RECORD>`. What stands inside another element, such as a
// connection's attributes, whose names and values the client chooses, is no field of the record.
func elements(b []byte, a *field.Arena, r *Record) error {
	depth := 0
	for {
		name, rest, err := tag(b)
		if err != nil {
			return err
		}
		b = rest
		switch {
		case string(name) == "/AUDIT_RECORD":
			return nil
		case name[0] == '/':
			depth = max(depth-1, 0)
			continue
		case name[len(name)-1] == '/':
			continue
		}
		next := bytes.IndexByte(b, '<')
		if next < 0 {
			return ErrXML
		}
		if next+1 >= len(b) || b[next+1] != '/' {
			depth++
			continue
		}
		value := field.String(Unescape(b[:next], a))
		if depth == 0 {
			r.Set(field.String(name), value)
		} else {
			r.attribute(field.String(name), value)
		}
		if string(b[next+1:min(len(b), next+1+len("/AUDIT_RECORD"))]) == "/AUDIT_RECORD" {
			return nil
		}
		if _, b, err = tag(b[next:]); err != nil {
			return err
		}
	}
}

// tag takes the next tag's name, with its slash, and what follows the tag.
func tag(b []byte) (name, rest []byte, err error) {
	i := bytes.IndexByte(b, '<')
	if i < 0 {
		return nil, nil, ErrXML
	}
	b = b[i+1:]
	end := bytes.IndexByte(b, '>')
	if end <= 0 {
		return nil, nil, ErrXML
	}
	return b[:end], b[end+1:], nil
}

// Unescape undoes the character references of XML and those that XML 1.0 has no characters for.
func Unescape(b []byte, a *field.Arena) []byte {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b
	}
	out := a.Take(len(b))[:0]
	for i >= 0 {
		out = append(out, b[:i]...)
		b = b[i:]
		r, n := reference(b)
		if n == 0 {
			r, n = '&', 1
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
		i = bytes.IndexByte(b, '&')
	}
	return append(out, b...)
}

// reference reads one character reference; n is 0 if b does not start with one.
func reference(b []byte) (r rune, n int) {
	end := bytes.IndexByte(b[:min(len(b), 12)], ';')
	if end < 2 {
		return 0, 0
	}
	name := string(b[1:end])
	switch name {
	case "lt":
		return '<', 4
	case "gt":
		return '>', 4
	case "amp":
		return '&', 5
	case "quot":
		return '"', 6
	case "apos":
		return '\'', 6
	}
	if name[0] != '#' {
		return 0, 0
	}
	base := 10
	digits := name[1:]
	if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
		base, digits = 16, digits[1:]
	}
	code, err := strconv.ParseUint(digits, base, 21)
	if err != nil {
		return 0, 0
	}
	r = rune(code)
	if !utf8.ValidRune(r) {
		r = utf8.RuneError
	}
	return r, end + 1
}
