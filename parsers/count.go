package parsers

import "strings"

// countStatements counts the statements of a PostgreSQL text: what is between semicolons outside quotes, comments and
// dollar quotes, if it holds more than blanks.
func countStatements(sql string) int {
	n, empty := 0, true
	for i := 0; i < len(sql); i++ {
		switch c := sql[i]; {
		case c == ';':
			if !empty {
				n++
			}
			empty = true
		case c == '\'' || c == '"':
			i = skipPast(sql, i+1, sql[i:i+1])
			empty = false
		case c == '-' && strings.HasPrefix(sql[i:], "--"):
			i = skipPast(sql, i, "\n")
		case c == '/' && strings.HasPrefix(sql[i:], "/*"):
			i = skipPast(sql, i+2, "*/")
		case c == '$':
			i = skipDollar(sql, i)
			empty = false
		case c != ' ' && c != '\n' && c != '\t' && c != '\r':
			empty = false
		}
	}
	if !empty {
		n++
	}
	return n
}

// skipPast gives the index of the last byte of the next mark from i on, or the end.
func skipPast(s string, i int, mark string) int {
	if i > len(s) {
		return len(s)
	}
	if j := strings.Index(s[i:], mark); j >= 0 {
		return i + j + len(mark) - 1
	}
	return len(s)
}

// skipDollar skips $tag$…$tag$; a $ that starts none is skipped alone.
func skipDollar(s string, i int) int {
	j := i + 1
	for j < len(s) && (s[j] == '_' || (s[j]|0x20)-'a' < 26 || s[j] >= 0x80 || j > i+1 && s[j]-'0' <= 9) {
		j++
	}
	if j >= len(s) || s[j] != '$' {
		return i
	}
	return skipPast(s, j+1, s[i:j+1])
}
