package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
	"github.com/auditwarden/auditwarden/sinks/internal/sinktest"
)

const (
	key   = "hmac-key-0123456789"
	token = "Bearer tok-abcdef"
)

func sink(t *testing.T) func(string) pipeline.Sink {
	return func(url string) pipeline.Sink {
		s, err := New(Config{
			URL: pipeline.Secret(url + "/in/path-secret?k=query-secret"), HMACKey: key,
			Headers: map[string]pipeline.Secret{"Authorization": token},
		}, Options{Now: func() time.Time { return time.Unix(1714644672, 0) }})
		if err != nil {
			// A bad URL is found by Validate; keep going with a sink that meets it while sending.
			client, cerr := post.New(post.Options{Peer: "webhook", Timeout: time.Second})
			if cerr != nil {
				t.Fatal(cerr)
			}
			return &Sink{cfg: Config{URL: pipeline.Secret(url + "/in/path-secret?k=query-secret")}, client: client, now: time.Now}
		}
		return s
	}
}

func TestStatuses(t *testing.T)  { sinktest.WalkStatuses(t, "whatever", sink(t)) }
func TestNetwork(t *testing.T)   { sinktest.WalkNetwork(t, sink(t)) }
func TestRedirects(t *testing.T) { sinktest.WalkRedirects(t, sink(t)) }
func TestLeaks(t *testing.T) {
	sinktest.CheckLeaks(t, []string{key, token, "tok-abcdef", "path-secret", "query-secret"}, sink(t))
}

func TestRequest(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(204, ""))
	if _, err := sink(t)(server.URL).Send(t.Context(), sinktest.Alert()); err != nil {
		t.Fatal(err)
	}
	got := server.Got()[0]
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("1714644672."))
	mac.Write(got.Body)
	want := map[string]string{
		"Content-Type": "application/json", "Authorization": token, "Auditwarden-Alert-Id": sinktest.Alert().ID,
		"Auditwarden-Signature": "t=1714644672,v1=" + hex.EncodeToString(mac.Sum(nil)), "User-Agent": "auditwarden",
	}
	for name, value := range want {
		if got.Header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), value)
		}
	}
	var back pipeline.Alert
	if err := json.Unmarshal(got.Body, &back); err != nil || !reflect.DeepEqual(back, sinktest.Alert()) {
		t.Errorf("body decodes to %+v, %v", back, err)
	}
}

func TestHostile(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(200, ""))
	a := sinktest.Hostile()
	if _, err := sink(t)(server.URL).Send(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	body := server.Got()[0].Body
	var back pipeline.Alert
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	if back.Role != a.Role || back.Client != a.Client {
		t.Errorf("a name was changed: %q, %q", back.Role, back.Client)
	}
	if len(body) > 200_000 {
		t.Errorf("%d bytes", len(body))
	}
	for _, r := range string(body) {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0x202e {
			t.Errorf("the body holds %U", r)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	server := sinktest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := sink(t)(server.URL).Send(t.Context(), sinktest.Alert())
	e, ok := errors.AsType[*post.Error](err)
	if !ok || e.RetryAfter != 17*time.Second {
		t.Errorf("%v", err)
	}
}

func TestTLSIsVerified(t *testing.T) {
	server := httptest.NewTLSServer(sinktest.Status(200, ""))
	server.Config.ErrorLog = nil
	defer server.Close()
	if retry, err := sink(t)(server.URL).Send(t.Context(), sinktest.Alert()); err == nil || !retry || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown authority: retry %v, error %v", retry, err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pemOf(server.Certificate().Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{URL: pipeline.Secret(server.URL), CAFile: ca}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sinktest.Alert()); err != nil {
		t.Errorf("known authority: %v", err)
	}
}

func TestSecretFiles(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(200, ""))
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s, err := New(Config{
		URLFile: file("url", server.URL+"/one\n"), HMACKeyFile: file("key", key),
		HeaderFiles: map[string]string{"X-Token": file("token", "first\n")},
	}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	send := func() (bool, error) { return s.Send(t.Context(), sinktest.Small()) }
	if _, err := send(); err != nil {
		t.Fatal(err)
	}
	file("token", "second")
	file("url", server.URL+"/two")
	if _, err := send(); err != nil {
		t.Fatal(err)
	}
	if got := server.Got(); got[0].Path != "/one" || got[1].Path != "/two" || got[1].Header.Get("X-Token") != "second" {
		t.Errorf("got %+v", got)
	}
	file("token", "a\nb")
	if retry, err := send(); err == nil || !retry {
		t.Errorf("bad file: retry %v, error %v", retry, err)
	}
	if _, err := New(Config{URLFile: filepath.Join(dir, "none")}, Options{}); err == nil {
		t.Error("a missing file is not noticed at the start")
	}
}
