package baseline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrDistributed says that profiles on a cluster cannot be swapped from here.
var ErrDistributed = errors.New("role_profile is a Distributed table: rebuild each shard by connecting to it")

// rebuiltMinutes is for how long before the end minutes are computed anew: nothing is compared with older ones.
const rebuiltMinutes = 15 * 24 * time.Hour

// Rebuild computes volume buckets and profiles anew from the events of the range, day by day. Where the range is all there
// is (both ends zero), the profiles are built beside the old ones and take their place at the end, so that what should not
// have been learnt is forgotten; of a part, what was missing is added. lesson says, for each day, what teaches.
func (p *Profiles) Rebuild(ctx context.Context, from, to time.Time, lesson func(Scope) Lesson) error {
	whole := from.IsZero() && to.IsZero()
	first, last, err := p.extent(ctx)
	if err != nil {
		return err
	}
	if from.IsZero() || from.Before(first) {
		from = first
	}
	if to.IsZero() || to.After(last) {
		to = last
	}
	into := "role_profile"
	if whole {
		into = "role_profile_rebuilt"
		if err := p.prepareSwap(ctx, into); err != nil {
			return err
		}
	}
	for day := from.Truncate(24 * time.Hour); !day.After(to); day = day.AddDate(0, 0, 1) {
		s := Scope{From: later(day, from), To: earlier(day.AddDate(0, 0, 1).Add(-time.Microsecond), to)}
		if err := p.conn.Exec(ctx, teachSQL(s, lesson(s), into)); err != nil {
			return fmt.Errorf("teach %s: %w", day.Format(time.DateOnly), err)
		}
		measure := p.measureFives
		if to.Sub(day) < rebuiltMinutes {
			measure = p.Measure
		}
		if err := measure(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", day.Format(time.DateOnly), err)
		}
	}
	if !whole {
		return nil
	}
	if err := p.conn.Exec(ctx, "EXCHANGE TABLES role_profile AND "+into); err != nil {
		return fmt.Errorf("swap profiles: %w", err)
	}
	if err := p.conn.Exec(ctx, "DROP TABLE "+into+" SYNC"); err != nil {
		return fmt.Errorf("drop the old profiles: %w", err)
	}
	return nil
}

func (p *Profiles) extent(ctx context.Context) (first, last time.Time, err error) {
	if err := p.conn.QueryRow(ctx, "SELECT min(event_time), max(event_time) FROM events").Scan(&first, &last); err != nil {
		return first, last, fmt.Errorf("read the extent of events: %w", err)
	}
	return first, last, nil
}

func (p *Profiles) prepareSwap(ctx context.Context, into string) error {
	var engine string
	if err := p.conn.QueryRow(ctx, "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'role_profile'").Scan(&engine); err != nil {
		return fmt.Errorf("look up role_profile: %w", err)
	}
	if engine == "Distributed" {
		return ErrDistributed
	}
	if err := p.conn.Exec(ctx, "DROP TABLE IF EXISTS "+into+" SYNC"); err != nil {
		return fmt.Errorf("drop an unfinished rebuild: %w", err)
	}
	if err := p.conn.Exec(ctx, "CREATE TABLE "+into+" AS role_profile"); err != nil {
		return fmt.Errorf("create %s: %w", into, err)
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
