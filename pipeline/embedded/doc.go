// Package embedded serves ClickHouse's HTTP interface from libchdb.so, ClickHouse as a library.
//
// It guarantees that a statement answered with status 200 and no exception has run to its end in the engine, that the
// read-only users can change nothing and read nothing but what is allowed to them, and that memory does not grow with
// the size of a result or of an insert. It is one engine on one folder in one process: a crash of the engine ends the
// process, and [Supervisor] starts it again. It does not speak the native protocol, nor TLS: it is for loopback.
package embedded
