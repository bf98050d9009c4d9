package sinks

import (
	"path"
	"regexp"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/pagerduty"
	"github.com/auditwarden/auditwarden/sinks/slack"
	"github.com/auditwarden/auditwarden/sinks/stdout"
	"github.com/auditwarden/auditwarden/sinks/webhook"
)

// Config is the list of sinks.
type Config []Entry

// Entry is one sink: exactly one of Stdout, Webhook, Slack and PagerDuty is set.
type Entry struct {
	// Name stands in the record of deliveries and in metrics. Empty means the kind's name. Renaming a sink makes it a new
	// one: what was not yet delivered to the old name stays undelivered.
	Name string `yaml:"name"`
	// MinSeverity: info, warning, error or critical. Empty means info.
	MinSeverity pipeline.Severity `yaml:"min_severity"`
	Rules       Rules             `yaml:"rules"`
	// MaxPerMinute is how many alerts a minute are sent one by one; what is beyond is summed up in one alert. 0 means 20
	// for pagerduty, 30 for slack and no limit elsewhere; -1 means no limit.
	MaxPerMinute int `yaml:"max_per_minute"`

	Stdout    *stdout.Config    `yaml:"stdout"`
	Webhook   *webhook.Config   `yaml:"webhook"`
	Slack     *slack.Config     `yaml:"slack"`
	PagerDuty *pagerduty.Config `yaml:"pagerduty"`
}

// Rules chooses rules by id or by a pattern such as AW-INJ-*.
type Rules struct {
	Include []string `yaml:"include"` // none: all
	Exclude []string `yaml:"exclude"`
}

// Default prints to standard output.
func Default() Config { return Config{{Stdout: &stdout.Config{}}} }

func (e *Entry) kinds() []string {
	var out []string
	for _, k := range []struct {
		name string
		set  bool
	}{{"stdout", e.Stdout != nil}, {"webhook", e.Webhook != nil}, {"slack", e.Slack != nil}, {"pagerduty", e.PagerDuty != nil}} {
		if k.set {
			out = append(out, k.name)
		}
	}
	return out
}

func (e *Entry) kind() string {
	if k := e.kinds(); len(k) == 1 {
		return k[0]
	}
	return ""
}

func (e *Entry) name() string {
	if e.Name != "" {
		return e.Name
	}
	return e.kind()
}

func (e *Entry) perMinute() int {
	switch {
	case e.MaxPerMinute < 0:
		return 0
	case e.MaxPerMinute > 0:
		return e.MaxPerMinute
	case e.PagerDuty != nil:
		return 20
	case e.Slack != nil:
		return 30
	}
	return 0
}

// Validate lists what is wrong; paths begin with the index, as in "[1].slack".
func (c Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	seen := map[string]int{}
	for i := range c {
		e := &c[i]
		prefix := index(i)
		ps.Under(prefix, e.validate())
		name := e.name()
		if first, dup := seen[name]; dup && name != "" {
			ps.Add(prefix+".name", "%q is the name of sinks%s too; give each sink its own name", name, index(first))
			continue
		}
		seen[name] = i
	}
	return ps
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func (e *Entry) validate() pipeline.Problems {
	var ps pipeline.Problems
	switch kinds := e.kinds(); {
	case len(kinds) == 0:
		ps.Add("", "exactly one of stdout, webhook, slack, pagerduty must be set (write \"stdout: {}\" for one without settings)")
	case len(kinds) > 1:
		ps.Add("", "exactly one of stdout, webhook, slack, pagerduty must be set, not %s", strings.Join(kinds, " and "))
	}
	if e.Name != "" && !namePattern.MatchString(e.Name) {
		ps.Add("name", "%q is not a name; use up to 64 letters, digits, '_', '.' and '-'", e.Name)
	}
	if e.MinSeverity != "" && e.MinSeverity.Rank() < 0 {
		ps.Add("min_severity", "%q is not known; write info, warning, error or critical", string(e.MinSeverity))
	}
	if e.MaxPerMinute < -1 {
		ps.Add("max_per_minute", "must be a number of alerts, 0 for the default or -1 for no limit")
	}
	ps.Under("rules", e.Rules.validate())
	if e.Stdout != nil {
		ps.Under("stdout", e.Stdout.Validate())
	}
	if e.Webhook != nil {
		ps.Under("webhook", e.Webhook.Validate())
	}
	if e.Slack != nil {
		ps.Under("slack", e.Slack.Validate())
	}
	if e.PagerDuty != nil {
		ps.Under("pagerduty", e.PagerDuty.Validate())
	}
	return ps
}

func (r *Rules) validate() pipeline.Problems {
	var ps pipeline.Problems
	for _, list := range []struct {
		name     string
		patterns []string
	}{{"include", r.Include}, {"exclude", r.Exclude}} {
		for i, p := range list.patterns {
			if _, err := path.Match(p, ""); err != nil || p == "" {
				ps.Add(list.name+index(i), "%q is not a rule id or a pattern such as AW-INJ-*", p)
			}
		}
	}
	return ps
}
