package baseline

import (
	"fmt"
	"path"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Config says when a profile is settled enough to be compared with.
type Config struct {
	// LearningDays is how long a role must have been known, by event time, before anything about it counts as new.
	LearningDays int `yaml:"learning_days"`
	// ActiveDays is on how many different days it must have been seen before.
	ActiveDays int `yaml:"active_days"`
	// StaleDays is after how many days without activity a profile is stale and its role dormant.
	StaleDays int `yaml:"stale_days"`
	// RecentDays is over how many of its latest days with activity a role that shows new things of one kind counts as
	// unsettled in it.
	RecentDays int `yaml:"recent_days"`
	// HistoryDays is how far back volume is compared.
	HistoryDays int `yaml:"history_days"`
	// PeerGroups puts roles that do the same work together, by name or glob: {clerks: ["clerk_*"]}. Roles in no group are
	// compared by what they run.
	PeerGroups map[string][]string `yaml:"peer_groups"`
}

// Default gives the values used where the configuration says nothing.
func Default() Config {
	return Config{LearningDays: 5, ActiveDays: 3, StaleDays: 60, RecentDays: 3, HistoryDays: 28}
}

// Validate lists all that is wrong, with paths relative to c.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	within := func(path string, v, lo, hi int) {
		if v < lo || v > hi {
			ps.Add(path, "is %d: must be between %d and %d days", v, lo, hi)
		}
	}
	within("learning_days", c.LearningDays, 1, 365)
	within("active_days", c.ActiveDays, 1, 365)
	within("stale_days", c.StaleDays, 7, 3650)
	within("recent_days", c.RecentDays, 1, 90)
	within("history_days", c.HistoryDays, 2, 365)
	for name, globs := range c.PeerGroups {
		if len(globs) == 0 {
			ps.Add("peer_groups."+name, "is empty: list names of roles or globs")
		}
		for i, g := range globs {
			if _, err := path.Match(g, ""); err != nil || g == "" {
				ps.Add(fmt.Sprintf("peer_groups.%s[%d]", name, i), "%q is no glob", g)
			}
		}
	}
	if c.ActiveDays > c.LearningDays+1 {
		ps.Add("active_days", "is %d: a role cannot be seen on more days than learning_days (%d) + 1", c.ActiveDays, c.LearningDays)
	}
	if c.HistoryDays < c.LearningDays {
		ps.Add("history_days", "is %d: must be at least learning_days (%d)", c.HistoryDays, c.LearningDays)
	}
	return ps
}

// Learning is LearningDays as a duration.
func (c *Config) Learning() time.Duration { return time.Duration(c.LearningDays) * 24 * time.Hour }
