package serveraudit

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// unescape undoes the plugin's escapes: \b \t \n \f \r \' \\. Old versions write only the last two: control says that another
// was there. An unknown one keeps both its bytes.
func unescape(b []byte, a *field.Arena) (text []byte, control bool) {
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		return b, false
	}
	out := a.Take(len(b))
	n := 0
	for i >= 0 && i+1 < len(b) {
		n += copy(out[n:], b[:i])
		c := b[i+1]
		b = b[i+2:]
		if plain := escapes[c]; plain != 0 {
			out[n] = plain
			control = control || plain < ' '
			n++
		} else {
			out[n], out[n+1] = '\\', c
			n += 2
		}
		i = bytes.IndexByte(b, '\\')
	}
	n += copy(out[n:], b)
	return a.Trim(out, n), control
}

var escapes = [256]byte{'b': '\b', 't': '\t', 'n': '\n', 'f': '\f', 'r': '\r', '\'': '\'', '\\': '\\'}
