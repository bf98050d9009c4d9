package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Received is one request a [Server] got.
type Received struct {
	Path   string
	Header http.Header
	Body   []byte
}

// Server answers as told and keeps what it got.
type Server struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	got    []Received
}

// NewServer starts a Server that answers with answer.
func NewServer(tb testing.TB, answer http.HandlerFunc) *Server {
	s := &Server{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got = append(s.got, Received{r.URL.Path, r.Header, body})
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	}))
	tb.Cleanup(s.Close)
	return s
}

// Answer replaces the answer.
func (s *Server) Answer(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// Got lists what came in.
func (s *Server) Got() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.got...)
}

// Status answers with one status and body.
func Status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// WalkStatuses sends to a server that answers with every status from 200 to 599 in turn and checks what the sink makes
// of it: 2xx is success, 407, 408, 425, 429 and 5xx may be tried again, nothing else. body is what the server says.
func WalkStatuses(t *testing.T, body string, sink func(url string) pipeline.Sink) {
	t.Helper()
	server := NewServer(t, nil)
	s := sink(server.URL)
	for code := 200; code <= 599; code++ {
		server.Answer(Status(code, body))
		retry, err := s.Send(t.Context(), Alert())
		wantRetry := code >= 500 || code == 407 || code == 408 || code == 425 || code == 429
		switch {
		case code < 300 && err != nil:
			t.Errorf("%d: %v", code, err)
		case code >= 300 && err == nil:
			t.Errorf("%d: no error", code)
		case code >= 300 && !strings.Contains(err.Error(), fmt.Sprint(code)):
			t.Errorf("%d: the error does not say the status: %v", code, err)
		case code >= 300 && retry != wantRetry:
			t.Errorf("%d: retry %v, want %v", code, retry, wantRetry)
		}
	}
}

// WalkNetwork checks what a sink makes of peers that do not answer: every such failure may be tried again.
func WalkNetwork(t *testing.T, sink func(url string) pipeline.Sink) {
	t.Helper()
	ended := make(chan struct{})
	hang := NewServer(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	})
	defer close(ended)
	closed := httptest.NewServer(nil)
	closed.Close()
	reset := NewServer(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for name, url := range map[string]string{"hangs": hang.URL, "refuses": closed.URL, "resets": reset.URL} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		retry, err := sink(url).Send(ctx, Alert())
		cancel()
		if err == nil || !retry {
			t.Errorf("%s: retry %v, error %v", name, retry, err)
		}
	}
}

// WalkRedirects checks that no redirect takes the alert or a secret to another host, and that one that would drop the
// body is an error.
func WalkRedirects(t *testing.T, sink func(url string) pipeline.Sink) {
	t.Helper()
	other := NewServer(t, Status(200, "ok"))
	for _, code := range []int{301, 302, 303, 307, 308} {
		server := NewServer(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/elsewhere", code)
		})
		if retry, err := sink(server.URL).Send(t.Context(), Alert()); err == nil || retry {
			t.Errorf("%d to another host: retry %v, error %v", code, retry, err)
		}
	}
	if n := len(other.Got()); n > 0 {
		t.Errorf("%d requests followed a redirect to another host", n)
	}
	for code, ok := range map[int]bool{302: false, 307: true} {
		server := NewServer(t, nil)
		server.Answer(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved" {
				Status(200, "ok")(w, r)
				return
			}
			http.Redirect(w, r, "/moved", code)
		})
		if _, err := sink(server.URL).Send(t.Context(), Alert()); (err == nil) != ok {
			t.Errorf("%d within the host: error %v", code, err)
		}
		if got := server.Got(); ok && (len(got) != 2 || !bytes.Equal(got[0].Body, got[1].Body)) {
			t.Errorf("%d within the host: the body did not go along", code)
		}
	}
}

// CheckLeaks provokes every kind of failure with a server that repeats all it was sent, and checks that no secret shows
// in an error, however it is printed or logged.
func CheckLeaks(t *testing.T, secrets []string, sink func(url string) pipeline.Sink) {
	t.Helper()
	echo := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://other.invalid/"+strings.Join(secrets, "/"))
			w.WriteHeader(code)
			_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q,"status":%q,"message":%q,"errors":[%q]}`, secrets, secrets, secrets, secrets)
		}
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	server := NewServer(t, nil)
	check := func(what string, err error) {
		if err == nil {
			t.Errorf("%s: no error", what)
			return
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("send alert", "error", err)
		slog.New(slog.NewTextHandler(&log, nil)).Error("send alert", "error", err)
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&log, "%v %+v %#v", e, e, e)
		}
		for _, secret := range secrets {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%s: secret %q shows in %s", what, secret, log.String())
			}
		}
	}
	for _, code := range []int{302, 400, 403, 404, 429, 500} {
		server.Answer(echo(code))
		_, err := sink(server.URL).Send(t.Context(), Alert())
		check(fmt.Sprint("status ", code), err)
	}
	_, err := sink(closed.URL).Send(t.Context(), Alert())
	check("refused connection", err)
	_, err = sink("http://no\x7fhost").Send(t.Context(), Alert())
	check("bad URL", err)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = sink(server.URL).Send(gone, Alert())
	check("cancelled", err)
}
