package post

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Error says why a request was not accepted. It holds no secret.
type Error struct {
	Peer       string
	Status     int           // 0 if there was no answer
	RetryAfter time.Duration // as asked for by the peer; 0 if it did not say
	Retry      bool
	Text       string
}

func (e *Error) Error() string { return "send to " + e.Peer + ": " + e.Text }

// maxRetryAfter bounds what a peer may ask for: an alert must not wait for a day because of one odd header.
const maxRetryAfter = time.Hour

// retryAfter reads the header's two forms: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	d := time.Duration(0)
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

const hidden = "<secret>"

// shortest is the length below which a secret is not looked for: replacing it would garble any text.
const shortest = 4

type scrubber struct{ secrets []string }

func newScrubber(r Request) scrubber {
	s := scrubber{secrets: []string{r.URL}}
	if u, err := url.Parse(r.URL); err == nil {
		s.secrets = append(s.secrets, u.RequestURI(), u.Path, u.RawQuery)
		if password, ok := u.User.Password(); ok {
			s.secrets = append(s.secrets, password)
		}
	}
	for _, secret := range r.Secrets {
		s.secrets = append(s.secrets, secret, url.QueryEscape(secret), url.PathEscape(secret))
	}
	return s
}

// Hide replaces in text the URL of r and its secrets, plain and percent-encoded.
func Hide(r Request, text string) string { return newScrubber(r).text(text) }

func (s scrubber) text(text string) string {
	for _, secret := range s.secrets {
		if len(secret) >= shortest {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	return text
}
