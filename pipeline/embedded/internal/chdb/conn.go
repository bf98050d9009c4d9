package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// Conn is a session of the engine: its current database, settings and temporary tables. It runs one statement at a time;
// calls from several goroutines MUST be serialized by the caller.
type Conn struct {
	lib *Library
	ptr unsafe.Pointer // chdb_connection *
}

// Connect opens a session. arguments are options like "--path=/data" (heeded by the first connection of the process)
// and settings like "--max_threads=4". The engine prints the reason of a failure on standard error only.
func (l *Library) Connect(arguments ...string) (*Conn, error) {
	argv := make([]unsafe.Pointer, 0, len(arguments)+2)
	keep := make([][]byte, 0, len(arguments)+1)
	for _, a := range append([]string{"clickhouse"}, arguments...) {
		b := append([]byte(a), 0)
		keep = append(keep, b)
		argv = append(argv, unsafe.Pointer(&b[0]))
	}
	n := len(argv)
	argv = append(argv, nil)
	ptr := l.connect(int32(n), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(keep)
	if ptr == nil {
		return nil, errors.New("connect to engine: refused; the reason is on standard error")
	}
	return &Conn{lib: l, ptr: ptr}, nil
}

// Close ends the session. The Conn, its streams and its inserts must not be used afterwards.
func (c *Conn) Close() {
	if c.ptr != nil {
		c.lib.closeConn(c.ptr)
		c.ptr = nil
	}
}

// handle is the chdb_connection that ptr points to.
func (c *Conn) handle() unsafe.Pointer { return *(*unsafe.Pointer)(c.ptr) }

// Query runs a statement to its end and gives the whole output in the format named.
func (c *Conn) Query(sql, format string, list ...Param) (Result, error) {
	s, sn := text(sql)
	f, fn := text(format)
	p := newParams(list)
	r := c.lib.query(c.handle(), s, sn, f, fn, unsafe.Pointer(&p.names[0]), unsafe.Pointer(&p.nameSizes[0]),
		unsafe.Pointer(&p.values[0]), unsafe.Pointer(&p.valueSizes[0]), uintptr(len(list)))
	runtime.KeepAlive(p)
	runtime.KeepAlive(list)
	return c.lib.take(r)
}

// Exec runs a statement whose output is of no interest.
func (c *Conn) Exec(sql string, list ...Param) error {
	r, err := c.Query(sql, "Null", list...)
	r.Close()
	return err
}

// Class says what a statement would do, by the engine's own parser.
type Class uint32

// The classes, from harmless to unknown.
const (
	ReadOnly       Class = 0 // SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK
	Mutating       Class = 1 // INSERT, CREATE, ALTER, DROP, …
	MutatingGlobal Class = 2 // functions, users, named collections, …
	Control        Class = 3 // USE, SET, ATTACH, SYSTEM, BACKUP, KILL, INTO OUTFILE, INSERT INTO FUNCTION
	Unknown        Class = 4 // did not parse
)

// Analysis is the engine's view of a text.
type Analysis struct {
	Statements int
	Class      Class // the most restricted of the statements' classes
}

// Classify parses without running anything.
func (c *Conn) Classify(sql string) (Analysis, error) {
	out := struct{ size, statements, flags, class uint32 }{}
	out.size = uint32(unsafe.Sizeof(out))
	s, sn := text(sql)
	if c.lib.classify(c.handle(), s, sn, nil, 0, unsafe.Pointer(&out)) != 0 {
		return Analysis{Class: Unknown}, fmt.Errorf("classify statement: the engine refused")
	}
	return Analysis{Statements: int(out.statements), Class: Class(out.class)}, nil
}
