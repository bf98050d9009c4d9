package sinks

import (
	"path"
	"strconv"

	"github.com/auditwarden/auditwarden/pipeline"
)

type filter struct {
	min   pipeline.Severity
	rules Rules
}

func (f *filter) wants(a pipeline.Alert) bool {
	rank := a.Severity.Rank()
	if rank < 0 {
		rank = pipeline.Critical.Rank() // an unknown severity must not be lost
	}
	if rank < f.min.Rank() {
		return false
	}
	if matches(f.rules.Exclude, a.Rule) {
		return false
	}
	return len(f.rules.Include) == 0 || matches(f.rules.Include, a.Rule)
}

func matches(patterns []string, rule string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, rule); ok && err == nil {
			return true
		}
	}
	return false
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }
