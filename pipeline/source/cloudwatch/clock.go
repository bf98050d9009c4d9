package cloudwatch

import (
	"context"
	"strconv"
	"time"
)

// Clock is where the source takes the time from.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func sleep(ctx context.Context, c Clock, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.After(d):
		return nil
	}
}

func index(i int) string { return "[" + strconv.Itoa(i) + "]" }

const minute = int64(60_000) // milliseconds

func floorMinute(ms int64) int64 { return ms - ms%minute }
