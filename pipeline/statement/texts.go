package statement

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"github.com/auditwarden/auditwarden/pipeline"
)

const textSlots = 1 << 13

// texts remembers what was said of whole texts that came at least twice: prepared statements, transactions' ends, queries
// of tools. What is said depends on engine and text alone, so nothing needs to be looked at again. Each text has one place;
// a text seen for the first time leaves but a mark there, so that texts that never come again cost no memory and push
// nothing out.
type texts struct {
	seedA, seedB maphash.Seed
	slots        [textSlots]atomic.Pointer[text]
	marks        [textSlots]atomic.Uint32
}

type text struct {
	key cacheKey
	st  *pipeline.Statement
}

func newTexts(entries int) *texts {
	if entries == 0 {
		return nil
	}
	return &texts{seedA: maphash.MakeSeed(), seedB: maphash.MakeSeed()}
}

func (t *texts) key(engine pipeline.Engine, sql string) cacheKey {
	return cacheKey{
		maphash.String(t.seedA, sql) ^ bits.RotateLeft64(maphash.String(t.seedB, string(engine)), 23),
		maphash.String(t.seedB, sql),
	}
}

func (t *texts) get(k cacheKey) *pipeline.Statement {
	if e := t.slots[k.a%textSlots].Load(); e != nil && e.key == k {
		return e.st
	}
	return nil
}

func (t *texts) put(k cacheKey, st *pipeline.Statement) {
	mark := uint32(k.b) | 1
	if i := k.a % textSlots; t.marks[i].Load() != mark {
		t.marks[i].Store(mark)
	} else {
		t.slots[i].Store(&text{k, st})
	}
}
