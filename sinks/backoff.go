package sinks

import (
	"math/rand/v2"
	"time"
)

// backoff counts one more failure and says how long to wait: 1s, 2s, 4s … up to most, less up to a half by chance.
func backoff(failures *int, most time.Duration) time.Duration {
	*failures++
	return wait(*failures, time.Second, most)
}

// wait doubles first with every attempt, up to most, and takes off up to a half by chance so that sinks and processes
// that failed together do not come back together.
func wait(attempts int, first, most time.Duration) time.Duration {
	d := most
	if shift := attempts - 1; shift < 20 && first<<shift < most {
		d = first << shift
	}
	return d/2 + rand.N(d/2+1)
}
