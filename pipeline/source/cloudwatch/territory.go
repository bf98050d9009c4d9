package cloudwatch

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"slices"
)

// eventID stands for (stream, eventId): 128 bits of two independent hashes, seeded anew for each process.
type eventID [2]uint64

type hasher struct{ a, b maphash.Seed }

func newHasher() hasher { return hasher{maphash.MakeSeed(), maphash.MakeSeed()} }

func (h hasher) id(stream, event string) eventID {
	var out eventID
	for i, seed := range [2]maphash.Seed{h.a, h.b} {
		var m maphash.Hash
		m.SetSeed(seed)
		m.WriteString(stream)
		m.WriteByte(0)
		m.WriteString(event)
		out[i] = m.Sum64()
	}
	return out
}

// territory knows of every minute that was read how many distinct events it had, and of the youngest minutes which.
type territory struct {
	hours map[int64]*[60]uint32 // by hour since the epoch
	ids   map[int64]idSet       // by minute since the epoch
	kept  int                   // ids in all sets
	limit int                   // of kept
	dirty map[int64]bool        // hours changed since they were last saved
}

type idSet map[eventID]struct{}

func newTerritory(limit int) *territory {
	return &territory{hours: map[int64]*[60]uint32{}, ids: map[int64]idSet{}, limit: limit, dirty: map[int64]bool{}}
}

// count is the number of events known in the minute.
func (t *territory) count(m int64) uint32 {
	if h := t.hours[m/60]; h != nil {
		return h[m%60]
	}
	return 0
}

func (t *territory) setCount(m int64, n uint32) {
	if t.count(m) == n {
		return
	}
	h := t.hours[m/60]
	if h == nil {
		h = new([60]uint32)
		t.hours[m/60] = h
	}
	h[m%60] = n
	t.dirty[m/60] = true
}

// add notes a new event of the minute.
func (t *territory) add(m int64, id eventID) {
	known := t.count(m)
	set := t.ids[m]
	if set == nil && known == 0 && t.limit > 0 {
		set = idSet{}
		t.ids[m] = set
	}
	if set != nil {
		set[id] = struct{}{}
		t.kept++
	}
	t.setCount(m, known+1)
	t.evict()
}

// set returns the ids of the minute if all of them are in memory.
func (t *territory) set(m int64) (idSet, bool) {
	set, ok := t.ids[m]
	return set, ok
}

// replace makes set the ids of the minute, and its count.
func (t *territory) replace(m int64, set idSet) {
	t.forget(m)
	t.ids[m] = set
	t.kept += len(set)
	t.setCount(m, uint32(len(set)))
	t.evict()
}

func (t *territory) forget(m int64) {
	t.kept -= len(t.ids[m])
	delete(t.ids, m)
}

// evict forgets ids, the oldest minutes first, until the limit is kept.
func (t *territory) evict() {
	for t.kept > t.limit && len(t.ids) > 0 {
		oldest := int64(-1)
		for m := range t.ids {
			if oldest < 0 || m < oldest {
				oldest = m
			}
		}
		t.forget(oldest)
	}
}

// drop forgets everything before the minute.
func (t *territory) drop(before int64) {
	for m := range t.ids {
		if m < before {
			t.forget(m)
		}
	}
	for h := range t.hours {
		if (h+1)*60 <= before {
			delete(t.hours, h)
			t.dirty[h] = true // to be saved as forgotten
		}
	}
}

// changed encodes the hours that changed since the last call; an empty text stands for one that is forgotten.
func (t *territory) changed() map[int64]string {
	out := make(map[int64]string, len(t.dirty))
	for h := range t.dirty {
		out[h] = encodeHour(t.hours[h])
	}
	clear(t.dirty)
	return out
}

// encodeHour writes sixty varints in base64; trailing zeros are left out.
func encodeHour(counts *[60]uint32) string {
	if counts == nil {
		return ""
	}
	last := 60
	for last > 0 && counts[last-1] == 0 {
		last--
	}
	var b []byte
	for _, n := range counts[:last] {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

func decodeHour(text string) (*[60]uint32, error) {
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	var out [60]uint32
	for i := 0; len(b) > 0; i++ {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > 1<<32-1 || i == 60 {
			return nil, errors.New("not sixty counts")
		}
		out[i], b = uint32(n), b[w:]
	}
	return &out, nil
}

// span is a piece of time, in milliseconds, To exclusive.
type span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

func sortedKeys[V any](m map[int64]V) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
