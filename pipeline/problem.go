package pipeline

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with a configuration: where, and how to mend it.
type Problem struct {
	Path    string // for example "sinks[1].slack.webhook_url"
	Message string // says what is wrong and what to write instead
}

func (p Problem) Error() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Problems lists all that is wrong at once.
type Problems []Problem

// Add notes one more problem.
func (ps *Problems) Add(path, format string, args ...any) {
	*ps = append(*ps, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

// Under adds others' problems, with their paths below prefix.
func (ps *Problems) Under(prefix string, others Problems) {
	for _, o := range others {
		switch {
		case o.Path == "":
			o.Path = prefix
		case strings.HasPrefix(o.Path, "["):
			o.Path = prefix + o.Path
		default:
			o.Path = prefix + "." + o.Path
		}
		*ps = append(*ps, o)
	}
}

// Err is nil if there are none, else an error with one problem a line.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}
