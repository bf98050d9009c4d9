package worm

import (
	"context"
	"fmt"
	"iter"
)

// SegmentCount says what one segment holds of one stream.
type SegmentCount struct {
	Sequence uint64
	Stream   string
	First    int64 // offsets
	Last     int64
	Records  uint64
}

// Counts tells how much is archived of a source, by segment and stream. It goes by the checkpoints, and reads a segment
// only where its checkpoint is missing; what it says is as good as [Verify] finds the archive.
func (a *Archive) Counts(ctx context.Context, source string) iter.Seq2[SegmentCount, error] {
	return func(yield func(SegmentCount, error) bool) {
		k := keysOf(a.cfg.Prefix, source)
		var stopped bool
		err := a.st.list(ctx, k.segments(), func(o listed) error {
			seq, ok := sequence(o.key)
			if !ok || stopped {
				return nil
			}
			_, m, err := a.manifest(ctx, k, seq, source)
			if err == nil && m == nil {
				m, err = a.contents(ctx, o.key)
			}
			if err != nil {
				return fmt.Errorf("segment %s: %w", o.key, err)
			}
			for stream, h := range m.Streams {
				if stopped = stopped || !yield(SegmentCount{seq, stream, h.First, h.Last, h.Records}, nil); stopped {
					return nil
				}
			}
			return nil
		})
		if err != nil && !stopped {
			yield(SegmentCount{}, fmt.Errorf("count archive of source %s: %w", source, err))
		}
	}
}

func (a *Archive) contents(ctx context.Context, key string) (*manifest, error) {
	obj, err := a.st.get(ctx, key)
	if err != nil {
		return nil, err
	}
	seg, err := decode(obj.body, nil)
	if err != nil {
		return nil, err
	}
	return &manifest{Streams: seg.Here}, nil
}
