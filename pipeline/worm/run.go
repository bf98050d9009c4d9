package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Chain writes the segments of one source.
type Chain struct {
	a    *Archive
	keys keys
	log  *slog.Logger
	head *head

	b       *builder                   // the open segment, nil if there is none
	body    []byte                     // its bytes, once it is sealed
	waiting []pipeline.Batch           // to be acknowledged when it is durable
	moved   map[string]string          // the positions it will hold
	ids     map[pipeline.RecordID]bool // of the keyed records in it

	checkpointDue bool                         // the last segment's checkpoint may be missing
	keyed         []map[pipeline.RecordID]bool // the keyed records of the latest segments
}

// Positions are where to resume each stream: what the last segment says. A source is opened with them.
func (c *Chain) Positions() map[string]string {
	out := map[string]string{}
	for name, s := range c.head.streams {
		if s.Position != "" {
			out[name] = s.Position
		}
	}
	return out
}

// Run archives what src gives until it ends (nil), ctx ends (nil, after what was read is written) or something fails
// for good. While S3 does not answer it stops reading, and tries again for ever.
func (c *Chain) Run(ctx context.Context, src pipeline.Source) error {
	readCtx, stop := context.WithCancel(ctx)
	batches := make(chan readResult)
	done := make(chan struct{})
	go func() {
		defer close(done)
		read(readCtx, src, batches)
	}()
	defer func() {
		stop()
		<-done
	}()
	err := c.loop(ctx, batches)
	if err == nil || ctx.Err() == nil {
		return err
	}
	drain, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), c.a.cfg.DrainTimeout,
		errors.New("the archive did not answer before the process had to stop"))
	defer cancel()
	return c.close(drain)
}

type readResult struct {
	batch pipeline.Batch
	err   error
}

