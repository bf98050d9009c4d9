package worm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	// pastIDs and pastStreams bound what a chain keeps in memory of the segments behind it: 32 MiB of record ids, and for
	// so many streams, segment by segment, where their records begin and end. What was dropped is read again when needed.
	pastIDs     = 2 << 20
	pastStreams = 1 << 16
	// openIDs is how many records without an order one segment takes.
	openIDs = 1 << 19
)

// past knows the newest segments of a chain, for records that have no order: whether one of those was archived before is
// found by its id, in the segments that hold its offset. Nothing is kept of a chain whose records all have one.
type past struct {
	segments     []*pastSegment // one after the other, the last is the chain's last
	ids, streams int            // in all of them
	clock        uint64         // of uses
	limitIDs     int
	limitStreams int
}

// pastSegment is what is known of one segment.
type pastSegment struct {
	sequence uint64
	here     map[string]streamRange
	keyed    map[string]int64
	ids      []pipeline.RecordID // of the records without an order, sorted
	loaded   bool                // ids are there
	kept     bool                // it is in past.segments and counts
	used     uint64
}

// push notes the segment that the chain now ends with.
func (p *past) push(seg *segment, ids []pipeline.RecordID) {
	if len(seg.Keyed) == 0 && len(p.segments) == 0 {
		return
	}
	s := &pastSegment{sequence: seg.Sequence, here: seg.Here, keyed: seg.Keyed}
	s.load(ids)
	p.segments = append(p.segments, s)
	p.keep(s)
	for p.streams > p.limitStreams && len(p.segments) > 1 {
		oldest := p.segments[0]
		p.streams, p.ids = p.streams-oldest.size(), p.ids-len(oldest.ids)
		p.segments = p.segments[1:]
	}
}

// unshift notes the segment before the oldest known one, if there is room.
func (p *past) unshift(s *pastSegment) {
	if p.streams+s.size() <= p.limitStreams {
		p.segments = slices.Insert(p.segments, 0, s)
		p.keep(s)
	}
}

func (p *past) keep(s *pastSegment) {
	s.kept = true
	p.streams += s.size()
	p.ids += len(s.ids)
	p.use(s)
	p.shed(s)
}

func (s *pastSegment) size() int { return 1 + len(s.here) }

func (s *pastSegment) load(ids []pipeline.RecordID) {
	slices.SortFunc(ids, compareIDs)
	s.ids, s.loaded = ids, true
}

func (p *past) use(s *pastSegment) {
	p.clock++
	s.used = p.clock
}

// shed forgets ids while there are too many: those that were not used for the longest time, but not those of s.
func (p *past) shed(s *pastSegment) {
	for p.ids > p.limitIDs {
		oldest := s
		for _, o := range p.segments {
			if len(o.ids) > 0 && o.used < oldest.used {
				oldest = o
			}
		}
		if oldest == s {
			return
		}
		p.ids -= len(oldest.ids)
		oldest.ids, oldest.loaded = nil, false
	}
}

func compareIDs(a, b pipeline.RecordID) int { return bytes.Compare(a[:], b[:]) }

// unordered collects the ids of records that have no order.
func unordered(ids *[]pipeline.RecordID) func(*pipeline.Record) error {
	return func(r *pipeline.Record) error {
		if !ordered(r) {
			*ids = append(*ids, r.ID())
		}
		return nil
	}
}

// wanted is a record that may be archived.
type wanted struct {
	offset int64
	id     pipeline.RecordID
}

// recall finds which of the records without an order the chain holds already. It goes back from the newest segment to the
// first that can hold one of them, and reads those that hold an offset of theirs.
func (c *Chain) recall(ctx context.Context, records []pipeline.Record) (map[pipeline.RecordID]bool, error) {
	want := c.candidates(records)
	found := map[pipeline.RecordID]bool{}
	for next := c.head.next; next > 0 && len(want) > 0; next-- {
		s, err := c.segmentBefore(ctx, next)
		if err != nil {
			return nil, fmt.Errorf("look for records in segment %d: %w", next-1, err)
		}
		if s == nil {
			return found, nil
		}
		for stream, list := range want {
			if h, ok := s.here[stream]; ok {
				if err := c.find(ctx, s, within(list, h.First, h.Last), found); err != nil {
					return nil, fmt.Errorf("look for records in segment %d: %w", next-1, err)
				}
			}
			if before, ok := s.keyed[stream]; ok {
				list = list[:len(list)-len(within(list, before, list[len(list)-1].offset))]
			}
			if want[stream] = list; len(list) == 0 {
				delete(want, stream)
			}
		}
	}
	return found, nil
}

