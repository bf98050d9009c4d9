package postgresql

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/field"
)

// SetMessage stores the text after a severity as stderr has it: with AlloyDB's source position before it and the place in
// the statement behind it, which other layouts keep in columns of their own.
func (e *Entry) SetMessage(b []byte) {
	if len(b) > 4 && b[0] == '[' {
		b = e.sourcePosition(b)
	}
	switch e.Severity {
	case "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE":
		b = cutCursor(b)
	}
	e.Message = b
}

// sourcePosition takes `[file.c:123]` and the blanks after it off.
func (e *Entry) sourcePosition(b []byte) []byte {
	i := bytes.IndexByte(b, ']')
	if i < 0 || i > 80 {
		return b
	}
	file, line, ok := bytes.Cut(b[1:i], []byte{':'})
	if !ok || !bytes.HasSuffix(file, []byte(".c")) || field.Digits(line) != len(line) {
		return b
	}
	return bytes.TrimLeft(b[i+1:], " ")
}

// cutCursor takes ` at character 15` off the end.
func cutCursor(b []byte) []byte {
	n := len(b)
	for n > 0 && b[n-1]-'0' <= 9 {
		n--
	}
	if n == len(b) {
		return b
	}
	for _, words := range cursorWords {
		if bytes.HasSuffix(b[:n], field.Bytes(words)) {
			return b[:n-len(words)]
		}
	}
	return b
}

// cursorWords stands before the place, in the languages that put the number last.
var cursorWords = [...]string{
	" at character ", " bei Zeichen ", " en carácter ", " au caractère ", " al carattere ", " vid tecken ", " символ ", " сим. ", " no caracter ",
}

// SetLabelled stores the text of a labelled line.
func (e *Entry) SetLabelled(label, text string) {
	switch label {
	case labelDetail:
		e.Detail = text
	case labelHint:
		e.Hint = text
	case labelQuery:
		e.InternalQuery = text
	case labelContext:
		e.Context = text
	case labelStatement:
		e.Statement = text
	case labelLocation:
		e.Location = text
	}
}
