package chdb

import (
	"strings"
	"unsafe"
)

// text gives C's view of a string: a pointer, never nil, and a length.
func text(s string) (unsafe.Pointer, uintptr) {
	if s == "" {
		return unsafe.Pointer(&empty[0]), 0
	}
	return unsafe.Pointer(unsafe.StringData(s)), uintptr(len(s))
}

var empty = [1]byte{}

// goString copies a C string, nil for NULL.
func goString(p unsafe.Pointer) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(p, n)) != 0 {
		n++
	}
	return strings.Clone(unsafe.String((*byte)(p), n))
}

// Param is a value for {name:Type} in a statement, in the engine's text form.
type Param struct{ Name, Value string }

// params are parallel C arrays; the pointers stay valid while the struct is referenced.
type params struct {
	names, values         []unsafe.Pointer
	nameSizes, valueSizes []uintptr
}

func newParams(list []Param) *params {
	p := &params{
		names: make([]unsafe.Pointer, len(list)+1), values: make([]unsafe.Pointer, len(list)+1),
		nameSizes: make([]uintptr, len(list)+1), valueSizes: make([]uintptr, len(list)+1),
	}
	for i, l := range list {
		p.names[i], p.nameSizes[i] = text(l.Name)
		p.values[i], p.valueSizes[i] = text(l.Value)
	}
	return p
}
