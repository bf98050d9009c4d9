package detect

import (
	"context"
	"fmt"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// Decide stores what a person decided about an item of a profile and teaches the role's events anew, so that the profile
// is what it would be had the decision been there from the start. It may be repeated.
func (d *Detector) Decide(ctx context.Context, what baseline.Decision) error {
	if err := d.profiles.Decide(ctx, what); err != nil {
		return err
	}
	s := baseline.Scope{Cluster: what.Cluster, Role: what.Role, From: time.Unix(0, 0), To: what.At}
	if what.Kind == baseline.KindRole {
		s.Role = what.Item
	}
	if what.Verb == baseline.Forget {
		s.From = what.Until.Truncate(time.Hour)
	}
	var events uint64
	var first, last time.Time
	if err := d.conn.QueryRow(ctx, "SELECT count(), min(event_time), max(event_time) FROM events WHERE "+s.Where()).Scan(&events, &first, &last); err != nil {
		return fmt.Errorf("read the extent of the role's events: %w", err)
	}
	if events == 0 {
		return nil
	}
	s.From, s.To = first, last
	return d.profiles.Teach(ctx, s, d.lesson(s))
}
