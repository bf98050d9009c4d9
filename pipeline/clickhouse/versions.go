package clickhouse

import (
	"sync"
	"time"
)

// versions hands out numbers that grow, for the version columns of replacing tables: microseconds since 1970, so that a
// later process goes on above an earlier one's, or the last number plus one where the clock stands still or goes back.
type versions struct {
	mu   sync.Mutex
	last uint64
}

func (v *versions) next(now time.Time) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = max(v.last+1, uint64(max(now.UnixMicro(), 0)))
	return v.last
}

// above makes the next number greater than n, which another process may have written with a faster clock.
func (v *versions) above(n uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = max(v.last, n)
}