// read hands over one batch at a time; the channel has no buffer, so that a slow archive stops the reading.
func read(ctx context.Context, src pipeline.Source, out chan<- readResult) {
	for {
		b, err := src.Read(ctx)
		select {
		case out <- readResult{b, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (c *Chain) loop(ctx context.Context, batches <-chan readResult) error {
	due := time.NewTimer(time.Hour)
	due.Stop()
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-due.C:
			if err := c.close(ctx); err != nil {
				return err
			}
		case r := <-batches:
			if errors.Is(r.err, io.EOF) {
				return c.close(ctx)
			}
			if r.err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				return errors.Join(fmt.Errorf("read source %s: %w", c.head.source, r.err), c.close(ctx))
			}
			first := c.b == nil
			if err := c.take(r.batch); err != nil {
				return err
			}
			if first && c.b != nil {
				due.Reset(c.a.cfg.SegmentAge)
			}
			if c.b != nil && c.b.foot.RawBytes >= c.a.cfg.SegmentBytes {
				due.Stop()
				if err := c.close(ctx); err != nil {
					return err
				}
			}
		}
	}
}

// take adds a batch to the open segment. What the chain already holds is left out.
func (c *Chain) take(batch pipeline.Batch) error {
	if c.b == nil {
		if len(batch.Records) == 0 && len(batch.Positions) == 0 {
			return nil // nothing in it that an acknowledgement would make durable
		}
		var err error
		if c.b, err = newBuilder(c.head.link(), c.head.streams, c.a.cfg.CompressionLevel); err != nil {
			return err
		}
		c.moved, c.ids = map[string]string{}, map[pipeline.RecordID]bool{}
	}
	for i := range batch.Records {
		r := &batch.Records[i]
		if c.archived(c.b, r) {
			c.a.m.duplicates.WithLabelValues(c.head.source).Inc()
			continue
		}
		if r.Key != "" {
			c.ids[r.ID()] = true
		}
		if err := c.b.add(r); err != nil {
			return err
		}
	}
	c.b.moved(batch.Positions)
	maps.Copy(c.moved, batch.Positions)
	c.waiting = append(c.waiting, batch)
	return nil
}

// keyedSegments is how many segments back keyed records are recognised. A source repeats no more than what it was not
// told to be durable, which is in the last segment of each writer.
const keyedSegments = 4

// archived says whether the chain, or the open segment b, holds the record already.
func (c *Chain) archived(b *builder, r *pipeline.Record) bool {
	if r.Key == "" {
		return b.passed(r)
	}
	if len(c.keyed) == 0 && len(c.ids) == 0 {
		return false
	}
	id := r.ID()
	if c.ids[id] {
		return true
	}
	for _, ids := range c.keyed {
		if ids[id] {
			return true
		}
	}
	return false
}

// remember keeps the keyed records of one more segment.
func (c *Chain) remember(ids map[pipeline.RecordID]bool) {
	if len(ids) == 0 && len(c.keyed) == 0 {
		return
	}
	if c.keyed = append(c.keyed, ids); len(c.keyed) > keyedSegments {
		c.keyed = c.keyed[1:]
	}
}

// close writes the open segment and acknowledges what it covers. After an error it may be called again.
func (c *Chain) close(ctx context.Context) error {
	if c.b == nil {
		return nil
	}
	if c.b.foot.Records > 0 || len(c.moved) > 0 {
		if err := c.write(ctx); err != nil {
			return err
		}
	}
	if err := c.putCheckpoint(ctx); err != nil {
		return err
	}
	for ; len(c.waiting) > 0; c.waiting = c.waiting[1:] {
		ack := c.waiting[0].Ack
		if ack == nil {
			continue
		}
		if err := c.retry(ctx, "acknowledge", ack); err != nil {
			return fmt.Errorf("acknowledge source %s: %w", c.head.source, err)
		}
	}
	c.b, c.waiting = nil, nil
	return nil
}

// write puts the segment and its checkpoint. If another writer was first, its segment is taken over and ours comes after
// it, without what that one holds. After an error it may be called again.
func (c *Chain) write(ctx context.Context) error {
	if c.body == nil {
		var err error
		if c.body, err = c.b.seal(); err != nil {
			return err
		}
	}
	for {
		seg, err := decode(c.body, nil) // what cannot be read back is not evidence
		if err != nil {
			return fmt.Errorf("read back the new segment: %w", err)
		}
		key := c.keys.segment(c.head.next)
		begun := c.a.opts.Now()
		err = c.put(ctx, key, c.body)
		if err == nil {
			c.remember(c.ids)
			return c.wrote(seg, c.a.opts.Now().Sub(begun))
		}
		if !errors.Is(err, errExists) {
			return fmt.Errorf("write segment %s to the archive: %w", key, err)
		}
		done, err := c.takeOver(ctx, key, seg)
		if err != nil {
			return fmt.Errorf("segment %s exists already: %w", key, err)
		}
		if done {
			return nil
		}
	}
}

// wrote goes past our segment.
func (c *Chain) wrote(seg *segment, took time.Duration) error {
	if err := c.head.advance(seg); err != nil {
		return err
	}
	c.checkpointDue = true
	c.a.m.wrote(seg, len(c.body), took, c.a.opts.Now())
	c.log.Info("segment archived", "segment", seg.Sequence, "records", seg.Records, "raw_bytes", seg.RawBytes, "stored_bytes", len(c.body))
	c.b, c.body, c.moved, c.ids = &builder{}, nil, nil, nil // its batches are still to be acknowledged
	return nil
}

// takeOver goes past a segment that is there instead of ours. done: nothing of ours is left to write, because it is the
// same, written by a try that seemed to fail or by another writer that read the same.
func (c *Chain) takeOver(ctx context.Context, key string, ours *segment) (done bool, err error) {
	var there stored
	err = c.retry(ctx, "read back "+key, func(ctx context.Context) (err error) {
		there, err = c.a.st.get(ctx, key)
		return err
	})
	if err != nil {
		return false, err
	}
	ids := map[pipeline.RecordID]bool{}
	seg, err := decode(there.body, func(r *pipeline.Record) error {
		if r.Key != "" {
			ids[r.ID()] = true
		}
		return nil
	})
	if err == nil {
		err = c.head.follows(seg)
	}
	if err != nil {
		return false, permanentError{fmt.Errorf("it holds something else: %w", err)}
	}
	c.remember(ids)
	if seg.sum == ours.sum {
		return true, c.wrote(seg, 0)
	}
	c.log.Warn("another writer was first, going on after its segment", "segment", seg.Sequence)
	if err := c.head.advance(seg); err != nil {
		return false, err
	}
	c.checkpointDue = true
	if err := c.rebuild(ours); err != nil {
		return false, err
	}
	return c.body == nil, c.putCheckpoint(ctx) // in case the other writer was killed before it did
}

// rebuild makes our segment the next one in the chain, without records that the chain holds by now. Nothing may be left.
func (c *Chain) rebuild(ours *segment) error {
	b, err := newBuilder(c.head.link(), c.head.streams, c.a.cfg.CompressionLevel)
	if err != nil {
		return err
	}
	mine := c.ids
	c.ids = map[pipeline.RecordID]bool{}
	if _, err := decode(c.body, func(r *pipeline.Record) error {
		if c.archived(b, r) {
			return nil
		}
		if r.Key != "" {
			c.ids[r.ID()] = true
		}
		return b.add(r)
	}); err != nil {
		c.ids = mine
		return err
	}
	ahead := map[string]string{}
	for name, p := range c.moved {
		if there, known := c.head.streams[name]; p != "" && (!known || ours.Streams[name].Next >= there.Next) {
			ahead[name] = p // the other writer is not further than we are
		}
	}
	b.moved(ahead)
	c.b, c.body = b, nil
	if b.foot.Records == 0 && len(ahead) == 0 {
		return nil
	}
	c.body, err = b.seal()
	return err
}

// putCheckpoint writes the checkpoint after the last segment; that it is there already is fine.
func (c *Chain) putCheckpoint(ctx context.Context) error {
	if !c.checkpointDue {
		return nil
	}
	body, err := sign(c.head.manifest, c.a.signer)
	if err != nil {
		return err
	}
	key := c.keys.checkpoint(c.head.next - 1)
	if err := c.put(ctx, key, body); err != nil && !errors.Is(err, errExists) {
		return fmt.Errorf("write checkpoint %s to the archive: %w", key, err)
	}
	c.checkpointDue = false
	return nil
}

func (c *Chain) put(ctx context.Context, key string, body []byte) error {
	return c.retry(ctx, "write "+key, func(ctx context.Context) error { return c.a.st.put(ctx, key, body) })
}
