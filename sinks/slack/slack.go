// Package slack posts alerts to a Slack channel, through an incoming webhook or as a bot (chat.postMessage).
//
// Messages are Block Kit blocks within Slack's limits. What an attacker may have written cannot mention anybody, link
// anywhere or format anything: & < > are escaped, names and statements stand in code, web addresses are defanged, and
// automatic linking is off. It guarantees that neither the webhook's URL nor the token is in any error.
//
// The blocks are slack-go's types; its client is not used: for a webhook it takes the URL into its errors, and it
// follows redirects to anywhere.
//
// Sources: https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/messaging/formatting-message-text
package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

// Options of New.
type Options struct {
	Now func() time.Time // nil for time.Now
}

// Sink posts to one channel.
type Sink struct {
	cfg    Config
	client *post.Client
}

var _ pipeline.Sink = (*Sink)(nil)

// New makes a Sink. Files named in cfg are read now, to fail early, and again for every alert.
func New(cfg Config, o Options) (pipeline.Sink, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if cfg.APIURL == "" {
		cfg.APIURL = defaultAPI
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	client, err := post.New(post.Options{Peer: "slack", Timeout: cfg.Timeout, CAFile: cfg.CAFile, Now: o.Now})
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, client: client}
	if _, err := s.request(); err != nil {
		return nil, err
	}
	return s, nil
}

// Send posts a.
func (s *Sink) Send(ctx context.Context, a pipeline.Alert) (bool, error) {
	r, err := s.request()
	if err != nil {
		return true, err // a secret's file is being replaced, or will be mended
	}
	if r.Body, err = marshal(compose(plain.Alert(a), s.cfg.Channel)); err != nil {
		return false, fmt.Errorf("encode message: %w", err)
	}
	reply, err := s.client.Do(ctx, r)
	if err != nil {
		e, ok := errors.AsType[*post.Error](err)
		if !ok {
			return true, err
		}
		if reply != nil {
			e.Text += complaint(reply.Body)
		}
		return e.Retry, e
	}
	if s.cfg.token().Given() {
		if err := judge(reply); err != nil {
			return err.Retry, err
		}
	}
	return false, nil
}

func (s *Sink) request() (post.Request, error) {
	r := post.Request{Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}}
	if s.cfg.token().Given() {
		token, err := s.cfg.token().Load()
		if err != nil {
			return r, fmt.Errorf("token_file: %w", err)
		}
		if strings.ContainsAny(token, " \t\r\n") {
			return r, errors.New("token_file: the token holds white space")
		}
		r.URL = strings.TrimSuffix(s.cfg.APIURL, "/") + "/chat.postMessage"
		r.Header.Set("Authorization", "Bearer "+token)
		r.Secrets = []string{token}
		return r, nil
	}
	url, err := s.cfg.webhook().Load()
	if err != nil {
		return r, fmt.Errorf("webhook_url_file: %w", err)
	}
	if wrong := post.CheckURL(url, false); wrong != "" {
		return r, fmt.Errorf("webhook_url_file: %s", wrong)
	}
	r.URL = url
	return r, nil
}

// passing are the error codes of chat.postMessage that may be gone the next time.
var passing = []string{"ratelimited", "rate_limited", "internal_error", "fatal_error", "request_timeout", "service_unavailable"}

// judge reads chat.postMessage's answer: its status is 200 even if it refuses.
func judge(reply *post.Reply) *post.Error {
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		return &post.Error{Peer: "slack", Status: reply.Status, Retry: true, Text: fmt.Sprintf("answered %d without Slack's JSON", reply.Status)}
	}
	if answer.OK {
		return nil
	}
	retry := slices.Contains(passing, answer.Error)
	return &post.Error{Peer: "slack", Status: reply.Status, Retry: retry, Text: "refused the message" + code(answer.Error)}
}

// complaint is Slack's short error code, from a webhook's text or the API's JSON; anything else is left out.
func complaint(body []byte) string {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &answer) == nil {
		return code(answer.Error)
	}
	return code(strings.TrimSpace(string(body)))
}

var codePattern = regexp.MustCompile(`^[a-z]+(_[a-z]+){0,6}$`)

func code(s string) string {
	if len(s) > 60 || !codePattern.MatchString(s) {
		return ""
	}
	return ": " + s
}
