package chdb

import (
	"regexp"
	"strconv"
)

// Error is an exception of the engine: its number (https://clickhouse.com/codebrowser, ErrorCodes.cpp) and text.
type Error struct {
	Code    int
	Name    string // for example UNKNOWN_TABLE; empty if the text has none
	Message string // the whole text: "Code: 60. DB::Exception: …. (UNKNOWN_TABLE)"
}

func (e *Error) Error() string { return e.Message }

var (
	codePattern = regexp.MustCompile(`Code: ([0-9]+)\. DB::`)
	namePattern = regexp.MustCompile(`\(([A-Z][A-Z0-9_]+)\)`)
)

// unknown is the engine's UNKNOWN_EXCEPTION.
const unknown = 1002

func newError(msg string) *Error {
	e := &Error{Message: msg, Code: unknown}
	if m := codePattern.FindStringSubmatch(msg); m != nil {
		e.Code, _ = strconv.Atoi(m[1])
	}
	if m := namePattern.FindAllStringSubmatch(msg, -1); m != nil {
		e.Name = m[len(m)-1][1]
	}
	return e
}
