package slack

import (
	"strings"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

// prose escapes a clean text for mrkdwn so that it formats, mentions and links nothing. The result has at most limit
// bytes; an escape is never cut in two.
func prose(s string, limit int) string { return escape(defang(s), limit, false) }

// inCode escapes a clean text to stand between backticks, which it cannot end.
func inCode(s string, limit int) string { return escape(s, limit, true) }

// defang makes web addresses unfit to click, in the way that incident reports do.
func defang(s string) string { return strings.ReplaceAll(s, "://", "[:]//") }

// formatting are mrkdwn's own characters with their look-alikes. The underscore stays: names are full of it, and all it can
// do is slant.
var formatting = map[rune]string{'*': "∗", '~': "∼", '`': "ˋ"}

func escape(s string, limit int, code bool) string {
	var b strings.Builder
	end := 0 // length of the longest prefix that leaves room for an ellipsis
	for _, r := range s {
		out := string(r)
		switch r {
		case '&':
			out = "&amp;"
		case '<':
			out = "&lt;"
		case '>':
			out = "&gt;"
		case '`', '*', '~':
			if !code || r == '`' {
				out = formatting[r]
			}
		case utf8.RuneError:
			out = "?"
		}
		b.WriteString(out)
		if b.Len() > limit {
			return b.String()[:end] + plain.Ellipsis
		}
		if b.Len() <= limit-len(plain.Ellipsis) {
			end = b.Len()
		}
	}
	return b.String()
}
