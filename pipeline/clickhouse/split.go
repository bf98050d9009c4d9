package clickhouse

import "strings"

// splitStatements cuts a file at the semicolons that end statements: not those in strings, quoted names, comments or
// heredocs. Comments before a statement, and
// statements that hold nothing else, are left out.
func splitStatements(text string) []string {
	var out []string
	start, real := 0, false // where the statement began; whether it holds more than comments
	mark := func(i int) {
		if !real {
			start, real = i, true
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ';':
			if real {
				out = append(out, strings.TrimSpace(text[start:i]))
			}
			i++
			start, real = i, false
		case strings.HasPrefix(text[i:], "--"):
			i = skipTo(text, i, "\n")
		case strings.HasPrefix(text[i:], "/*"):
			i = skipTo(text, i+2, "*/")
		case c == '\'' || c == '"' || c == '`':
			mark(i)
			i = skipQuoted(text, i)
		case c == '$':
			mark(i)
			i = skipHeredoc(text, i)
		default:
			if c > ' ' {
				mark(i)
			}
			i++
		}
	}
	if real {
		out = append(out, strings.TrimSpace(text[start:]))
	}
	return out
}

func skipTo(text string, from int, end string) int {
	if n := strings.Index(text[from:], end); n >= 0 {
		return from + n + len(end)
	}
	return len(text)
}

func skipQuoted(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return len(text)
}

// skipHeredoc skips $tag$ … $tag$.
func skipHeredoc(text string, i int) int {
	n := strings.IndexByte(text[i+1:], '$')
	if n < 0 {
		return i + 1
	}
	tag := text[i : i+n+2]
	for _, c := range tag[1 : len(tag)-1] {
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return i + 1
		}
	}
	return skipTo(text, i+len(tag), tag)
}
