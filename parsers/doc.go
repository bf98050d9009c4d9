// Package parsers turns the raw records of a source into events: it recognises the format, unwraps what shippers put
// around it, joins records that come in pieces, and links the lines of one session.
//
// It guarantees that every record given ends up, with its lines and bytes, in exactly one of events, unparsed and skipped;
// that the same records in the same order give the same events; that memory is bounded by the configuration whatever the
// input; and that no text inside a statement becomes a record of its own. It has no clock, does no I/O and logs nothing.
// It cannot restore what a transport lost: such events are marked Truncated or Partial.
//
// The formats are in packages of their own; this one holds what they share: [New], the recogniser, the joiner and the
// sessions.
package parsers
