// Package webhook posts an alert as JSON to any HTTP server.
//
// The body is the alert's JSON object (see pipeline.Alert), at most some 100 kB, with over-long texts cut and everything
// else exact; every character that does not print is written as a \u escape. Headers: Content-Type application/json;
// Auditwarden-Alert-Id, the same on every try, for the receiver to de-duplicate by; and with a key
// Auditwarden-Signature: t=UNIX_SECONDS,v1=HEX where HEX is HMAC-SHA256(key, UNIX_SECONDS "." body). A receiver computes
// the same over the bytes it got, compares in constant time, and refuses what is older than some minutes.
//
// It guarantees that neither the URL, the key nor a header's value is in any error, that certificates are verified and
// that no redirect leads to another host. An alert may arrive more than once.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

const (
	signatureHeader = "Auditwarden-Signature"
	idHeader        = "Auditwarden-Alert-Id"
)

// Options of New.
type Options struct {
	Now func() time.Time // nil for time.Now
}

// Sink posts to one URL.
type Sink struct {
	cfg    Config
	client *post.Client
	now    func() time.Time
}

var _ pipeline.Sink = (*Sink)(nil)

// New makes a Sink. Files named in cfg are read now, to fail early, and again for every alert.
func New(cfg Config, o Options) (pipeline.Sink, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	client, err := post.New(post.Options{Peer: "webhook", Timeout: cfg.Timeout, CAFile: cfg.CAFile, Now: o.Now})
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, client: client, now: o.Now}
	if _, err := s.request(nil); err != nil {
		return nil, err
	}
	return s, nil
}

// Send posts a.
func (s *Sink) Send(ctx context.Context, a pipeline.Alert) (bool, error) {
	body, err := plain.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode alert: %w", err)
	}
	r, err := s.request(body)
	if err != nil {
		return true, err // a secret's file is being replaced, or will be mended
	}
	r.Header.Set(idHeader, plain.Name(a.ID, plain.NameLimit))
	if _, err = s.client.Do(ctx, r); err != nil {
		e, ok := errors.AsType[*post.Error](err)
		return !ok || e.Retry, err
	}
	return false, nil
}

func (s *Sink) request(body []byte) (post.Request, error) {
	url, err := s.cfg.url().Load()
	if err != nil {
		return post.Request{}, fmt.Errorf("url_file: %w", err)
	}
	if wrong := post.CheckURL(url, s.cfg.AllowHTTP); wrong != "" {
		return post.Request{}, fmt.Errorf("url_file: %s", wrong)
	}
	r := post.Request{URL: url, Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
	for name, value := range s.cfg.Headers {
		r.Secrets = append(r.Secrets, value.Reveal())
		r.Header.Set(name, value.Reveal())
	}
	for name, file := range maps.All(s.cfg.HeaderFiles) {
		value, err := post.Secret{File: file}.Load()
		if err != nil {
			return r, fmt.Errorf("header_files.%s: %w", name, err)
		}
		if !httpguts.ValidHeaderFieldValue(value) {
			return r, fmt.Errorf("header_files.%s: the value holds a character that HTTP does not allow", name)
		}
		r.Secrets = append(r.Secrets, value)
		r.Header.Set(name, value)
	}
	if !s.cfg.key().Given() {
		return r, nil
	}
	key, err := s.cfg.key().Load()
	if err != nil {
		return r, fmt.Errorf("hmac_key_file: %w", err)
	}
	if len(key) < minKey {
		return r, fmt.Errorf("hmac_key_file: the key is too short: use at least %d characters", minKey)
	}
	r.Secrets = append(r.Secrets, key)
	r.Header.Set(signatureHeader, sign(key, s.now(), body))
	return r, nil
}

func sign(key string, now time.Time, body []byte) string {
	t := strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
