// Package sinktest holds the alerts and the checks that every sink's tests share.
package sinktest

import (
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Alert is an ordinary one with every field set.
func Alert() pipeline.Alert {
	first := time.Date(2024, 5, 2, 10, 11, 12, 0, time.UTC)
	return pipeline.Alert{
		ID: "0123456789abcdef0123456789abcdef", Rule: "AW-INJ-001", Title: "Injected SQL", Severity: pipeline.Critical,
		FirstSeen: first, LastSeen: first.Add(4*time.Minute + 3*time.Second), DetectedAt: first.Add(5 * time.Minute),
		Cluster: "orders-db", Database: "shop", Role: "shop_app", Client: "10.0.3.9", Application: "checkout & pay",
		Summary: "shop_app ran a statement with a condition that is always true, 17 times in 4 minutes",
		Reason:  "A condition compares two constants (tautology) in a statement this role never ran in 31 days; score 0.97, threshold 0.80.",
		Response: "Block the client at the application's edge, find the page that builds this statement, and check what the role could " +
			"read: the query below lists the events.",
		Events: 17,
		Evidence: []pipeline.Evidence{
			{RecordID: "a1", Time: first, Fingerprint: "5c1f0a33e2", Normalized: "SELECT * FROM users WHERE id = $1 OR $2 = $3", Kind: "select", Outcome: pipeline.OutcomeSuccess, Count: 12},
			{RecordID: "a2", Time: first, Fingerprint: "77aa01", Normalized: "SELECT * FROM users WHERE id = $1 AND $2 < ($3)", Kind: "select", Outcome: pipeline.OutcomeFailure, Count: 5},
		},
		Signals: []string{"tautology", "comment_truncation"}, Numbers: map[string]string{"score": "0.97", "threshold": "0.80"},
		Attack: []string{"T1190"}, Controls: []string{"PCI DSS 10.2.1"},
		Query:      "SELECT event_time, client, fingerprint FROM events WHERE role = 'shop_app' AND has(signals, 'tautology')",
		References: []string{"https://attack.mitre.org/techniques/T1190/"},
	}
}

// Small is an alert with little in it.
func Small() pipeline.Alert {
	return pipeline.Alert{ID: "ff", Rule: "AW-ACC-001", Title: "Failed logins", Severity: pipeline.Info, Summary: "3 failed logins", Events: 1}
}

// Hostile is an alert whose texts an attacker chose: control characters, terminal escapes, line breaks that forge
// fields, markup and mentions, bidirectional overrides, and far too much of everything.
func Hostile() pipeline.Alert {
	a := Alert()
	a.Role = "x\n  who       role nobody\r\x1b]0;title\x07\x1b[2J"
	a.Application = "<!channel> <!here> <@U012ABCDEF> @everyone <https://evil.example/|click> *b* `c` ```d``` :siren:"
	a.Client = "\u202e9.3.0.01\u2066"
	a.Database = strings.Repeat("d", 5000)
	a.Cluster = "\x00\x9b31m\xff\xfe"
	a.Title = "Title <!subteam^S0|x> & more\nand more"
	a.Summary = "http://evil.example/x <http://evil.example|docs>\u2028second\tline " + strings.Repeat("long ", 3000)
	a.Reason = strings.Repeat("&<>`", 3000)
	a.Response = strings.Repeat("日", 3000)
	a.Evidence = nil
	for range 100 {
		a.Evidence = append(a.Evidence, pipeline.Evidence{
			Fingerprint: "f\x1b[0m", Normalized: "SELECT ```<!channel>``` \x1b[31m" + strings.Repeat("&", 4000), Count: 1,
		})
	}
	a.Query = strings.Repeat("SELECT `1` ", 2000)
	for range 200 {
		a.Signals = append(a.Signals, "tautology<!here>")
	}
	a.Numbers = map[string]string{"observed": "5\n6", "<!channel>": "1"}
	return a
}
