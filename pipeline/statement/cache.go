package statement

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/auditwarden/auditwarden/pipeline"
)

// cacheKey is a 128-bit hash of the dialect and the canonical text under seeds that are chosen anew in every process:
// whoever writes the texts cannot make two of them meet.
type cacheKey struct{ a, b uint64 }

// cache remembers statements by shape. It holds a bounded number of entries and drops those not asked for since its
// hand last came by (second chance).
type cache struct {
	seedA, seedB maphash.Seed
	shards       [16]shard
	hits, misses atomic.Uint64
}

type shard struct {
	mu    sync.RWMutex
	index map[cacheKey]*entry
	ring  []*entry
	hand  int
	cap   int
}

type entry struct {
	key  cacheKey
	st   *pipeline.Statement
	used atomic.Bool
}

func newCache(entries int) *cache {
	c := &cache{seedA: maphash.MakeSeed(), seedB: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.cap = (entries + len(c.shards) - 1) / len(c.shards)
		s.index = make(map[cacheKey]*entry)
	}
	return c
}

func (c *cache) key(text []byte) cacheKey {
	return cacheKey{maphash.Bytes(c.seedA, text), maphash.Bytes(c.seedB, text)}
}

func (c *cache) get(k cacheKey) *pipeline.Statement {
	s := &c.shards[k.a%uint64(len(c.shards))]
	s.mu.RLock()
	e := s.index[k]
	s.mu.RUnlock()
	if e == nil {
		c.misses.Add(1)
		return nil
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	c.hits.Add(1)
	return e.st
}

func (c *cache) put(k cacheKey, st *pipeline.Statement) {
	s := &c.shards[k.a%uint64(len(c.shards))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cap == 0 || s.index[k] != nil {
		return
	}
	e := &entry{key: k, st: st}
	s.index[k] = e
	if len(s.ring) < s.cap {
		s.ring = append(s.ring, e)
		return
	}
	for s.ring[s.hand].used.Swap(false) {
		s.hand = (s.hand + 1) % len(s.ring)
	}
	delete(s.index, s.ring[s.hand].key)
	s.ring[s.hand] = e
	s.hand = (s.hand + 1) % len(s.ring)
}
