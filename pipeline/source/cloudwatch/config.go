package cloudwatch

import (
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Config of a source: one account and region.
type Config struct {
	// Region, for example eu-central-1. Empty means the environment's (AWS_REGION, the profile).
	Region string `yaml:"region"`
	// Groups are log groups by their full names.
	Groups []string `yaml:"groups"`
	// Prefixes and Patterns choose groups whose names begin with, or contain, one of these; they are looked for while running.
	Prefixes []string `yaml:"prefixes"`
	Patterns []string `yaml:"patterns"`
	// Exclude leaves out groups by shell pattern, for example "*/slowquery".
	Exclude []string `yaml:"exclude"`

	// Start says what a group's first event is when nothing is known of the group: "now", "beginning", a time as RFC 3339, or an age such as "72h". A
	// group created after the source's first start is always read from its beginning.
	Start string `yaml:"start"`
	// Poll is the time between two looks at a group's newest events. A group without news is looked at less often, down to a quarter.
	Poll time.Duration `yaml:"poll"`
	// Overlap is how far back every look goes, for events that arrive a little late.
	Overlap time.Duration `yaml:"overlap"`
	// Horizon is the age up to which events that arrive late are found. CloudWatch Logs takes them up to 14 days late.
	Horizon time.Duration `yaml:"horizon"`
	// Discover is the time between two looks for new groups.
	Discover time.Duration `yaml:"discover"`
	// RequestsPerSecond bounds the requests of this source together; under throttling it goes below. FilterLogEvents has
	// a quota for the whole account and region, 5 a second where nothing else is agreed, and other readers share it.
	RequestsPerSecond float64 `yaml:"requests_per_second"`
	// RememberIDs is how many event ids are kept in memory to tell late events from known ones, 40 bytes each.
	RememberIDs int `yaml:"remember_ids"`

	// Profile of the shared AWS configuration to take credentials from. Empty: environment, web identity, instance role.
	Profile string `yaml:"profile"`
	// RoleARN is a role to assume, for example in another account; ExternalID what its trust policy asks for.
	RoleARN        string          `yaml:"role_arn"`
	ExternalID     pipeline.Secret `yaml:"external_id"`
	ExternalIDFile string          `yaml:"external_id_file"`
	SessionName    string          `yaml:"session_name"`
	// Endpoint replaces AWS's own, for a VPC endpoint or a test server; STSEndpoint likewise for assuming the role.
	Endpoint    string `yaml:"endpoint"`
	STSEndpoint string `yaml:"sts_endpoint"`
	// Timeout of one request.
	Timeout time.Duration `yaml:"timeout"`
}

// maxHorizon is what CloudWatch Logs takes.
const maxHorizon = 14 * 24 * time.Hour

// Default is the configuration that the file's values are laid over.
func Default() Config {
	return Config{
		Start:             "now",
		Poll:              5 * time.Second,
		Overlap:           10 * time.Second,
		Horizon:           maxHorizon,
		Discover:          time.Minute,
		RequestsPerSecond: 4,
		RememberIDs:       1_000_000,
		SessionName:       "auditwarden",
		Timeout:           30 * time.Second,
	}
}

// Validate lists what is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if len(c.Groups)+len(c.Prefixes)+len(c.Patterns) == 0 {
		ps.Add("", "at least one of groups, prefixes, patterns must be set")
	}
	for _, list := range []struct {
		name  string
		items []string
	}{{"groups", c.Groups}, {"prefixes", c.Prefixes}, {"patterns", c.Patterns}} {
		for i, item := range list.items {
			if !groupName(item) {
				ps.Add(list.name+index(i), "%q holds a character that no log group's name has; use letters, digits and _ - / . #", item)
			}
		}
	}
	for i, p := range c.Exclude {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			ps.Add("exclude"+index(i), "%q is not a shell pattern", p)
		}
	}
	if _, err := parseStart(c.Start); err != nil {
		ps.Add("start", "%q is not a start; write now, beginning, a time such as 2024-05-02T00:00:00Z or an age such as 72h", c.Start)
	}
	c.validateTimes(&ps)
	if c.RequestsPerSecond <= 0 || c.RequestsPerSecond > 1000 {
		ps.Add("requests_per_second", "must be above 0 and at most 1000")
	}
	if c.RememberIDs < 0 {
		ps.Add("remember_ids", "must not be negative")
	}
	if c.ExternalID != "" && c.ExternalIDFile != "" {
		ps.Add("", "only one of external_id, external_id_file may be set")
	}
	if (c.ExternalID != "" || c.ExternalIDFile != "") && c.RoleARN == "" {
		ps.Add("external_id", "has no use without role_arn")
	}
	if c.RoleARN != "" && !strings.HasPrefix(c.RoleARN, "arn:") {
		ps.Add("role_arn", "%q is not the ARN of a role; it begins with arn:", c.RoleARN)
	}
	return ps
}

func (c *Config) validateTimes(ps *pipeline.Problems) {
	for _, d := range []struct {
		name       string
		value      time.Duration
		least, max time.Duration
	}{
		{"poll", c.Poll, 100 * time.Millisecond, time.Hour},
		{"overlap", c.Overlap, time.Second, time.Hour},
		{"horizon", c.Horizon, time.Minute, maxHorizon},
		{"discover", c.Discover, time.Second, 24 * time.Hour},
		{"timeout", c.Timeout, time.Second, 10 * time.Minute},
	} {
		if d.value < d.least || d.value > d.max {
			ps.Add(d.name, "must be between %s and %s", d.least, d.max)
		}
	}
	if c.Horizon < c.Overlap {
		ps.Add("horizon", "must not be shorter than overlap")
	}
}

func groupName(s string) bool {
	if s == "" || len(s) > 512 {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("_-/.#", r):
		default:
			return false
		}
	}
	return true
}

// parseStart turns Start into a function of now; milliseconds, 0 for the beginning.
func parseStart(s string) (func(now int64) int64, error) {
	switch s {
	case "now":
		return func(now int64) int64 { return now }, nil
	case "beginning":
		return func(int64) int64 { return 0 }, nil
	}
	if age, err := time.ParseDuration(s); err == nil && age > 0 {
		return func(now int64) int64 { return now - age.Milliseconds() }, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, err
	}
	return func(int64) int64 { return max(at.UnixMilli(), 0) }, nil
}

// externalID reads the external id, from its file if it is in one; nil if there is none.
func (c *Config) externalID() (*string, error) {
	id := c.ExternalID.Reveal()
	if c.ExternalIDFile != "" {
		b, err := os.ReadFile(c.ExternalIDFile)
		if err != nil {
			return nil, fmt.Errorf("external_id_file: %w", err)
		}
		if id = strings.TrimSpace(string(b)); id == "" {
			return nil, fmt.Errorf("external_id_file: %s is empty", c.ExternalIDFile)
		}
	}
	if id == "" {
		return nil, nil
	}
	return &id, nil
}
