package file

import (
	"path/filepath"
	"strconv"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Where to begin reading files that were there before the first start.
const (
	FromStart = "start"
	FromEnd   = "end"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Config says which files to read and how.
type Config struct {
	// Paths are files, directories (all regular files in them, hidden ones excepted), glob patterns as in
	// [filepath.Match], or "-" for standard input, which must then be the only one. Patterns should cover the names
	// that rotated files get, for example "/var/log/postgresql/*.log*".
	Paths []string `yaml:"paths"`
	// Exclude are glob patterns of paths or of file names to leave out.
	Exclude []string `yaml:"exclude"`
	// Follow waits for more lines and new files; without it the source ends when everything there was is read.
	Follow bool `yaml:"follow"`
	// From says where to begin in files that are there when the source first starts: "start" or "end".
	// Files that appear later, or that a saved position names, are not concerned.
	From string `yaml:"from"`
	// MaxLineBytes is the longest line delivered whole; a longer one is cut and marked.
	MaxLineBytes int `yaml:"max_line_bytes"`
	// BatchLines and BatchBytes limit one batch.
	BatchLines int `yaml:"batch_lines"`
	BatchBytes int `yaml:"batch_bytes"`
	// PollInterval is the pause between looks at the open files, ScanInterval between looks for new ones.
	PollInterval time.Duration `yaml:"poll_interval"`
	ScanInterval time.Duration `yaml:"scan_interval"`
	// CloseIdle is how long a file without news is kept open; one that was deleted is let go then.
	CloseIdle time.Duration `yaml:"close_idle"`
	// RotatedGrace is how long a rotated file must be quiet before its last line is delivered without a terminator.
	RotatedGrace time.Duration `yaml:"rotated_grace"`
}

// Default is a following source without paths.
func Default() Config {
	return Config{
		Follow:       true,
		From:         FromStart,
		MaxLineBytes: 8 << 20,
		BatchLines:   16384,
		BatchBytes:   8 << 20,
		PollInterval: 250 * time.Millisecond,
		ScanInterval: time.Second,
		CloseIdle:    5 * time.Minute,
		RotatedGrace: 10 * time.Second,
	}
}

// setDefaults fills what was left zero, for callers that build a Config by hand.
func (c *Config) setDefaults() {
	d := Default()
	if c.From == "" {
		c.From = d.From
	}
	for _, v := range []struct{ have, want *int }{
		{&c.MaxLineBytes, &d.MaxLineBytes}, {&c.BatchLines, &d.BatchLines}, {&c.BatchBytes, &d.BatchBytes},
	} {
		if *v.have == 0 {
			*v.have = *v.want
		}
	}
	for _, v := range []struct{ have, want *time.Duration }{
		{&c.PollInterval, &d.PollInterval}, {&c.ScanInterval, &d.ScanInterval},
		{&c.CloseIdle, &d.CloseIdle}, {&c.RotatedGrace, &d.RotatedGrace},
	} {
		if *v.have == 0 {
			*v.have = *v.want
		}
	}
}

// Validate says all that is wrong with c. Zero numbers mean their defaults.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if len(c.Paths) == 0 {
		ps.Add("paths", `must name at least one file, directory or pattern, or "-" for standard input`)
	}
	for i, p := range c.Paths {
		at := index("paths", i)
		switch {
		case p == "":
			ps.Add(at, "must not be empty")
		case p == Stdin && len(c.Paths) > 1:
			ps.Add(at, `standard input ("-") must be the only path`)
		case badPattern(p):
			ps.Add(at, "%q is not a valid pattern: check its [ ] and \\", p)
		}
	}
	for i, p := range c.Exclude {
		if p == "" || badPattern(p) {
			ps.Add(index("exclude", i), "%q is not a valid pattern: check its [ ] and \\", p)
		}
	}
	if c.From != "" && c.From != FromStart && c.From != FromEnd {
		ps.Add("from", `%q must be "start" or "end"`, c.From)
	}
	if c.MaxLineBytes != 0 && (c.MaxLineBytes < 1024 || c.MaxLineBytes > 256<<20) {
		ps.Add("max_line_bytes", "%d must be between 1024 and %d", c.MaxLineBytes, 256<<20)
	}
	if c.BatchLines < 0 || c.BatchLines > 1<<20 {
		ps.Add("batch_lines", "%d must be between 1 and %d", c.BatchLines, 1<<20)
	}
	if c.BatchBytes < 0 || c.BatchBytes > 1<<30 {
		ps.Add("batch_bytes", "%d must be between 1 and %d", c.BatchBytes, 1<<30)
	}
	c.validateTimes(&ps)
	return ps
}

func (c *Config) validateTimes(ps *pipeline.Problems) {
	for _, v := range []struct {
		path string
		d    time.Duration
	}{
		{"poll_interval", c.PollInterval}, {"scan_interval", c.ScanInterval},
		{"close_idle", c.CloseIdle}, {"rotated_grace", c.RotatedGrace},
	} {
		if v.d != 0 && v.d < time.Millisecond {
			ps.Add(v.path, "%s must be at least 1ms", v.d)
		}
	}
}

func badPattern(p string) bool {
	_, err := filepath.Match(p, "")
	return err != nil
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
