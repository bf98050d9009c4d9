package detect

import (
	"context"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
)

// Decide stores what a person decided about an item of a profile and teaches anew the events that it is about, so that the
// profile is what it would be had the decision been there from the start. It may be repeated, also where a former call ended
// half-way.
func (d *Detector) Decide(ctx context.Context, what baseline.Decision) error {
	if err := d.profiles.Decide(ctx, what); err != nil {
		return err
	}
	s, some := relearnt(what)
	if !some {
		return nil
	}
	parts, err := s.Ranges(ctx, d.conn, d.cfg.MaxEvents)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := d.profiles.Teach(ctx, part, d.lesson(part)); err != nil {
			return err
		}
	}
	return nil
}

// relearnt says which events a decision makes teach that did not, or teach again: of an approved shape all of them, after
// something was forgotten the role's since then. Approving anything else makes no event teach.
func relearnt(what baseline.Decision) (baseline.Scope, bool) {
	s := baseline.Scope{Cluster: what.Cluster, Role: what.Role, From: time.Unix(0, 0), To: what.At}
	if what.Kind == baseline.KindRole {
		s.Role = what.Item
	}
	switch {
	case what.Verb == baseline.Forget && what.Until.IsZero():
		s.From = what.At.Truncate(time.Hour)
	case what.Verb == baseline.Forget:
		s.From = what.Until.Truncate(time.Hour)
	case what.Kind == baseline.KindShape:
		s.Shape = what.Item
	default:
		return s, false
	}
	return s, true
}
