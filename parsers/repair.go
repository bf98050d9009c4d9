package parsers

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/jsonscan"
)

// repair closes an object that was cut off somewhere, as log routers do at their size limits, so that what is there can be
// read. It returns nil if no way of closing gives an object of a known kind or a wrapper with a text.
func repair(raw []byte) []byte {
	stack, quoted, end := openAt(raw)
	if len(stack) == 0 || len(stack) > jsonscan.MaxDepth {
		return nil
	}
	base := append(make([]byte, 0, end+len(stack)+8), raw[:end]...)
	if quoted {
		base = append(base, '"')
	} else {
		base = bytes.TrimRight(base, " \t\r\n,")
	}
	for _, middle := range [...]string{"", ":null", "null"} { // a value, a key, or a colon stood last
		try := append(base[:len(base):len(base)], middle...)
		for i := len(stack) - 1; i >= 0; i-- {
			try = append(try, stack[i]+2) // '}' and ']' stand two after their opening ones
		}
		if _, _, err := classify(try); err == nil {
			return try
		}
	}
	return nil
}

// openAt gives the brackets open at the end of b, whether a string is, and where b may be cut so that no escape is halved.
func openAt(b []byte) (stack []byte, quoted bool, end int) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case quoted && c == '\\':
			n := 2
			if i+1 < len(b) && b[i+1] == 'u' {
				n = 6
			}
			if i+n > len(b) {
				return stack, true, i
			}
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if len(stack) > jsonscan.MaxDepth {
				return stack, quoted, i
			}
			stack = append(stack, c)
		case c == '}' || c == ']':
			if len(stack) == 0 {
				return nil, false, i
			}
			stack = stack[:len(stack)-1]
		}
	}
	return stack, quoted, len(b)
}
