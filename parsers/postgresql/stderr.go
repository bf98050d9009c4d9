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
	for _, words := range cursorWords {
		text, ok := bytes.CutSuffix(b, field.Bytes(words.after))
		if !ok {
			continue
		}
		n := len(text)
		for n > 0 && text[n-1]-'0' <= 9 {
			n--
		}
		if n < len(text) && bytes.HasSuffix(text[:n], field.Bytes(words.before)) {
			return text[:n-len(words.before)]
		}
	}
	return b
}

// cursorWords stand around the place, in the languages of PostgreSQL 15's catalogues and in Portuguese.
var cursorWords = [...]struct{ before, after string }{
	{" at character ", ""}, {" bei Zeichen ", ""}, {" en carácter ", ""}, {" au caractère ", ""}, {" al carattere ", ""}, {"(", "文字目)"},
	{" სიმბოლოსთან ", ""}, {" ", " 번째 문자 부근"}, {" (символ ", ")"}, {" vid tecken ", ""}, {" символ ", ""}, {" 第 ", " 个字符处"}, {" 在第 ", " 個字元處"},
	{" no caracter ", ""},
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
