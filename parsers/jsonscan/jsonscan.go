// Package jsonscan reads JSON objects without building them: it hands over one key and value at a time, as slices of
// the input.
//
// It guarantees that a value is complete and well nested to [MaxDepth], and that strings come out as valid UTF-8 (a lone
// surrogate becomes U+FFFD). It does not check what it skips further than its quotes and brackets, and allows duplicate
// keys: every one is handed over.
package jsonscan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// MaxDepth bounds nesting.
const MaxDepth = 64

// Kind of a value.
type Kind uint8

// The kinds of value.
const (
	Null Kind = iota
	String
	Number
	Bool
	Object
	Array
)

// Value is one value of the input. For a String, Raw is what stands between the quotes, still escaped.
type Value struct {
	Raw     []byte
	Kind    Kind
	Escaped bool // Raw holds backslashes
}

// Faults of JSON texts.
var (
	ErrSyntax = &field.Fault{Reason: "bad_json", Sentence: "JSON record: not well-formed"}
	ErrShort  = &field.Fault{Reason: "short_json", Sentence: "JSON record: ends before its closing bracket"}
)

// Scanner walks one object or array.
type Scanner struct {
	b     []byte
	i     int
	array bool
	first bool
	Err   error
}

// Walk starts on the object or array at the start of b.
func Walk(b []byte) Scanner {
	s := Scanner{b: b, first: true}
	s.blank()
	if s.i >= len(b) || (b[s.i] != '{' && b[s.i] != '[') {
		s.Err = ErrSyntax
		return s
	}
	s.array = b[s.i] == '['
	s.i++
	return s
}

// Rest is what follows the object, once Next has returned false without an error.
func (s *Scanner) Rest() []byte { return s.b[s.i:] }

// Next hands over the next member (key is nil in an array); false at the end or on an error.
func (s *Scanner) Next() (key []byte, v Value, ok bool) {
	if s.Err != nil {
		return nil, v, false
	}
	b := s.b
	i := s.i
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	if i < len(b) && b[i] == ',' && !s.first {
		i++
		for i < len(b) && b[i] <= ' ' {
			i++
		}
	} else if i < len(b) && (b[i] == '}' && !s.array || b[i] == ']' && s.array) {
		s.i = i + 1
		return nil, v, false
	} else if !s.first {
		return nil, v, s.fail(i)
	}
	s.first = false
	if !s.array {
		if i >= len(b) || b[i] != '"' {
			return nil, v, s.fail(i)
		}
		end, _ := stringEnd(b, i+1)
		if end < 0 {
			return nil, v, s.fail(len(b))
		}
		key = b[i+1 : end]
		i = end + 1
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) || b[i] != ':' {
			return nil, v, s.fail(i)
		}
		i++
	}
	s.i = i
	v, ok = s.value()
	return key, v, ok
}

func (s *Scanner) fail(i int) bool {
	s.Err = ErrSyntax
	if i >= len(s.b) {
		s.Err = ErrShort
	}
	return false
}

func (s *Scanner) blank() {
	for s.i < len(s.b) && s.b[s.i] <= ' ' {
		s.i++
	}
}

func (s *Scanner) value() (v Value, ok bool) {
	s.blank()
	b, i := s.b, s.i
	if i >= len(b) {
		return v, s.fail(i)
	}
	switch c := b[i]; {
	case c == '"':
		end, esc := stringEnd(b, i+1)
		if end < 0 {
			return v, s.fail(len(b))
		}
		s.i = end + 1
		return Value{Raw: b[i+1 : end], Kind: String, Escaped: esc}, true
	case c == '{' || c == '[':
		end, err := skipNested(b, i)
		if err != nil {
			s.Err = err
			return v, false
		}
		s.i = end
		v = Value{Raw: b[i:end], Kind: Object}
		if c == '[' {
			v.Kind = Array
		}
		return v, true
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	if i == len(b) {
		return v, s.fail(i)
	}
	word := b[s.i:i]
	s.i = i
	switch {
	case string(word) == "null":
		return Value{Raw: word, Kind: Null}, true
	case string(word) == "true" || string(word) == "false":
		return Value{Raw: word, Kind: Bool}, true
	case len(word) > 0 && (word[0] == '-' || word[0]-'0' <= 9):
		return Value{Raw: word, Kind: Number}, true
	}
	s.Err = ErrSyntax
	return v, false
}

// stringEnd finds the closing quote of a string whose text starts at i; -1 if there is none.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	start := i
	for {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1, escaped
		}
		i += j
		k := i - 1
		for k >= start && b[k] == '\\' {
			k--
		}
		if (i-k)&1 == 1 { // an even number of backslashes before it
			return i, escaped || i-k > 1 || bytes.IndexByte(b[start:i], '\\') >= 0
		}
		escaped = true
		i++
	}
}

