package cloudwatch

import (
	"context"
	"sync"
	"time"
)

// Limiter spaces the requests of all groups of one account. Each group waits with one request at a time and turns are
// given in order of asking, so groups that are busy at once get the same share. Throttling halves the rate, success
// brings it back slowly. Sources of the same account and region may share one.
type Limiter struct {
	mu    sync.Mutex
	clock Clock
	most  float64 // a second
	rate  float64
	next  time.Time
}

// least is the rate that throttling never goes below: one request in five seconds.
const least = 0.2

// NewLimiter makes a Limiter of so many requests a second. A nil clock is the system's.
func NewLimiter(perSecond float64, clock Clock) *Limiter {
	if clock == nil {
		clock = systemClock{}
	}
	return &Limiter{clock: clock, most: perSecond, rate: perSecond}
}

// wait blocks until it is the caller's turn.
func (l *Limiter) wait(ctx context.Context) error {
	l.mu.Lock()
	now := l.clock.Now()
	if l.next.Before(now) || l.next.Sub(now) > time.Hour { // the second: the clock went back
		l.next = now
	}
	turn := l.next
	l.next = turn.Add(time.Duration(float64(time.Second) / l.rate))
	l.mu.Unlock()
	return sleep(ctx, l.clock, turn.Sub(now))
}

// throttled halves the rate and leaves the service alone for a second.
func (l *Limiter) throttled() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = max(l.rate/2, min(least, l.most))
	if pause := l.clock.Now().Add(time.Second); l.next.Before(pause) {
		l.next = pause
	}
}

// succeeded gives back a fiftieth of the full rate.
func (l *Limiter) succeeded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = min(l.rate+l.most/50, l.most)
}

func (l *Limiter) current() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rate
}
