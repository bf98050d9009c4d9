package envelope

import (
	"bytes"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// longestName bounds the name of a container before its lines.
const longestName = 256

// Compose reads a line as `docker compose logs` writes it: `db-1  | text`.
func Compose(b []byte) (in Inner, ok bool) {
	n := 0
	for n < len(b) && n < longestName && nameByte(b[n]) {
		n++
	}
	bar := n
	for bar < len(b) && bar < longestName && b[bar] == ' ' {
		bar++
	}
	if n == 0 || bar == n || bar >= len(b) || b[bar] != '|' {
		return in, false
	}
	text := b[bar+1:]
	if len(text) > 0 && text[0] != ' ' {
		return in, false
	}
	return named(b[:n], bytes.TrimPrefix(text, []byte{' '})), true
}

// Pod reads a line as `kubectl logs --prefix` writes it: `[pod/db-0/postgres] text`.
func Pod(b []byte) (in Inner, ok bool) {
	rest, ok := bytes.CutPrefix(b, []byte("[pod/"))
	end := bytes.IndexByte(rest[:min(len(rest), longestName)], ']')
	if !ok || end < 0 {
		return in, false
	}
	pod, container, ok := bytes.Cut(rest[:end], []byte{'/'})
	text := rest[end+1:]
	if !ok || len(pod) == 0 || len(container) == 0 || len(text) > 0 && text[0] != ' ' {
		return in, false
	}
	in = named(rest[:end], bytes.TrimPrefix(text, []byte{' '}))
	in.Host = field.String(pod)
	return in, true
}

// Tail reads what `aws logs tail` writes after the time: the log stream, and the text.
func Tail(b []byte) (in Inner, ok bool) {
	i := bytes.IndexByte(b[:min(len(b), longestName)], ' ')
	if i <= 0 || b[0] == '\t' { // a further line of a text
		return in, false
	}
	return named(b[:i], b[i+1:]), true
}

func named(name, text []byte) Inner {
	return Inner{Text: text, Host: field.String(name), Sub: "\x00" + string(name)}
}

func nameByte(c byte) bool {
	return (c|0x20)-'a' < 26 || c-'0' <= 9 || c == '.' || c == '-' || c == '_'
}

// Fluentd reads a line of its file output, `TIME<tab>TAG<tab>{…}`, or of its standard output, `TIME.NANOSECONDS ZONE TAG: {…}`.
func Fluentd(b []byte, clock *stamp.Clock) (in Inner, ok bool) {
	t, _, n := clock.Civil(b)
	if n == 0 || n+1 >= len(b) {
		return in, false
	}
	before, after := "\t", "\t"
	if b[10] == ' ' {
		if len(b) < 30 || b[19] != '.' || field.Digits(b[20:]) != 9 {
			return in, false
		}
		before, after = " ", ": "
	}
	rest, ok := bytes.CutPrefix(b[n:], []byte(before))
	if !ok {
		return in, false
	}
	tag, object, ok := bytes.Cut(rest, []byte(after))
	if !ok || len(tag) == 0 || bytes.IndexByte(tag, ' ') >= 0 || len(object) == 0 || object[0] != '{' {
		return in, false
	}
	return Inner{Text: object, Time: t, Sub: "\x00" + string(tag)}, true
}

// Fluent walks an array of Fluent Bit or fluentd's forward protocol, `[TIME, {…}]`, `[[TIME, {metadata}], {…}]`, `["tag", TIME, {…}]` or
// `["tag", [[TIME, {…}], …]]`, and calls f, if not nil, for each record with its time. It returns how many there are, 0 if b is none of these, and what
// follows the array.
func Fluent(b []byte, a *field.Arena, f func(time.Time, []byte)) (n int, rest []byte) {
	var at time.Time
	n, rest, ok := fluent(b, a, &at, 3, f)
	if !ok {
		return 0, nil
	}
	return n, rest
}

func fluent(b []byte, a *field.Arena, at *time.Time, depth int, f func(time.Time, []byte)) (n int, rest []byte, ok bool) {
	if depth == 0 {
		return 0, nil, false
	}
	var head []byte // an array that stands first: of the time and metadata if a record follows, else a record itself
	list := jsonscan.Walk(b)
	for i := 0; ; i++ {
		_, v, more := list.Next()
		if head != nil && !(more && i == 1 && v.Kind == jsonscan.Object) {
			inner, _, ok := fluent(head, a, at, depth-1, f)
			if n += inner; !ok {
				return n, nil, false
			}
			head = nil
		}
		switch {
		case !more:
			return n, list.Rest(), list.Err == nil
		case v.Kind == jsonscan.Number:
			*at, _ = stamp.Epoch(v.Raw)
		case v.Kind == jsonscan.String && i == 0: // tag, or a time in words
			*at, _ = instant(v.Text(a))
		case v.Kind == jsonscan.Array:
			head = v.Raw
		case v.Kind != jsonscan.Object:
			return n, nil, false
		default:
			if head != nil {
				*at = headTime(head)
				head = nil
			}
			if n++; f != nil {
				f(*at, v.Raw)
			}
		}
	}
}

// headTime reads the time of `[TIME, {metadata}]`.
func headTime(b []byte) time.Time {
	list := jsonscan.Walk(b)
	_, v, _ := list.Next()
	t, _ := stamp.Epoch(v.Raw)
	return t
}
