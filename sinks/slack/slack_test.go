package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
	"github.com/auditwarden/auditwarden/sinks/internal/sinktest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const token = "xoxb-1234-abcdef"

func with(t *testing.T, cfg func(url string) Config) func(string) pipeline.Sink {
	return func(url string) pipeline.Sink {
		client, err := post.New(post.Options{Peer: "slack", Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		return &Sink{cfg: cfg(url), client: client}
	}
}

func webhook(url string) Config {
	return Config{WebhookURL: pipeline.Secret(url + "/services/T000/B000/hook-secret")}
}

func bot(url string) Config { return Config{Token: token, Channel: "C1", APIURL: url + "/api/"} }

func TestStatuses(t *testing.T) {
	sinktest.WalkStatuses(t, "no_service", with(t, webhook))
	sinktest.WalkStatuses(t, `{"ok":true}`, func(url string) pipeline.Sink { return noContent{with(t, bot)(url)} })
}

// noContent stands in for the statuses that forbid a body, which chat.postMessage never sends.
type noContent struct{ pipeline.Sink }

func (s noContent) Send(ctx context.Context, a pipeline.Alert) (bool, error) {
	retry, err := s.Sink.Send(ctx, a)
	if err != nil && (strings.Contains(err.Error(), "204 without") || strings.Contains(err.Error(), "205 without")) {
		return false, nil
	}
	return retry, err
}

func TestNetwork(t *testing.T) { sinktest.WalkNetwork(t, with(t, webhook)) }

func TestRedirects(t *testing.T) { sinktest.WalkRedirects(t, with(t, webhook)) }

func TestLeaks(t *testing.T) {
	sinktest.CheckLeaks(t, []string{"hook-secret", "T000/B000"}, with(t, webhook))
	sinktest.CheckLeaks(t, []string{token}, with(t, bot))
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name  string
		cfg   func(string) Config
		code  int
		body  string
		retry bool
		want  string
	}{
		{"webhook gone", webhook, 404, "no_service", false, "send to slack: answered 404 Not Found: no_service"},
		{"webhook with a page", webhook, 500, "<html>", true, "send to slack: answered 500 Internal Server Error"},
		{"bad token", bot, 200, `{"ok":false,"error":"invalid_auth"}`, false, "send to slack: refused the message: invalid_auth"},
		{"rate", bot, 200, `{"ok":false,"error":"ratelimited"}`, true, "send to slack: refused the message: ratelimited"},
		{"their fault", bot, 200, `{"ok":false,"error":"internal_error"}`, true, "send to slack: refused the message: internal_error"},
		{"login page", bot, 200, `<html>`, true, "send to slack: answered 200 without Slack's JSON"},
		{"odd code", bot, 200, `{"ok":false,"error":"x ` + token + `"}`, false, "send to slack: refused the message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := sinktest.NewServer(t, sinktest.Status(tt.code, tt.body))
			retry, err := with(t, tt.cfg)(server.URL).Send(t.Context(), sinktest.Alert())
			if err == nil || err.Error() != tt.want || retry != tt.retry {
				t.Errorf("retry %v, error %v", retry, err)
			}
		})
	}
}

func TestBot(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(200, `{"ok":true}`))
	s, err := New(bot(server.URL), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), sinktest.Alert()); err != nil {
		t.Fatal(err)
	}
	got := server.Got()[0]
	var body struct{ Channel string }
	if err := json.Unmarshal(got.Body, &body); err != nil {
		t.Fatal(err)
	}
	if got.Path != "/api/chat.postMessage" || got.Header.Get("Authorization") != "Bearer "+token || body.Channel != "C1" {
		t.Errorf("%s %v %s", got.Path, got.Header, got.Body)
	}
}

func TestRetryAfter(t *testing.T) {
	server := sinktest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := with(t, webhook)(server.URL).Send(t.Context(), sinktest.Alert())
	if e, ok := errors.AsType[*post.Error](err); !ok || e.RetryAfter != 30*time.Second {
		t.Errorf("%v", err)
	}
}

func TestGolden(t *testing.T) {
	server := sinktest.NewServer(t, sinktest.Status(200, "ok"))
	for name, a := range map[string]pipeline.Alert{"alert": sinktest.Alert(), "small": sinktest.Small(), "hostile": sinktest.Hostile()} {
		if _, err := with(t, webhook)(server.URL).Send(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		all := server.Got()
		var got bytes.Buffer
		if err := json.Indent(&got, all[len(all)-1].Body, "", "  "); err != nil {
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
		checkMessage(t, all[len(all)-1].Body)
	}
}

var (
	special = regexp.MustCompile(`[<>]|://`)
	entity  = regexp.MustCompile(`&(amp|lt|gt);`)
)

// checkMessage holds a message to Slack's limits and looks for anything that would mention, link or format.
func checkMessage(t *testing.T, body []byte) {
	t.Helper()
	type text struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Verbatim bool   `json:"verbatim"`
	}
	var m struct {
		Text   string `json:"text"`
		Blocks []struct {
			Type     string `json:"type"`
			Text     *text  `json:"text"`
			Fields   []text `json:"fields"`
			Elements []text `json:"elements"`
		} `json:"blocks"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	total := 0
	check := func(x text, limit int) {
		total += len(x.Text)
		if n := len(x.Text); n == 0 || n > limit {
			t.Errorf("%d characters, limit %d", n, limit)
		}
		if x.Type == "mrkdwn" && (special.MatchString(x.Text) || !x.Verbatim || strings.Count(x.Text, "&") != len(entity.FindAllString(x.Text, -1))) {
			t.Errorf("not neutral: %+v", x)
		}
	}
	check(text{Type: "mrkdwn", Text: m.Text, Verbatim: true}, 3000)
	for _, b := range m.Blocks {
		limit := 3000
		if b.Type == "header" {
			limit = headerLimit
		}
		if b.Text != nil {
			check(*b.Text, limit)
		}
		for _, f := range append(b.Fields, b.Elements...) {
			check(f, 2000)
		}
		if len(b.Fields) > 10 || len(b.Elements) > 10 {
			t.Errorf("%d fields, %d elements", len(b.Fields), len(b.Elements))
		}
	}
	if len(m.Blocks) > 50 || total > 12_500 {
		t.Errorf("%d blocks, %d characters", len(m.Blocks), total)
	}
}
