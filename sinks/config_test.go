package sinks

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/sinktest"
)

func TestConfigErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"good", `
- stdout: {}
- name: on-call
  min_severity: error
  rules: {include: ["AW-INJ-*"], exclude: [AW-INJ-009]}
  max_per_minute: 5
  pagerduty: {routing_key: 0123456789abcdef0123456789abcdef, timeout: 5s}
- slack: {webhook_url: "https://hooks.slack.com/services/T/B/x"}
- webhook: {url: "https://siem.example/in", headers: {Authorization: "Bearer x"}}
`, ""},
		{"no kind", `[{name: a}]`, `[0]: exactly one of stdout, webhook, slack, pagerduty must be set (write "stdout: {}" for one without settings)`},
		{"two kinds", `[{stdout: {}, slack: {webhook_url: "https://a/"}}]`, `[0]: exactly one of stdout, webhook, slack, pagerduty must be set, not stdout and slack`},
		{"slack without URL", `[{stdout: {}}, {slack: {}}]`, `[1].slack: exactly one of webhook_url, webhook_url_file must be set`},
		{"same name", `[{stdout: {}}, {stdout: {}}]`, `[1].name: "stdout" is the name of sinks[0] too; give each sink its own name`},
		{"bad name", `[{name: "a b", stdout: {}}]`, `[0].name: "a b" is not a name; use up to 64 letters, digits, '_', '.' and '-'`},
		{"bad severity", `[{min_severity: high, stdout: {}}]`, `[0].min_severity: "high" is not known; write info, warning, error or critical`},
		{"bad limit", `[{max_per_minute: -2, stdout: {}}]`, `[0].max_per_minute: must be a number of alerts, 0 for the default or -1 for no limit`},
		{"bad pattern", `[{rules: {exclude: ["AW-["]}, stdout: {}}]`, `[0].rules.exclude[0]: "AW-[" is not a rule id or a pattern such as AW-INJ-*`},
		{"several at once", `[{webhook: {}}, {pagerduty: {routing_key: x}}]`, "[0].webhook: exactly one of url, url_file must be set\n" +
			"[1].pagerduty.routing_key: not an integration key: 32 letters and digits, from the service's Events API v2 integration"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Config
			if err := yaml.UnmarshalWithOptions([]byte(tt.text), &c, yaml.Strict()); err != nil {
				t.Fatal(err)
			}
			if got := c.Validate().Error(); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
	var all pipeline.Problems
	all.Under("sinks", Config{{}, {Slack: nil}}.Validate())
	if !strings.HasPrefix(all[0].Path, "sinks[0]") {
		t.Errorf("path %q", all[0].Path)
	}
}

func TestNew(t *testing.T) {
	var out bytes.Buffer
	server := sinktest.NewServer(t, sinktest.Status(200, `{"ok":true}`))
	text := strings.ReplaceAll(`
- stdout: {format: text}
- name: page
  pagerduty: {routing_key: 0123456789abcdef0123456789abcdef, url: URL}
- slack: {webhook_url: URL/hook}
- name: bot
  slack: {token: xoxb-1, channel: C1, api_url: URL/api}
- webhook: {url: URL/in}
  max_per_minute: -1
`, "URL", server.URL)
	var c Config
	if err := yaml.UnmarshalWithOptions([]byte(text), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	named, err := New(c, Options{Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	want := []Named{{Name: "stdout", Kind: "stdout"}, {Name: "page", Kind: "pagerduty", PerMinute: 20}, {Name: "slack", Kind: "slack", PerMinute: 30}, {Name: "bot", Kind: "slack", PerMinute: 30}, {Name: "webhook", Kind: "webhook"}}
	for i, n := range named {
		if n.Name != want[i].Name || n.Kind != want[i].Kind || n.PerMinute != want[i].PerMinute {
			t.Errorf("sink %d is %+v", i, n)
		}
		if err := Test(t.Context(), n.Sink); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
	if len(server.Got()) != 4 || !strings.Contains(out.String(), "AW-TEST  TEST: no action needed") {
		t.Errorf("%d requests, printed %s", len(server.Got()), out.String())
	}
	for _, r := range server.Got() {
		if !bytes.Contains(r.Body, []byte("TEST: no action needed")) {
			t.Errorf("%s: not marked as a test: %s", r.Path, r.Body)
		}
	}
}

func TestNewFails(t *testing.T) {
	_, err := New(Config{{PagerDuty: nil}}, Options{})
	if err == nil {
		t.Error("an invalid configuration makes sinks")
	}
	var c Config
	if err := yaml.Unmarshal([]byte(`[{slack: {webhook_url_file: /does/not/exist}}]`), &c); err != nil {
		t.Fatal(err)
	}
	if _, err := New(c, Options{}); err == nil || !strings.HasPrefix(err.Error(), "sinks[0].slack: webhook_url_file: read secret: open /does/not/exist") {
		t.Errorf("%v", err)
	}
}

func TestFilter(t *testing.T) {
	tests := []struct {
		name     string
		filter   filter
		severity pipeline.Severity
		rule     string
		want     bool
	}{
		{"no filter", filter{}, "info", "AW-X", true},
		{"severity below", filter{min: "error"}, "warning", "AW-X", false},
		{"severity at", filter{min: "error"}, "error", "AW-X", true},
		{"unknown severity passes", filter{min: "critical"}, "odd", "AW-X", true},
		{"included", filter{rules: Rules{Include: []string{"AW-INJ-*", "AW-Y"}}}, "info", "AW-INJ-001", true},
		{"not included", filter{rules: Rules{Include: []string{"AW-INJ-*"}}}, "info", "AW-PRV-001", false},
		{"excluded", filter{rules: Rules{Include: []string{"AW-*"}, Exclude: []string{"AW-INJ-001"}}}, "critical", "AW-INJ-001", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := Named{filter: tt.filter}
			if got := n.Wants(pipeline.Alert{Severity: tt.severity, Rule: tt.rule}); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