// candidates are the records, by stream and in the order of their offsets, that the chain may hold: most are newer than
// all that it holds of their stream.
func (c *Chain) candidates(records []pipeline.Record) map[string][]wanted {
	want := map[string][]wanted{}
	for i := range records {
		if r := &records[i]; !ordered(r) && r.Offset < c.head.streams[r.Stream].Next {
			want[r.Stream] = append(want[r.Stream], wanted{r.Offset, r.ID()})
		}
	}
	for _, list := range want {
		slices.SortFunc(list, func(a, b wanted) int { return cmp.Compare(a.offset, b.offset) })
	}
	return want
}

// within is the part of list with offsets from first to last.
func within(list []wanted, first, last int64) []wanted {
	at := func(w wanted, offset int64) int { return cmp.Compare(w.offset, offset) }
	from, _ := slices.BinarySearchFunc(list, first, at)
	to := len(list)
	if last < list[len(list)-1].offset {
		to, _ = slices.BinarySearchFunc(list, last+1, at)
	}
	return list[from:max(from, to)]
}

// find adds to found those of list that the segment holds.
func (c *Chain) find(ctx context.Context, s *pastSegment, list []wanted, found map[pipeline.RecordID]bool) error {
	list = slices.DeleteFunc(slices.Clone(list), func(w wanted) bool { return found[w.id] })
	if len(list) == 0 {
		return nil
	}
	if !s.loaded {
		err := c.loadIDs(ctx, s)
		if errors.Is(err, errMissing) { // its retention is over, its checkpoint's is not
			s.load(nil)
		} else if err != nil {
			return err
		}
	}
	c.past.use(s)
	for _, w := range list {
		if _, ok := slices.BinarySearchFunc(s.ids, w.id, compareIDs); ok {
			found[w.id] = true
		}
	}
	return nil
}

// segmentBefore is what is known of the segment before number next; nil if it is no longer there, as its retention is over.
func (c *Chain) segmentBefore(ctx context.Context, next uint64) (*pastSegment, error) {
	p := &c.past
	if n := len(p.segments); n > 0 && p.segments[0].sequence < next {
		return p.segments[n-int(p.segments[n-1].sequence-(next-1))-1], nil
	}
	s := &pastSegment{sequence: next - 1}
	err := c.retry(ctx, "read back "+c.keys.checkpoint(s.sequence), func(ctx context.Context) error {
		_, m, err := c.a.manifest(ctx, c.keys, s.sequence, c.head.source)
		if m != nil {
			s.here, s.keyed = m.Streams, m.Keyed
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.here == nil { // there is no checkpoint to go by
		if err := c.loadIDs(ctx, s); errors.Is(err, errMissing) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	if n := len(p.segments); n == 0 && next == c.head.next || n > 0 && p.segments[0].sequence == next {
		p.unshift(s)
	}
	return s, nil
}

// loadIDs reads a segment. One that is damaged holds nothing: a record is rather kept twice than lost.
func (c *Chain) loadIDs(ctx context.Context, s *pastSegment) error {
	key := c.keys.segment(s.sequence)
	var obj stored
	err := c.retry(ctx, "read back "+key, func(ctx context.Context) (err error) {
		obj, err = c.a.st.get(ctx, key)
		return err
	})
	if err != nil {
		return err
	}
	var ids []pipeline.RecordID
	seg, err := decode(obj.body, unordered(&ids))
	if err != nil {
		c.log.Error("segment of the archive is damaged, what it holds may be archived again", "segment", key, "error", err)
		seg, ids = &segment{footer: footer{Here: map[string]streamRange{}}}, nil
	}
	if s.here == nil {
		s.here, s.keyed = seg.Here, seg.Keyed
	}
	s.load(ids)
	if s.kept {
		c.past.ids += len(ids)
		c.past.use(s)
		c.past.shed(s)
	}
	return nil
}
