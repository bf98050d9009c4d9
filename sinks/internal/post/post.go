// Package post sends one HTTP request for a sink and says what to make of the answer.
//
// It guarantees that certificates are verified, that a redirect is followed only within the same origin and only where
// the body goes along, that nothing outlasts its time limit, and that no secret named by the caller is in an error. It
// does not retry: the dispatcher does.
package post

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
)

// replyLimit is how much of an answer is read.
const replyLimit = 64 << 10

// Client posts to one peer.
type Client struct {
	http    *http.Client
	peer    string
	timeout time.Duration
	now     func() time.Time
}

// Options of a Client.
type Options struct {
	Peer    string        // names the peer in errors, for example "slack"
	Timeout time.Duration // of the whole exchange
	CAFile  string        // further certificate authorities, PEM; empty for the system's own
	Now     func() time.Time
	// Transport replaces the network; nil outside tests.
	Transport http.RoundTripper
}

// New makes a Client. Proxies are taken from the environment (HTTPS_PROXY, NO_PROXY).
func New(o Options) (*Client, error) {
	transport := o.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		t.ResponseHeaderTimeout = o.Timeout
		t.MaxResponseHeaderBytes = replyLimit
		t.MaxIdleConnsPerHost = 2
		if o.CAFile != "" {
			pool, err := authorities(o.CAFile)
			if err != nil {
				return nil, err
			}
			t.TLSClientConfig.RootCAs = pool
		}
		transport = t
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Client{
		http:    &http.Client{Transport: transport, CheckRedirect: sameOrigin},
		peer:    o.Peer,
		timeout: o.Timeout,
		now:     o.Now,
	}, nil
}

func authorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read certificate authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read certificate authorities: %s holds no PEM certificate", file)
	}
	return pool, nil
}

// sameOrigin lets a redirect pass if it keeps method, scheme and host: then the body and the secrets go where they were
// meant to go. Any other redirect is handed back as the answer.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 3 || next.Method != first.Method || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host {
		return http.ErrUseLastResponse
	}
	return nil
}

// Request is what is posted.
type Request struct {
	URL     string
	Header  http.Header
	Body    []byte
	Secrets []string // must not show in errors; the URL counts as one without being listed
}

// Reply is an answer, good or bad.
type Reply struct {
	Status int
	Body   []byte // cut at 64 KiB
}

// Do posts r. For a status other than 2xx it returns both the reply and an *[Error]; without an answer only the error.
func (c *Client) Do(ctx context.Context, r Request) (*Reply, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, fmt.Errorf("no answer within %s", c.timeout))
	defer cancel()
	hide := newScrubber(r)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		// Not wrapped: the error quotes the URL, and a URL that cannot be read cannot be hidden reliably.
		return nil, &Error{Peer: c.peer, Text: "the URL is not valid"}
	}
	for k, v := range r.Header {
		req.Header[k] = v
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "auditwarden")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Error{Peer: c.peer, Retry: true, Text: hide.text(reason(ctx, err))}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, replyLimit))
	reply := &Reply{Status: resp.StatusCode, Body: body}
	if resp.StatusCode/100 == 2 {
		if err != nil {
			return nil, &Error{Peer: c.peer, Retry: true, Text: "read the answer: " + hide.text(reason(ctx, err))}
		}
		return reply, nil
	}
	return reply, c.refusal(resp)
}

// reason says why there is no answer, without the URL that net/http puts in front.
func reason(ctx context.Context, err error) string {
	if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
		return cause.Error()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err.Error()
	}
	return err.Error()
}

func (c *Client) refusal(resp *http.Response) *Error {
	e := &Error{Peer: c.peer, Status: resp.StatusCode, Retry: Retryable(resp.StatusCode)}
	e.Text = fmt.Sprintf("answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if e.Retry {
		e.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), c.now())
	}
	if resp.StatusCode/100 == 3 {
		e.Text += ", a redirect that is not followed: configure the final address"
	}
	return e
}

// Retryable reports whether the same request may be answered better later: 407 (a proxy's word, not the peer's), 408,
// 425, 429 and 5xx.
func Retryable(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status/100 == 5
}
