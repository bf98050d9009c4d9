package stdout

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

const (
	width  = 100 // columns
	indent = 12  // columns of the label
)

// render lays out a, whose texts are clean: who, what, since when, why it is odd, what to do.
func render(a pipeline.Alert, color bool) string {
	var b strings.Builder
	head := fmt.Sprintf("%s  %s  %s", label(a.Severity), a.Rule, a.Title)
	if color {
		head = paint(a.Severity) + head + "\x1b[0m"
	}
	b.WriteString(head + "\n")
	field := func(name, text string) {
		if text == "" {
			return
		}
		tag := fmt.Sprintf("  %-*s", indent-2, name)
		if color {
			tag = "\x1b[2m" + tag + "\x1b[0m"
		}
		b.WriteString(tag + wrap(text) + "\n")
	}
	field("who", who(a))
	field("what", a.Summary)
	field("since", since(a))
	field("why odd", a.Reason)
	field("do", a.Response)
	for i, e := range a.Evidence {
		if i == shown {
			field("", fmt.Sprintf("and %d more shapes of statement", len(a.Evidence)-shown))
			break
		}
		field([]string{"evidence", ""}[min(i, 1)], evidence(e))
	}
	field("numbers", strings.Join(plain.Pairs(a.Numbers), ", "))
	field("signals", strings.Join(a.Signals, ", "))
	field("ATT&CK", strings.Join(a.Attack, ", "))
	field("controls", strings.Join(a.Controls, ", "))
	field("look", a.Query)
	field("read", strings.Join(a.References, " "))
	field("alert", a.ID)
	b.WriteByte('\n')
	return b.String()
}

// shown is how many pieces of evidence are printed.
const shown = 3

func label(s pipeline.Severity) string {
	if s == "" {
		return "ALERT"
	}
	return strings.ToUpper(string(s))
}

func paint(s pipeline.Severity) string {
	switch s {
	case pipeline.Critical:
		return "\x1b[1;97;41m"
	case pipeline.High:
		return "\x1b[1;31m"
	case pipeline.Warning:
		return "\x1b[1;33m"
	}
	return "\x1b[1;36m"
}

func who(a pipeline.Alert) string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"role", a.Role}, {"database", a.Database}, {"cluster", a.Cluster}, {"from", a.Client}, {"application", a.Application},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+quote(p.value))
		}
	}
	return strings.Join(parts, ", ")
}

// quote puts a name in quotes unless it is a simple one, so that a name cannot pass for more of the list.
func quote(name string) string {
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.:/@[]", r) {
			return "“" + strings.NewReplacer("“", `\u201c`, "”", `\u201d`).Replace(name) + "”"
		}
	}
	return name
}

const stamp = "2006-01-02 15:04:05 UTC"

func since(a pipeline.Alert) string {
	events := fmt.Sprintf("%d events", a.Events)
	if a.Events == 1 {
		events = "1 event"
	}
	switch {
	case a.FirstSeen.IsZero():
		return events
	case !a.LastSeen.After(a.FirstSeen):
		return a.FirstSeen.UTC().Format(stamp) + ", " + events
	}
	took := a.LastSeen.Sub(a.FirstSeen).Round(time.Second)
	return fmt.Sprintf("%s, last %s (%s), %s", a.FirstSeen.UTC().Format(stamp), a.LastSeen.UTC().Format(stamp), took, events)
}

func evidence(e pipeline.Evidence) string {
	text := e.Normalized
	if text == "" {
		text = e.Kind
	}
	out := fmt.Sprintf("%d× %s", e.Count, plain.Cut(text, 500))
	if e.Fingerprint != "" {
		out += " [" + e.Fingerprint + "]"
	}
	if e.Outcome != "" {
		out += " " + string(e.Outcome)
	}
	return out
}

// wrap breaks text at blanks so that lines end before width; following lines are indented past the labels, so that no
// text can pass for a label. A word longer than a line is broken.
func wrap(text string) string {
	var b strings.Builder
	column := indent
	newline := func() {
		b.WriteString("\n" + strings.Repeat(" ", indent))
		column = indent
	}
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		if i > 0 {
			if column+1+n > width && column > indent {
				newline()
			} else {
				b.WriteByte(' ')
				column++
			}
		}
		for column+n > width && column < width {
			at := runes(word, width-column)
			b.WriteString(word[:at])
			word, n = word[at:], n-(width-column)
			newline()
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// runes is the length in bytes of the first n characters of s.
func runes(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
