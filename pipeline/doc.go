// Package pipeline holds what every other package agrees on: records, events, statements, alerts, the
// contracts between the stages, and the runner that joins them.
//
// It guarantees that a source's position moves only after everything it covers is durable, and that lines read =
// lines in events + lines unparsed + lines skipped. It does not read, parse, store or send anything itself, and it
// imports the standard library only.
package pipeline
