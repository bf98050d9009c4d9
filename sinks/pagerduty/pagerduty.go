// Package pagerduty triggers PagerDuty incidents through the Events API v2.
//
// The alert's ID is the deduplication key: however often an alert is sent, there is one incident. Every text is cleaned
// and cut to the API's limits (summary 1,024 characters, event 512 KB). It guarantees that the routing key is in no
// error. It triggers only: acknowledging and resolving are for the people on call.
//
// The event's types are go-pagerduty's; its client is not used, because it hides the answer's Retry-After and follows
// redirects with the routing key in the body.
//
// Source: https://developer.pagerduty.com/docs/events-api-v2-overview
package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	pd "github.com/PagerDuty/go-pagerduty"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

// Options of New.
type Options struct {
	Now func() time.Time // nil for time.Now
}

// Sink triggers incidents of one service.
type Sink struct {
	cfg    Config
	client *post.Client
	now    func() time.Time
}

var _ pipeline.Sink = (*Sink)(nil)

// New makes a Sink. The key's file, if any, is read now, to fail early, and again for every alert.
func New(cfg Config, o Options) (pipeline.Sink, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if cfg.URL == "" {
		cfg.URL = defaultURL
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	client, err := post.New(post.Options{Peer: "pagerduty", Timeout: cfg.Timeout, CAFile: cfg.CAFile, Now: o.Now})
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, client: client, now: o.Now}
	if _, err := s.key(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Sink) key() (string, error) {
	key, err := s.cfg.key().Load()
	if err != nil {
		return "", fmt.Errorf("routing_key_file: %w", err)
	}
	if !keyPattern.MatchString(key) {
		return "", errors.New("routing_key_file: " + badKey)
	}
	return key, nil
}

// Send triggers an incident for a. Any 2xx counts as accepted (the API says 202).
func (s *Sink) Send(ctx context.Context, a pipeline.Alert) (bool, error) {
	key, err := s.key()
	if err != nil {
		return true, err
	}
	body, err := marshal(event(plain.Alert(a), key))
	if err != nil {
		return false, fmt.Errorf("encode event: %w", err)
	}
	r := post.Request{
		URL:     strings.TrimSuffix(s.cfg.URL, "/") + "/v2/enqueue",
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    body,
		Secrets: []string{key},
	}
	reply, err := s.client.Do(ctx, r)
	if err == nil {
		return false, nil
	}
	e, ok := errors.AsType[*post.Error](err)
	if !ok {
		return true, err
	}
	if reply != nil {
		e.Text += complaint(r, reply.Body)
	}
	return e.Retry, e
}

// complaint is what the API says is wrong with an event, cleaned and without the key.
func complaint(r post.Request, body []byte) string {
	var answer pd.V2EventResponse
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	var words []string
	for _, w := range append([]string{answer.Message}, answer.Errors...) {
		if w != "" {
			words = append(words, w)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return ": " + plain.Prose(post.Hide(r, strings.Join(words, "; ")), 300)
}
