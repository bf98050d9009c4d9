package chdb

import (
	"runtime"
	"unsafe"
)

// Stream is a running query whose output is fetched piece by piece.
type Stream struct {
	conn *Conn
	ptr  unsafe.Pointer
	over bool
}

// Stream starts a query. Errors in parsing and planning come here, later ones from Fetch.
func (c *Conn) Stream(sql, format string, list ...Param) (*Stream, error) {
	s, sn := text(sql)
	f, fn := text(format)
	p := newParams(list)
	r := c.lib.streamQuery(c.handle(), s, sn, f, fn, unsafe.Pointer(&p.names[0]), unsafe.Pointer(&p.nameSizes[0]),
		unsafe.Pointer(&p.values[0]), unsafe.Pointer(&p.valueSizes[0]), uintptr(len(list)))
	runtime.KeepAlive(p)
	runtime.KeepAlive(list)
	if _, err := c.lib.take(r); err != nil {
		return nil, err
	}
	return &Stream{conn: c, ptr: r}, nil
}

// Fetch gives the next piece; a Result without data ends the stream. The caller closes the Result.
func (s *Stream) Fetch() (Result, error) {
	r, err := s.conn.lib.take(s.conn.lib.fetch(s.conn.handle(), s.ptr))
	if err != nil || len(r.Data()) == 0 {
		s.over = true
	}
	return r, err
}

// Close ends the query if it still runs.
func (s *Stream) Close() {
	if s.ptr == nil {
		return
	}
	if !s.over {
		s.conn.lib.cancelQuery(s.conn.handle(), s.ptr)
	}
	s.conn.lib.destroy(s.ptr)
	s.ptr = nil
}
