// Package sinks delivers alerts: to a terminal, a webhook, Slack, PagerDuty.
//
// It guarantees that an alert is sent to every sink that wants it until the sink has taken it or refused it for good,
// over restarts of this process and outages of the sink; that a sink which hangs holds up no other; that sinks' limits
// are kept; and that a flood of alerts to a paging sink arrives as a few alerts and a summary, while all of them stay
// on record. A sink may get an alert twice (a crash between sending and recording): the alert's ID is the same.
package sinks

import (
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/time/rate"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
	"github.com/auditwarden/auditwarden/sinks/pagerduty"
	"github.com/auditwarden/auditwarden/sinks/slack"
	"github.com/auditwarden/auditwarden/sinks/stdout"
	"github.com/auditwarden/auditwarden/sinks/webhook"
)

// Options of New.
type Options struct {
	Out    io.Writer                // where the stdout sink prints; nil for os.Stdout
	Getenv func(name string) string // nil for os.Getenv
	Now    func() time.Time         // nil for time.Now
}

// Named is a sink with its name, its filter and its limits.
type Named struct {
	Name string
	Kind string // stdout, webhook, slack or pagerduty
	Sink pipeline.Sink
	// PerMinute is how many alerts a minute are sent one by one before the rest is summed up; 0 for no limit.
	PerMinute int
	// Rate and Burst bound the requests themselves.
	Rate  rate.Limit
	Burst int

	filter filter
}

// Wants reports whether the sink's filter lets a pass.
func (n *Named) Wants(a pipeline.Alert) bool { return n.filter.wants(a) }

// New makes the sinks that cfg lists.
func New(cfg Config, o Options) ([]*Named, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	var out []*Named
	for i := range cfg {
		e := &cfg[i]
		n := &Named{Name: e.name(), Kind: e.kind(), PerMinute: e.perMinute(), filter: filter{e.MinSeverity, e.Rules}}
		n.Rate, n.Burst = limits(n.Kind)
		var err error
		switch {
		case e.Stdout != nil:
			n.Sink, err = stdout.New(*e.Stdout, stdout.Options{Out: o.Out, Getenv: o.Getenv})
		case e.Webhook != nil:
			n.Sink, err = webhook.New(*e.Webhook, webhook.Options{Now: o.Now})
		case e.Slack != nil:
			n.Sink, err = slack.New(*e.Slack, slack.Options{Now: o.Now})
		case e.PagerDuty != nil:
			n.Sink, err = pagerduty.New(*e.PagerDuty, pagerduty.Options{Now: o.Now})
		}
		if err != nil {
			return nil, fmt.Errorf("sinks[%d].%s: %w", i, n.Kind, err)
		}
		out = append(out, n)
	}
	return out, nil
}

// limits keeps requests below what the services take: PagerDuty some 120 a minute for one integration key (60 at once
// and one a second stay below that in any minute), Slack one a second for one webhook.
func limits(kind string) (rate.Limit, int) {
	switch kind {
	case "pagerduty":
		return 1, 60
	case "slack":
		return 1, 1
	}
	return rate.Inf, 1
}

// RetryAfter is how long the peer asked to be left alone, if err comes from one that did.
func RetryAfter(err error) (time.Duration, bool) {
	e, ok := errors.AsType[*post.Error](err)
	if !ok || e.RetryAfter == 0 {
		return 0, false
	}
	return e.RetryAfter, true
}
