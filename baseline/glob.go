package baseline

import (
	"fmt"
	"regexp"
	"strings"
)

// GlobRegexp turns a glob into an anchored regular expression.
func GlobRegexp(glob string) string {
	var b strings.Builder
	b.WriteString("^")
	for _, c := range glob {
		switch c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString(".")
		case '[', ']':
			b.WriteRune(c)
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteString("$")
	return b.String()
}

// Glob is a predicate: what column holds fits the glob.
func Glob(column, glob string) string {
	if !strings.ContainsAny(glob, `*?[\`) {
		return column + " = " + Quote(glob)
	}
	return fmt.Sprintf("match(%s, %s)", column, Quote(GlobRegexp(glob)))
}

// AnyGlob is a predicate: what column holds fits one of the globs.
func AnyGlob(column string, globs []string) string {
	if len(globs) == 0 {
		return "0"
	}
	parts := make([]string, len(globs))
	for i, g := range globs {
		parts[i] = Glob(column, g)
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}
