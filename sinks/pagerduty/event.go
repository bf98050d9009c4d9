package pagerduty

import (
	"bytes"
	"encoding/json"
	"time"

	pd "github.com/PagerDuty/go-pagerduty"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

// Limits of the Events API v2. Bytes are counted where it counts characters: never too long.
const (
	summaryLimit = 1024
	keyLimit     = 255
	eventLimit   = 512_000
)

// details is what the incident shows below its summary, in the order a person on call wants it.
type details struct {
	Who         string              `json:"1 who"`
	Reason      string              `json:"2 why it is odd"`
	Response    string              `json:"3 what to do"`
	FirstSeen   string              `json:"4 since,omitempty"`
	LastSeen    string              `json:"5 until,omitempty"`
	Events      uint64              `json:"6 events"`
	Evidence    []pipeline.Evidence `json:"7 evidence,omitempty"`
	Signals     []string            `json:"8 signals,omitempty"`
	Numbers     map[string]string   `json:"9 numbers,omitempty"`
	Attack      []string            `json:"attack,omitempty"`
	Controls    []string            `json:"controls,omitempty"`
	Query       string              `json:"query,omitempty"`
	References  []string            `json:"references,omitempty"`
	Rule        string              `json:"rule"`
	Title       string              `json:"title"`
	Role        string              `json:"role,omitempty"`
	Database    string              `json:"database,omitempty"`
	Cluster     string              `json:"cluster,omitempty"`
	Client      string              `json:"client,omitempty"`
	Application string              `json:"application,omitempty"`
}

// event builds the event for a, whose texts are clean.
func event(a pipeline.Alert, key string) *pd.V2Event {
	summary := a.Summary
	if a.Title != "" {
		summary = a.Title + ": " + summary
	}
	source := a.Cluster
	if source == "" {
		source = "auditwarden" // the API insists on one
	}
	e := &pd.V2Event{
		RoutingKey: key,
		Action:     "trigger",
		DedupKey:   plain.Cut(a.ID, keyLimit),
		Client:     "Auditwarden",
		Payload: &pd.V2Payload{
			Summary:   plain.Cut(summary, summaryLimit),
			Source:    source,
			Severity:  severity(a.Severity),
			Component: a.Database,
			Group:     a.Role,
			Class:     a.Rule,
			Details: details{
				Who: who(a), Reason: a.Reason, Response: a.Response, FirstSeen: stamp(a.FirstSeen), LastSeen: stamp(a.LastSeen), Events: a.Events,
				Evidence: a.Evidence, Signals: a.Signals, Numbers: a.Numbers, Attack: a.Attack, Controls: a.Controls, Query: a.Query,
				References: a.References, Rule: a.Rule, Title: a.Title, Role: a.Role, Database: a.Database, Cluster: a.Cluster, Client: a.Client,
				Application: a.Application,
			},
		},
	}
	if !a.DetectedAt.IsZero() {
		e.Payload.Timestamp = stamp(a.DetectedAt)
	}
	return e
}

// severity is one of the API's four words; an unknown one pages rather than being refused.
func severity(s pipeline.Severity) string {
	if s.Rank() < 0 {
		return string(pipeline.High)
	}
	return string(s)
}

func who(a pipeline.Alert) string {
	out := "role " + a.Role
	if a.Role == "" {
		out = "role unknown"
	}
	for _, p := range []struct{ word, value string }{{" in ", a.Database}, {" on ", a.Cluster}, {" from ", a.Client}, {" with ", a.Application}} {
		if p.value != "" {
			out += p.word + p.value
		}
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// marshal encodes e within the size limit, leaving out evidence and then the query if it must.
func marshal(e *pd.V2Event) ([]byte, error) {
	for {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil {
			return nil, err
		}
		body := plain.JSON(bytes.TrimSpace(b.Bytes()))
		d := e.Payload.Details.(details)
		switch {
		case len(body) <= eventLimit:
			return body, nil
		case len(d.Evidence) > 0:
			d.Evidence = d.Evidence[:len(d.Evidence)/2]
		case d.Query != "":
			d.Query = ""
		default:
			return body, nil
		}
		e.Payload.Details = d
	}
}
