package field

import (
	"bytes"
	"unicode/utf8"
	"unsafe"
)

// String views b as a string without copying. The caller promises that b never changes.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Bytes views s as bytes without copying. Nobody may write to them.
func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// slab is how much an Arena asks for at a time. A text larger than a quarter of it gets memory of its own, so that one
// long-lived string never keeps more than a slab alive.
const slab = 64 << 10

// Arena hands out memory for rewritten texts from large slabs, so that the cost of an allocation is shared by many. It
// never takes memory back: the collector frees a slab when no string points into it. Not for concurrent use.
type Arena struct {
	slab    []byte
	used    int
	strings []string
}

// Take returns n bytes.
func (a *Arena) Take(n int) []byte {
	if n > slab/4 {
		return make([]byte, n)
	}
	if n > len(a.slab)-a.used {
		a.slab, a.used = make([]byte, slab), 0
	}
	b := a.slab[a.used : a.used+n : a.used+n]
	a.used += n
	return b
}

// Trim keeps b[:n] of what the last Take returned and gives the rest back.
func (a *Arena) Trim(b []byte, n int) []byte {
	if len(b) <= slab/4 {
		a.used -= len(b) - n
	}
	return b[:n:n]
}

// Strings returns room for n strings.
func (a *Arena) Strings(n int) []string {
	if n > len(a.strings) {
		a.strings = make([]string, max(n, 256))
	}
	s := a.strings[:0:n]
	a.strings = a.strings[n:]
	return s
}

// Undouble replaces each `""` by `"`. Without any it returns b itself.
func (a *Arena) Undouble(b []byte) []byte {
	i := bytes.IndexByte(b, '"')
	if i < 0 {
		return b
	}
	out := a.Take(len(b))
	n := 0
	for i >= 0 {
		i++ // keep one quote, drop the next if it is one too
		n += copy(out[n:], b[:i])
		if i < len(b) && b[i] == '"' {
			i++
		}
		b = b[i:]
		i = bytes.IndexByte(b, '"')
	}
	n += copy(out[n:], b)
	return a.Trim(out, n)
}

// Valid returns b if it is valid UTF-8, else a copy in which each run of invalid bytes is one U+FFFD.
func Valid(b []byte) []byte {
	if utf8.Valid(b) {
		return b
	}
	return bytes.ToValidUTF8(b, []byte("\uFFFD"))
}
