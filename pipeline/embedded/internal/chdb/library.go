// Package chdb binds libchdb.so, ClickHouse as a library, at run time.
//
// It guarantees that every C object it hands out is freed by Close, that no Go memory is kept by C after a call returns,
// and that texts may hold any byte. It does not guard against a crash of the engine: that ends the process. The calls are
// declared in the engine's header, programs/local/chdb.h.
package chdb

import (
	"fmt"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Library is an opened libchdb.so. A process can hold one engine, on one storage path.
type Library struct {
	version           func() string
	setSignalHandlers func(enabled int32)
	connect           func(argc int32, argv unsafe.Pointer) unsafe.Pointer
	closeConn         func(conn unsafe.Pointer)
	shutdown          func() int32

	query       func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) unsafe.Pointer
	streamQuery func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) unsafe.Pointer
	fetch       func(conn, stream unsafe.Pointer) unsafe.Pointer
	cancelQuery func(conn, stream unsafe.Pointer)
	destroy     func(result unsafe.Pointer)

	resultBuffer      func(result unsafe.Pointer) unsafe.Pointer
	resultLength      func(result unsafe.Pointer) uintptr
	resultError       func(result unsafe.Pointer) unsafe.Pointer
	resultElapsed     func(result unsafe.Pointer) float64
	resultRows        func(result unsafe.Pointer) uint64
	resultBytes       func(result unsafe.Pointer) uint64
	resultStorageRows func(result unsafe.Pointer) uint64
	resultStorageSize func(result unsafe.Pointer) uint64
	resultWritten     func(result unsafe.Pointer) uint64
	resultWrittenSize func(result unsafe.Pointer) uint64

	insert        func(conn, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr, names, nameLens, values, valueLens unsafe.Pointer, n uintptr) unsafe.Pointer
	insertAppend  func(stream, data unsafe.Pointer, n uintptr) int32
	insertDone    func(stream unsafe.Pointer) unsafe.Pointer
	insertCancel  func(stream unsafe.Pointer)
	insertError   func(stream unsafe.Pointer) unsafe.Pointer
	insertDestroy func(stream unsafe.Pointer)

	classify func(conn, sql unsafe.Pointer, sqlLen uintptr, database unsafe.Pointer, databaseLen uintptr, analysis unsafe.Pointer) int32
}

// Open loads the library at path and keeps it from installing signal handlers, which would fight Go's.
func Open(path string) (*Library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("open library %s: %w", path, err)
	}
	l := &Library{}
	for _, s := range l.symbols() {
		address, err := purego.Dlsym(handle, s.name)
		if err != nil {
			return nil, fmt.Errorf("open library %s: it has no %s: not the version pinned", path, s.name)
		}
		purego.RegisterFunc(s.function, address)
	}
	l.setSignalHandlers(0)
	return l, nil
}

type symbol struct {
	name     string
	function any
}

func (l *Library) symbols() []symbol {
	return []symbol{
		{"chdb_version", &l.version},
		{"chdb_set_signal_handlers_enabled", &l.setSignalHandlers},
		{"chdb_connect", &l.connect},
		{"chdb_close_conn", &l.closeConn},
		{"chdb_shutdown", &l.shutdown},
		{"chdb_query_with_params_n", &l.query},
		{"chdb_stream_query_with_params_n", &l.streamQuery},
		{"chdb_stream_fetch_result", &l.fetch},
		{"chdb_stream_cancel_query", &l.cancelQuery},
		{"chdb_destroy_query_result", &l.destroy},
		{"chdb_result_buffer", &l.resultBuffer},
		{"chdb_result_length", &l.resultLength},
		{"chdb_result_error", &l.resultError},
		{"chdb_result_elapsed", &l.resultElapsed},
		{"chdb_result_rows_read", &l.resultRows},
		{"chdb_result_bytes_read", &l.resultBytes},
		{"chdb_result_storage_rows_read", &l.resultStorageRows},
		{"chdb_result_storage_bytes_read", &l.resultStorageSize},
		{"chdb_result_rows_written", &l.resultWritten},
		{"chdb_result_bytes_written", &l.resultWrittenSize},
		{"chdb_stream_insert_with_params_n", &l.insert},
		{"chdb_stream_append", &l.insertAppend},
		{"chdb_stream_done", &l.insertDone},
		{"chdb_stream_cancel_insert", &l.insertCancel},
		{"chdb_stream_insert_error", &l.insertError},
		{"chdb_destroy_insert_stream", &l.insertDestroy},
		{"chdb_classify_query_n", &l.classify},
	}
}

// Version is the library's own version, for example "26.7.3".
func (l *Library) Version() string { return l.version() }

// Shutdown stops the engine's threads. Every Conn must be closed. No Conn can be opened afterwards.
func (l *Library) Shutdown() error {
	if l.shutdown() != 0 {
		return fmt.Errorf("shut down engine: a connection or a thread is still alive")
	}
	return nil
}
