package pipeline

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stalling is a source whose disk does not answer, or which waits for something new.
type stalling struct {
	lineSource
	idle atomic.Bool
}

func (s *stalling) Idle() bool { return s.idle.Load() }

// tickCounter counts the ticks its decoder is given.
type tickCounter struct {
	joinDecoder
	ticks atomic.Int64
}

func (d *tickCounter) Tick(time.Time, *Decoded) { d.ticks.Add(1) }

// TestTimePassesSlowlyWhileReading: a record must not be cut in two because its second half is long in coming off a disk.
func TestTimePassesSlowlyWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &stalling{lineSource: lineSource{batches: [][]string{{"a"}}, forever: true}}
		d := &tickCounter{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		r := NewRunner("t", src, d, markAnalyser{}, &memStore{}, RunnerOptions{FlushInterval: 400 * time.Millisecond})
		go func() { done <- r.Run(ctx) }()
		time.Sleep(20*time.Second + time.Millisecond) // 200 times 100 ms
		if n := d.ticks.Load(); n != 10 {
			t.Errorf("%d ticks while the source reads, want 10", n)
		}
		src.idle.Store(true)
		time.Sleep(20 * time.Second)
		if n := d.ticks.Load(); n != 210 {
			t.Errorf("%d ticks once it waits for something new, want 200 more", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
