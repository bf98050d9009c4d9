package chdb

import (
	"runtime"
	"unsafe"
)

// Insert is a running INSERT that takes its rows piece by piece.
type Insert struct {
	conn *Conn
	ptr  unsafe.Pointer
}

// Insert starts an INSERT. sql holds neither FORMAT nor data.
func (c *Conn) Insert(sql, format string, list ...Param) (*Insert, error) {
	s, sn := text(sql)
	f, fn := text(format)
	p := newParams(list)
	ptr := c.lib.insert(c.handle(), s, sn, f, fn, unsafe.Pointer(&p.names[0]), unsafe.Pointer(&p.nameSizes[0]),
		unsafe.Pointer(&p.values[0]), unsafe.Pointer(&p.valueSizes[0]), uintptr(len(list)))
	runtime.KeepAlive(p)
	runtime.KeepAlive(list)
	i := &Insert{conn: c, ptr: ptr}
	if msg := goString(c.lib.insertError(ptr)); msg != "" {
		i.Close()
		return nil, newError(msg)
	}
	return i, nil
}

// Append hands over data in the format; it blocks while the engine is behind. It reports false if the insert has ended
// with an error, which Done then gives.
func (i *Insert) Append(data []byte) bool {
	if len(data) == 0 {
		return true
	}
	return i.conn.lib.insertAppend(i.ptr, unsafe.Pointer(&data[0]), uintptr(len(data))) == 0
}

// Done ends the data and waits until the rows are inserted.
func (i *Insert) Done() (Stats, error) {
	r, err := i.conn.lib.take(i.conn.lib.insertDone(i.ptr))
	r.Close()
	return r.Stats, err
}

// Close frees the insert, and cancels it if Done was not called. Blocks that the engine has already written stay.
func (i *Insert) Close() {
	if i.ptr != nil {
		i.conn.lib.insertDestroy(i.ptr)
		i.ptr = nil
	}
}
