package pagerduty

import (
	"regexp"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

// Config of the sink.
type Config struct {
	// RoutingKey is the integration key of a service's Events API v2 integration: 32 letters and digits.
	RoutingKey     pipeline.Secret `yaml:"routing_key"`
	RoutingKeyFile string          `yaml:"routing_key_file"`
	// URL of the API without /v2/enqueue. Empty means https://events.pagerduty.com; in the EU https://events.eu.pagerduty.com.
	URL string `yaml:"url"`
	// Timeout of one request. 0 means 10s.
	Timeout time.Duration `yaml:"timeout"`
	// CAFile holds further certificate authorities (PEM).
	CAFile string `yaml:"ca_file"`
}

const (
	defaultURL     = "https://events.pagerduty.com"
	defaultTimeout = 10 * time.Second
)

var keyPattern = regexp.MustCompile(`^[0-9A-Za-z]{32}$`)

const badKey = "not an integration key: 32 letters and digits, from the service's Events API v2 integration"

func (c *Config) key() post.Secret { return post.Secret{Value: c.RoutingKey, File: c.RoutingKeyFile} }

// Validate lists what is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if !c.key().Set() {
		ps.Add("", "exactly one of routing_key, routing_key_file must be set")
	} else if c.RoutingKey != "" && !keyPattern.MatchString(c.RoutingKey.Reveal()) {
		ps.Add("routing_key", badKey)
	}
	if c.URL != "" {
		if wrong := post.CheckURL(c.URL, false); wrong != "" {
			ps.Add("url", "%s", wrong)
		}
	}
	if c.Timeout < 0 {
		ps.Add("timeout", "must not be negative")
	}
	return ps
}
