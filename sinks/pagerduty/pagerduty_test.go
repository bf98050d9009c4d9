package pagerduty

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
	"github.com/auditwarden/auditwarden/sinks/internal/sinktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const key = "0123456789abcdefABCDEF0123456789"

func sink(t *testing.T) func(string) pipeline.Sink {
	return func(url string) pipeline.Sink {
		client, err := post.New(post.Options{Peer: "pagerduty", Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return &Sink{cfg: Config{RoutingKey: key, URL: url}, client: client, now: time.Now}
	}
}

func TestStatuses(t *testing.T)  { sinktest.WalkStatuses(t, `{"status":"x","message":"y"}`, sink(t)) }
func TestNetwork(t *testing.T)   { sinktest.WalkNetwork(t, sink(t)) }
func TestRedirects(t *testing.T) { sinktest.WalkRedirects(t, sink(t)) }
func TestLeaks(t *testing.T)     { sinktest.CheckLeaks(t, []string{key}, sink(t)) }

func TestComplaintIsShown(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(400, `{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect"]}`))
	retry, err := sink(t)(server.URL).Send(t.Context(), sinktest.Alert())
	want := "send to pagerduty: answered 400 Bad Request: Event object is invalid; Length of 'routing_key' is incorrect"
	if retry || err == nil || err.Error() != want {
		t.Errorf("retry %v, error %v", retry, err)
	}
}

func TestGolden(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(202, `{"status":"success"}`))
	for name, a := range map[string]pipeline.Alert{"alert": sinktest.Alert(), "small": sinktest.Small(), "hostile": sinktest.Hostile()} {
		if _, err := sink(t)(server.URL).Send(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		all := server.Got()
		req := all[len(all)-1]
		if req.Path != "/v2/enqueue" || req.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: posted to %s as %s", name, req.Path, req.Header.Get("Content-Type"))
		}
		var got bytes.Buffer
		if err := json.Indent(&got, req.Body, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		file := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: got\n%s", name, got.String())
		}
	}
}

func TestLimits(t *testing.T) {
	a := plain.Alert(sinktest.Hostile())
	a.Title, a.ID = strings.Repeat("ä", 3000), strings.Repeat("i", 1000)
	for range 20_000 {
		a.Evidence = append(a.Evidence, pipeline.Evidence{Normalized: strings.Repeat("x", 100)})
	}
	body, err := marshal(event(a, key))
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		DedupKey string `json:"dedup_key"`
		Payload  struct{ Summary string }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	if len(body) > eventLimit || len(e.DedupKey) > keyLimit || utf8.RuneCountInString(e.Payload.Summary) > summaryLimit {
		t.Errorf("body %d, key %d, summary %d", len(body), len(e.DedupKey), len(e.Payload.Summary))
	}
	if strings.ContainsAny(e.Payload.Summary, "\n\r\x1b\u202e") {
		t.Errorf("summary %q", e.Payload.Summary)
	}
}

func TestSeverity(t *testing.T) {
	for in, want := range map[pipeline.Severity]string{"critical": "critical", "error": "error", "warning": "warning", "info": "info", "": "error", "odd": "error"} {
		if got := severity(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"good", Config{RoutingKey: key}, ""},
		{"EU", Config{RoutingKey: key, URL: "https://events.eu.pagerduty.com"}, ""},
		{"nothing", Config{}, "exactly one of routing_key, routing_key_file must be set"},
		{"both", Config{RoutingKey: key, RoutingKeyFile: "f"}, "exactly one of routing_key, routing_key_file must be set"},
		{"bad key", Config{RoutingKey: "secret-nonsense"}, "routing_key: not an integration key: 32 letters and digits, from the service's Events API v2 integration"},
		{"bad URL", Config{RoutingKey: key, URL: "http://events.pagerduty.com"}, "url: must begin with https:// (http:// would send the alert and its secrets readable to anybody on the way)"},
		{"negative", Config{RoutingKey: key, Timeout: -1}, "timeout: must not be negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.Validate().Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if _, err := New(Config{RoutingKeyFile: file}, Options{}); err == nil {
		t.Error("a missing file is not noticed")
	}
	if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{RoutingKeyFile: file}, Options{}); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Errorf("bad content: %v", err)
	}
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := sinktest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	s, err := New(Config{RoutingKeyFile: file, URL: server.URL + "/"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sinktest.Small()); err != nil {
		t.Fatal(err)
	}
	if body := server.Got()[0].Body; !bytes.Contains(body, []byte(`"routing_key":"`+key+`"`)) {
		t.Errorf("%s", body)
	}
}
