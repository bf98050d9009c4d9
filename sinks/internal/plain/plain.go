// Package plain makes texts that an attacker may have written fit to be shown to a person.
//
// What it returns is valid UTF-8 on one line and holds printable characters only: no terminal escapes, no
// bidirectional overrides, nothing invisible. It does not escape the markup of any one sink; sinks do that on top.
package plain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ellipsis ends a text that was cut.
const Ellipsis = "…"

// maxMarks is how many combining marks may follow one another: enough for any language, too few to paint over lines.
const maxMarks = 3

// Name cleans an identifier (role, database, application). Line breaks show as \n, so that two names that differ look
// different. The result has at most limit bytes.
func Name(s string, limit int) string { return clean(s, limit, false) }

// Prose cleans a sentence or a statement: any run of white space becomes one blank. The result has at most limit bytes.
func Prose(s string, limit int) string { return clean(s, limit, true) }

func clean(s string, limit int, fold bool) string {
	var b strings.Builder
	marks, blank := 0, false
	for i := 0; i < len(s); {
		r, w := utf8.DecodeRuneInString(s[i:])
		first := s[i]
		i += w
		if fold && unicode.IsSpace(r) {
			blank = true
			continue
		}
		marks = countMarks(marks, r)
		out := show(r, w == 1 && r == utf8.RuneError, first, marks)
		if blank {
			if b.Len() > 0 {
				out = " " + out
			}
			blank = false
		}
		b.WriteString(out)
		if b.Len() > limit {
			break
		}
	}
	return Cut(b.String(), limit)
}

func countMarks(marks int, r rune) int {
	if unicode.Is(unicode.M, r) {
		return marks + 1
	}
	return 0
}

func show(r rune, invalid bool, raw byte, marks int) string {
	switch {
	case invalid:
		return fmt.Sprintf(`\x%02x`, raw)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case Printable(r) && marks <= maxMarks:
		return string(r)
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Printable reports whether r shows as itself and moves nothing else: letters, marks, numbers, punctuation, symbols and
// the ASCII blank, less those that look like nothing at all.
func Printable(r rune) bool {
	switch {
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x2800, r == 0x3164, r == 0xffa0, r == utf8.RuneError:
		return false // joiner, Hangul fillers, empty Braille
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef:
		return false // variation selectors
	}
	return unicode.IsPrint(r)
}

// Cut shortens s to at most limit bytes, at the border of a character, with an ellipsis where something was lost.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := limit - len(Ellipsis)
	if n < 0 {
		return ""
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + Ellipsis
}

// JSON rewrites a JSON text so that it holds printable characters only: every other one becomes a \u escape, which
// decodes to the same value. Consumers get exact data, terminals that show the raw text are safe.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, w := utf8.DecodeRune(text)
		here := text[:w]
		text = text[w:]
		switch {
		case r == '\n' || (Printable(r) && r != 0x7f):
			out = append(out, here...)
		case r >= 0x10000:
			hi, lo := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}
