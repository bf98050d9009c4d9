package baseline

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// row writes a row for a person. Strings among args may be anything that somebody wrote into a log: what does not print, line
// breaks, tabs and a terminal's escapes among it, shows as U+FFFD.
func row(w io.Writer, format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = shown(s)
		}
	}
	fmt.Fprintf(w, format, args...)
}

func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