// skipNested finds the end of the object or array at i.
func skipNested(b []byte, i int) (int, error) {
	var stack [MaxDepth]byte
	depth := 0
	for i < len(b) {
		switch c := b[i]; c {
		case '"':
			end, _ := stringEnd(b, i+1)
			if end < 0 {
				return 0, ErrShort
			}
			i = end
		case '{', '[':
			if depth == MaxDepth {
				return 0, ErrSyntax
			}
			stack[depth] = c + 2 // '}' and ']' stand two after their opening ones
			depth++
		case '}', ']':
			depth--
			if stack[depth] != c {
				return 0, ErrSyntax
			}
			if depth == 0 {
				return i + 1, nil
			}
		}
		i++
	}
	return 0, ErrShort
}

// Text is a value as text: a string unescaped, a number or truth value as written. Null, objects and arrays have none.
func (v Value) Text(a *field.Arena) []byte {
	switch {
	case v.Kind == Null, v.Kind == Object, v.Kind == Array:
		return nil
	case v.Kind == String && v.Escaped:
		return Unescape(v.Raw, a)
	}
	return v.Raw
}

// Int is a value as an integer: a number, or a string that holds one.
func (v Value) Int() (int64, bool) {
	if v.Kind != Number && v.Kind != String {
		return 0, false
	}
	return field.Int(v.Raw)
}

// Unescape undoes JSON's escapes. An escape that JSON does not know is kept as it is.
func Unescape(b []byte, a *field.Arena) []byte {
	out := a.Take(len(b))
	n := 0
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 || i+1 >= len(b) {
			n += copy(out[n:], b)
			return a.Trim(out, n)
		}
		n += copy(out[n:], b[:i])
		b = b[i+1:]
		took := 1
		switch c := b[0]; c {
		case 'n':
			out[n] = '\n'
		case 't':
			out[n] = '\t'
		case 'r':
			out[n] = '\r'
		case 'b':
			out[n] = '\b'
		case 'f':
			out[n] = '\f'
		case '"', '\\', '/':
			out[n] = c
		case 'u':
			r, t := unicodeEscape(b)
			if t == 0 {
				out[n] = '\\'
				took = 0
				break
			}
			n += utf8.EncodeRune(out[n:n+4:len(out)], r) - 1
			took = t
		default:
			out[n] = '\\'
			took = 0
		}
		n++
		b = b[took:]
	}
}

// unicodeEscape reads uXXXX, or two of them that make a pair; lone halves become U+FFFD. 0 if the digits are wrong.
func unicodeEscape(b []byte) (rune, int) {
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 5
	}
	if len(b) >= 11 && b[5] == '\\' {
		if low, ok := hex4(b[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 11
			}
		}
	}
	return utf8.RuneError, 5
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[1:5] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case (c|0x20)-'a' < 6:
			c = (c | 0x20) - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// Get follows keys down from an object; in arrays it takes the first element. The first of duplicate keys counts.
func Get(b []byte, path ...string) (Value, bool) {
	v := Value{Raw: b, Kind: Object}
	for _, name := range path {
		if v.Kind == Array {
			s := Walk(v.Raw)
			_, first, ok := s.Next()
			if !ok {
				return Value{}, false
			}
			v = first
		}
		if v.Kind != Object {
			return Value{}, false
		}
		found := false
		s := Walk(v.Raw)
		for key, item, ok := s.Next(); ok; key, item, ok = s.Next() {
			if string(key) == name {
				v, found = item, true
				break
			}
		}
		if !found {
			return Value{}, false
		}
	}
	return v, true
}

// Text is Get as text; empty where there is none.
func Text(b []byte, a *field.Arena, path ...string) string {
	v, ok := Get(b, path...)
	if !ok {
		return ""
	}
	return field.String(v.Text(a))
}

// Int is Get as an integer: a number, or a string that holds one.
func Int(b []byte, path ...string) (int64, bool) {
	v, ok := Get(b, path...)
	if !ok {
		return 0, false
	}
	return v.Int()
}
