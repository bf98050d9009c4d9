package chdb

import (
	"time"
	"unsafe"
)

// Stats says how much work a statement, or one piece of it, was.
type Stats struct {
	Rows, Bytes               uint64 // of the result
	ReadRows, ReadBytes       uint64 // from storage
	WrittenRows, WrittenBytes uint64
	Elapsed                   time.Duration
}

// Add adds o to s.
func (s *Stats) Add(o Stats) {
	s.Rows += o.Rows
	s.Bytes += o.Bytes
	s.ReadRows += o.ReadRows
	s.ReadBytes += o.ReadBytes
	s.WrittenRows += o.WrittenRows
	s.WrittenBytes += o.WrittenBytes
	s.Elapsed += o.Elapsed
}

// Result is a piece of output in the engine's memory.
type Result struct {
	Stats
	lib *Library
	ptr unsafe.Pointer
}

// take reads a chdb_result: an error (and frees it) or a Result, which the caller closes.
func (l *Library) take(ptr unsafe.Pointer) (Result, error) {
	if ptr == nil {
		return Result{}, &Error{Message: "Code: 49. DB::Exception: the engine gave no result. (LOGICAL_ERROR)", Code: 49}
	}
	if msg := goString(l.resultError(ptr)); msg != "" {
		l.destroy(ptr)
		return Result{}, newError(msg)
	}
	return Result{lib: l, ptr: ptr, Stats: Stats{
		Rows: l.resultRows(ptr), Bytes: l.resultBytes(ptr),
		ReadRows: l.resultStorageRows(ptr), ReadBytes: l.resultStorageSize(ptr),
		WrittenRows: l.resultWritten(ptr), WrittenBytes: l.resultWrittenSize(ptr),
		Elapsed: time.Duration(l.resultElapsed(ptr) * float64(time.Second)),
	}}, nil
}

// Data is the output, valid until Close.
func (r Result) Data() []byte {
	if r.ptr == nil {
		return nil
	}
	n := r.lib.resultLength(r.ptr)
	p := r.lib.resultBuffer(r.ptr)
	if n == 0 || p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

// Close frees the result. It may be called on the zero Result.
func (r Result) Close() {
	if r.ptr != nil {
		r.lib.destroy(r.ptr)
	}
}
