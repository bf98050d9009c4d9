package embedded

import (
	"context"
	"time"
)

// The engine itself runs as many statements at once as it is given, each in its own session. These bounds keep memory
// bounded and keep analysts from standing in ingest's way: the two kinds of user never wait for each other.
const (
	writerSlots = 16
	maxWaiting  = 128              // per kind; beyond that, a statement is refused at once
	patience    = 30 * time.Second // of one that waits
)

// slots admits a number of statements at once; others wait, first come first served.
type slots struct {
	free    chan struct{}
	waiting chan struct{}
}

func newSlots(n int) *slots {
	return &slots{free: make(chan struct{}, n), waiting: make(chan struct{}, maxWaiting)}
}

// take waits for a slot. It reports false if there are too many waiting, it took too long, or ctx ended.
func (s *slots) take(ctx context.Context) bool {
	select {
	case s.free <- struct{}{}:
		return true
	default:
	}
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return false
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case s.free <- struct{}{}:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}

func (s *slots) give() { <-s.free }

// admit gives the call a slot of its kind of user.
func (s *Server) admit(c *call) (release func(), err error) {
	kind := s.readers
	if c.writes() {
		kind = s.writers
	}
	if !kind.take(c.ask.Context()) {
		return nil, exception(codeTooMany, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries")
	}
	s.metrics.running.Inc()
	return func() {
		s.metrics.running.Dec()
		kind.give()
	}, nil
}
