package worm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Extract is a record with what proves that it is in the archive.
type Extract struct {
	Record     pipeline.Record
	Sequence   uint64 // of the segment that holds it
	Segment    string // its key
	SHA256     string // of the segment as stored, hexadecimal
	Checkpoint []byte // the one written after it, as stored
}

// ErrNotFound says that no segment holds the record.
var ErrNotFound = errors.New("the archive does not hold this record")

// Extract finds a record by where it was read. It goes by the checkpoints, and reads one segment.
func (a *Archive) Extract(ctx context.Context, source, stream string, offset int64) (*Extract, error) {
	return a.extract(ctx, source, func(r *pipeline.Record) bool { return r.Stream == stream && r.Offset == offset },
		func(h map[string]streamRange) bool {
			here, ok := h[stream]
			return ok && here.First <= offset && offset <= here.Last
		})
}

// ExtractID finds a record by its id. The id is a hash, so that every segment is read until it is found.
func (a *Archive) ExtractID(ctx context.Context, source string, id pipeline.RecordID) (*Extract, error) {
	return a.extract(ctx, source, func(r *pipeline.Record) bool { return r.ID() == id },
		func(map[string]streamRange) bool { return true })
}

var errStop = errors.New("stop")

func (a *Archive) extract(ctx context.Context, source string, is func(*pipeline.Record) bool, may func(map[string]streamRange) bool) (*Extract, error) {
	k := keysOf(a.cfg.Prefix, source)
	var found *Extract
	err := a.st.list(ctx, k.segments(), func(o listed) error {
		seq, ok := sequence(o.key)
		if !ok {
			return nil
		}
		checkpoint, here, err := a.manifest(ctx, k, seq, source)
		if err != nil || here != nil && !may(here.Streams) {
			return err
		}
		obj, err := a.st.get(ctx, o.key)
		if err != nil {
			return err
		}
		var rec *pipeline.Record
		seg, err := decode(obj.body, func(r *pipeline.Record) error {
			if rec == nil && is(r) {
				r.Raw = bytes.Clone(r.Raw)
				rec = r
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("segment %s: %w", o.key, err)
		}
		if rec == nil {
			return nil
		}
		found = &Extract{Record: *rec, Sequence: seq, Segment: o.key, SHA256: fmt.Sprintf("%x", seg.sum), Checkpoint: checkpoint}
		return errStop
	})
	switch {
	case found != nil:
		return found, nil
	case err != nil:
		return nil, fmt.Errorf("search archive of source %s: %w", source, err)
	}
	return nil, ErrNotFound
}

// manifest reads what a checkpoint says of its segment. A checkpoint that is missing or malformed says nothing: nil.
func (a *Archive) manifest(ctx context.Context, k keys, seq uint64, source string) ([]byte, *manifest, error) {
	obj, err := a.st.get(ctx, k.checkpoint(seq))
	if errors.Is(err, errMissing) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	text, _, _ := unsign(obj.body, a.verifiers)
	if _, _, err := sizeAndRoot(text, source); err != nil {
		return obj.body, nil, nil //nolint:nilerr // then the segment itself is read
	}
	var m manifest
	lines := bytes.SplitN(text, []byte{'\n'}, 5)
	if len(lines) < 4 || strict(lines[3], &m) != nil {
		return obj.body, nil, nil //nolint:nilerr // likewise
	}
	return obj.body, &m, nil
}

// Records reads back all that is archived of a source, in order. A record is valid until the next one.
func (a *Archive) Records(ctx context.Context, source string) iter.Seq2[*pipeline.Record, error] {
	return func(yield func(*pipeline.Record, error) bool) {
		k := keysOf(a.cfg.Prefix, source)
		err := a.st.list(ctx, k.segments(), func(o listed) error {
			obj, err := a.st.get(ctx, o.key)
			if err != nil {
				return err
			}
			_, err = decode(obj.body, func(r *pipeline.Record) error {
				if !yield(r, nil) {
					return errStop
				}
				return nil
			})
			if err != nil && !errors.Is(err, errStop) {
				err = fmt.Errorf("segment %s: %w", o.key, err)
			}
			return err
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, fmt.Errorf("read archive of source %s: %w", source, err))
		}
	}
}
