package post

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 2, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Duration
	}{
		{"", 0}, {"0", 0}, {"-5", 0}, {"30", 30 * time.Second}, {" 30 ", 30 * time.Second}, {"1.5", 0}, {"soon", 0},
		{"99999999999999999999", 0}, {"86400", time.Hour},
		{now.Add(time.Minute).Format(http.TimeFormat), time.Minute}, {now.Add(-time.Minute).Format(http.TimeFormat), 0},
	}
	for _, tt := range tests {
		if got := retryAfter(tt.value, now); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestHide(t *testing.T) {
	r := Request{URL: "https://user:pass-word@h.example/services/T/B/tail?k=v", Secrets: []string{"top secret/1", "abc"}}
	for _, text := range []string{
		"dial " + r.URL, "GET /services/T/B/tail?k=v", "path /services/T/B/tail", "x pass-word y", "top secret/1", "top+secret%2F1", "top%20secret%2F1",
	} {
		got := Hide(r, text)
		if got == text || strings.Contains(got, "tail") || strings.Contains(got, "pass-word") || strings.Contains(got, "secret/1") || strings.Contains(got, "%2F1") {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := Hide(r, "alphabetical abc"); got != "alphabetical abc" {
		t.Errorf("a very short secret garbled the text: %q", got)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	full, empty := filepath.Join(dir, "full"), filepath.Join(dir, "empty")
	for file, text := range map[string]string{full: " v\n", empty: "\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		secret Secret
		want   string
		ok     bool
	}{
		{"value", Secret{Value: pipeline.Secret("x")}, "x", true},
		{"file", Secret{File: full}, "v", true},
		{"empty file", Secret{File: empty}, "", false},
		{"no file", Secret{File: filepath.Join(dir, "none")}, "", false},
	}
	for _, tt := range tests {
		if got, err := tt.secret.Load(); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}

func TestAuthorities(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{CAFile: file}); err == nil || !strings.Contains(err.Error(), "holds no PEM certificate") {
		t.Errorf("%v", err)
	}
}

// TestProxy: the transport asks the environment for a proxy, as every other client of the machine does.
func TestProxy(t *testing.T) {
	c, err := New(Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if tr := c.http.Transport.(*http.Transport); tr.Proxy == nil || tr.TLSClientConfig.InsecureSkipVerify {
		t.Error("no proxy, or certificates are not verified")
	}
}
