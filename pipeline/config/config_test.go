package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

const good = `
sources:
  - name: orders
    cluster: orders-db
    time_zone: Europe/Berlin
    file: {paths: [/var/log/postgresql/*.log]}
`

func TestDefaults(t *testing.T) {
	c, ps := Decode([]byte(good), env())
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	src := c.Sources[0]
	if !src.File.Follow || src.File.MaxLineBytes != 8<<20 || src.Decoder.Format != "auto" || src.Decoder.Cluster != "orders-db" {
		t.Errorf("source decoded over its defaults: %+v %+v", src.File, src.Decoder)
	}
	if !c.UsesEmbedded() || c.Finite() || c.Embedded.Path != filepath.Join("data", "clickhouse") {
		t.Errorf("embedded %v, finite %v, path %s", c.UsesEmbedded(), c.Finite(), c.Embedded.Path)
	}
	c.MoveData("/srv/x")
	if c.Embedded.Path != filepath.Join("/srv/x", "clickhouse") {
		t.Errorf("moved data, engine's path is %s", c.Embedded.Path)
	}
}

// TestProblems shows the exact words a person reads for each mistake.
func TestProblems(t *testing.T) {
	for _, tt := range []struct {
		name, yaml string
		want       []string // all problems, exactly
	}{
		{"empty file", "", []string{"sources: must list at least one source"}},
		{"unknown key", good + "detekt: {}\n", []string{`line 7, column 1: unknown field "detekt"`}},
		{"unknown key inside", "sources:\n- name: a\n  file:\n    paths: [x]\n    folow: true\n", []string{
			`line 5, column 5: unknown field "folow"`}},
		{"several unknown keys", "sources:\n- name: a\n  file:\n    paths: [x]\n    folow: true\nbogus: 1\nlog: {lvl: warn}\n", []string{
			`line 5, column 5: unknown field "folow"`, `line 7, column 7: unknown field "lvl"`, `line 6, column 1: unknown field "bogus"`}},
		{"wrong type", good + "ingest: {batch_events: many}\n", []string{"line 7, column 24: cannot unmarshal string as int"}},
		{"not YAML", "sources: [\n", []string{"line 1, column 10: sequence end token ']' not found"}},
		{"twice the same key", good + "http: {}\nhttp: {}\n", []string{`line 8, column 1: mapping key "http" already defined at [7:1]`}},
		{"two documents", good + "---\nlog: {}\n", []string{"a second YAML document follows: one file holds one configuration"}},
		{"everything at once", `
sources:
  - {name: A, file: {paths: [x]}}
  - {name: b, file: {paths: []}, format: nonsense}
  - {name: b, file: {paths: [x], from: middle}}
  - {name: c}
clickhouse: {dsn: "mysql://h"}
ingest: {batch_events: 0, flush_interval: 1h}
http: {listen: "9187"}
log: {level: loud, format: xml}
`, []string{
			`sources[0].name: "A" must be 1 to 63 of a-z 0-9 . _ - and begin with a letter or digit`,
			`sources[1].file.paths: must name at least one file, directory or pattern, or "-" for standard input`,
			"sources[1].format: unknown format \"nonsense\"; write auto or one that `auditwarden parse -format list` shows",
			`sources[2].name: "b" is the name of sources[1] already: names are part of every record's identity`,
			`sources[2].file.from: "middle" must be "start" or "end"`,
			`sources[3]: exactly one of file, kafka, cloudwatch must be set`,
			`clickhouse.dsn: must begin with http://, https:// or clickhouse://`,
			`ingest.batch_events: 0 must be between 1 and 1000000`,
			`ingest.flush_interval: 1h0m0s must be between 10ms and 1m`,
			`http.listen: "9187" is not host:port; write for example 127.0.0.1:9187, or "" for none`,
			`log.level: "loud" must be one of [debug info warn error]`,
			`log.format: "xml" must be one of [text json]`,
		}},
		{"two kinds of sink", good + "sinks: [{stdout: {}, webhook: {url: \"https://x.example\"}}]\n", []string{
			"sinks[0]: exactly one of stdout, webhook, slack, pagerduty must be set, not stdout and webhook"}},
		{"secret from nowhere", good + "clickhouse: {dsn: \"${AW_DSN}\"}\n", []string{
			"clickhouse.dsn: environment variable AW_DSN is not set"}},
		{"secret twice", good + "sinks: [{slack: {webhook_url: \"https://x.example/a\", webhook_url_file: /x}}]\n", []string{
			"sinks[0].slack: exactly one of webhook_url, webhook_url_file must be set"}},
		{"secret file missing", good + "sinks: [{slack: {webhook_url_file: /nonexistent/secret}}]\n", []string{
			"sinks[0].slack.webhook_url_file: open /nonexistent/secret: no such file or directory"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, ps := Decode([]byte(tt.yaml), env())
			var got []string
			for _, p := range ps {
				got = append(got, p.Error())
			}
			if g, w := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); g != w {
				t.Errorf("got:\n%s\nwant:\n%s", g, w)
			}
		})
	}
}

func TestSecretsAreFoundAndNeverShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(file, []byte("https://hooks.example/FROMFILE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, ps := Decode([]byte(good+`
clickhouse: {dsn: "${AW_DSN}"}
sinks:
  - slack: {webhook_url_file: `+file+`}
`), env("AW_DSN", "http://u:FROMENV@h:8123/db"))
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
	if got := c.ClickHouse.DSN.Reveal(); got != "http://u:FROMENV@h:8123/db" {
		t.Errorf("dsn = %q", got)
	}
	if s := c.Sinks[0].Slack; s.WebhookURL.Reveal() != "https://hooks.example/FROMFILE" || s.WebhookURLFile != "" {
		t.Errorf("webhook_url = %q, its file %q", s.WebhookURL.Reveal(), s.WebhookURLFile)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "dsn", c.ClickHouse.DSN, "config", c)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"log": logged.String(), "json": string(asJSON), "yaml": string(asYAML), "%v": fmt.Sprintf("%v %+v", *c, c.ClickHouse), "%#v": fmt.Sprintf("%#v", c.ClickHouse),
	} {
		if strings.Contains(text, "FROMENV") || strings.Contains(text, "FROMFILE") {
			t.Errorf("%s shows a secret: %s", name, text)
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aw.yaml")
	if _, err := Load(path, env()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("log: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path, env())
	want := path + ": sources: must list at least one source\n" + path + `: log.level: "loud" must be one of [debug info warn error]`
	if err == nil || err.Error() != want {
		t.Errorf("error:\n%v\nwant:\n%s", err, want)
	}
}

// TestErrorsHoldNoNeighbours: the decoder's own messages would quote the lines around a mistake, and secrets with them.
func TestErrorsHoldNoNeighbours(t *testing.T) {
	_, ps := Decode([]byte("clickhouse:\n  dsn: http://u:HUSH@h/db\n  dns: 1\n"), env())
	if err := ps.Err(); err == nil || strings.Contains(err.Error(), "HUSH") {
		t.Errorf("error = %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("sources: [{name: a, file: {paths: [x]}}]\nsinks: [{slack: {}}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, ps := Decode(data, env())
		if c == nil && len(ps) == 0 {
			t.Error("no configuration and no problem")
		}
	})
}

// TestReadme: the configuration that the README shows is good.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```yaml\n")
	if !found {
		t.Fatal("README.md shows no configuration")
	}
	text, _, _ := strings.Cut(rest, "```")
	key := filepath.Join(t.TempDir(), "pagerduty")
	if err := os.WriteFile(key, []byte(strings.Repeat("a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, "/etc/auditwarden/secrets/pagerduty", key, 1)
	if _, ps := Decode([]byte(text), env("SLACK_WEBHOOK", "https://hooks.slack.com/services/T/B/x")); ps.Err() != nil {
		t.Errorf("README.md: %v\n%s", ps, text)
	}
}
