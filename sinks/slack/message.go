package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

// Limits of a message. Slack's own are 50 blocks, header 150, section 3,000, 10 fields of 2,000, and some 13,000
// characters in all; bytes are counted where it counts characters: never too long.
const (
	headerLimit   = 150
	proseLimit    = 1500
	fieldLimit    = 300
	evidenceLimit = 400
	evidenceShown = 3
	queryLimit    = 1200
	fallbackLimit = 600
)

// message is the body that both ways of posting take.
type message struct {
	Channel     string         `json:"channel,omitempty"`
	Text        string         `json:"text"` // for notifications
	Parse       string         `json:"parse,omitempty"`
	LinkNames   bool           `json:"link_names"`
	UnfurlLinks bool           `json:"unfurl_links"`
	UnfurlMedia bool           `json:"unfurl_media"`
	Blocks      slackgo.Blocks `json:"blocks"`
}

// compose lays out a, whose texts are clean: what, who, since when, why it is odd, what to do.
func compose(a pipeline.Alert, channel string) message {
	m := message{Channel: channel, Parse: "none"}
	m.Text = prose(fmt.Sprintf("%s %s: %s", strings.ToUpper(string(a.Severity)), a.Title, a.Summary), fallbackLimit)
	add := func(b slackgo.Block) { m.Blocks.BlockSet = append(m.Blocks.BlockSet, b) }
	head := plain.Cut(fmt.Sprintf("%s %s: %s", icon(a.Severity), strings.ToUpper(string(a.Severity)), defang(a.Title)), headerLimit)
	add(slackgo.NewHeaderBlock(slackgo.NewTextBlockObject(slackgo.PlainTextType, head, false, false)))
	section(add, "", prose(a.Summary, proseLimit))
	add(slackgo.NewSectionBlock(nil, fields(a), nil))
	section(add, "Why it is odd", prose(a.Reason, proseLimit))
	section(add, "What to do", prose(a.Response, proseLimit))
	for i, e := range a.Evidence {
		if i == evidenceShown {
			section(add, "", fmt.Sprintf("and %d more shapes of statement", len(a.Evidence)-evidenceShown))
			break
		}
		section(add, []string{"Evidence", ""}[min(i, 1)], evidence(e))
	}
	if a.Query != "" {
		section(add, "Look", "```"+inCode(a.Query, queryLimit)+"```")
	}
	add(slackgo.NewContextBlock("", text(footer(a))))
	return m
}

func section(add func(slackgo.Block), title, body string) {
	if body == "" {
		return
	}
	if title != "" {
		body = "*" + title + "*\n" + body
	}
	add(slackgo.NewSectionBlock(text(body), nil, nil))
}

// text is mrkdwn with automatic links off.
func text(s string) *slackgo.TextBlockObject {
	return &slackgo.TextBlockObject{Type: slackgo.MarkdownType, Text: s, Verbatim: true}
}

func fields(a pipeline.Alert) []*slackgo.TextBlockObject {
	var out []*slackgo.TextBlockObject
	for _, f := range []struct{ name, value string }{
		{"Role", a.Role}, {"Database", a.Database}, {"Cluster", a.Cluster}, {"From", a.Client}, {"Application", a.Application},
		{"First seen", stamp(a.FirstSeen)}, {"Last seen", stamp(a.LastSeen)}, {"Events", fmt.Sprint(a.Events)},
	} {
		if f.value != "" {
			out = append(out, text("*"+f.name+"*\n`"+inCode(defang(f.value), fieldLimit)+"`"))
		}
	}
	return out
}

func evidence(e pipeline.Evidence) string {
	what := e.Normalized
	if what == "" {
		what = e.Kind
	}
	head := fmt.Sprintf("%d×", e.Count)
	if e.Fingerprint != "" {
		head += " `" + inCode(e.Fingerprint, fieldLimit) + "`"
	}
	if e.Outcome != "" {
		head += " " + prose(string(e.Outcome), fieldLimit)
	}
	return head + "\n```" + inCode(what, evidenceLimit) + "```"
}

func footer(a pipeline.Alert) string {
	parts := []string{a.Rule}
	for _, list := range [][]string{a.Signals, a.Attack, a.Controls, plain.Pairs(a.Numbers)} {
		if len(list) > 0 {
			parts = append(parts, strings.Join(list, ", "))
		}
	}
	return prose(strings.Join(parts, " · "), proseLimit) + " · alert `" + inCode(a.ID, fieldLimit) + "`"
}

func icon(s pipeline.Severity) string {
	switch s {
	case pipeline.Critical:
		return "🔴"
	case pipeline.High:
		return "🟠"
	case pipeline.Warning:
		return "🟡"
	}
	return "🔵"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

func marshal(m message) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
