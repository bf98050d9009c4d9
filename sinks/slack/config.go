package slack

import (
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

// Config of the sink: either an incoming webhook, or a bot token and a channel.
type Config struct {
	// WebhookURL of an incoming webhook. Whoever knows it can post, so it is a secret.
	WebhookURL     pipeline.Secret `yaml:"webhook_url"`
	WebhookURLFile string          `yaml:"webhook_url_file"`
	// Token of a bot (xoxb-…) with the scope chat:write; needs Channel.
	Token     pipeline.Secret `yaml:"token"`
	TokenFile string          `yaml:"token_file"`
	// Channel to post to with a token: its id (C0123456789) or name.
	Channel string `yaml:"channel"`
	// APIURL that chat.postMessage is below. Empty means https://slack.com/api.
	APIURL string `yaml:"api_url"`
	// Timeout of one request. 0 means 10s.
	Timeout time.Duration `yaml:"timeout"`
	// CAFile holds further certificate authorities (PEM).
	CAFile string `yaml:"ca_file"`
}

const (
	defaultAPI     = "https://slack.com/api"
	defaultTimeout = 10 * time.Second
)

func (c *Config) webhook() post.Secret {
	return post.Secret{Value: c.WebhookURL, File: c.WebhookURLFile}
}
func (c *Config) token() post.Secret { return post.Secret{Value: c.Token, File: c.TokenFile} }

// Validate lists what is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	switch {
	case c.token().Given() && c.webhook().Given():
		ps.Add("", "set either webhook_url or token, not both")
	case c.token().Given():
		c.validateToken(&ps)
	case !c.webhook().Given():
		ps.Add("", "exactly one of webhook_url, webhook_url_file must be set")
	default:
		c.validateWebhook(&ps)
	}
	if c.APIURL != "" {
		if wrong := post.CheckURL(c.APIURL, false); wrong != "" {
			ps.Add("api_url", "%s", wrong)
		}
	}
	if c.Timeout < 0 {
		ps.Add("timeout", "must not be negative")
	}
	return ps
}

func (c *Config) validateWebhook(ps *pipeline.Problems) {
	if !c.webhook().Set() {
		ps.Add("", "exactly one of webhook_url, webhook_url_file must be set")
	} else if c.WebhookURL != "" {
		if wrong := post.CheckURL(c.WebhookURL.Reveal(), false); wrong != "" {
			ps.Add("webhook_url", "%s", wrong)
		}
	}
	if c.Channel != "" {
		ps.Add("channel", "an incoming webhook has its own channel; remove it, or use token")
	}
}

func (c *Config) validateToken(ps *pipeline.Problems) {
	if !c.token().Set() {
		ps.Add("", "exactly one of token, token_file must be set")
	}
	if c.Channel == "" {
		ps.Add("channel", "must be set: the channel's id, for example C0123456789")
	}
	if strings.ContainsAny(c.Token.Reveal(), " \t\r\n") {
		ps.Add("token", "holds white space")
	}
}
