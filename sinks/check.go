package sinks

import (
	"context"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// TestRule is the rule that test alerts name.
const TestRule = "AW-TEST"

// Test sends an alert that is clearly marked as a test, past any filter.
func Test(ctx context.Context, sink pipeline.Sink) error {
	now := time.Now().UTC()
	_, err := sink.Send(ctx, pipeline.Alert{
		ID:         pipeline.AlertID(TestRule, now.Format(time.RFC3339Nano)),
		Rule:       TestRule,
		Title:      "TEST: no action needed",
		Severity:   pipeline.Info,
		FirstSeen:  now,
		LastSeen:   now,
		DetectedAt: now,
		Summary:    "This is a test of the path from Auditwarden to you. Nothing happened.",
		Reason:     "Somebody asked for a test alert to be sent.",
		Response:   "Nothing to do. Close it.",
		Events:     0,
	})
	return err
}
