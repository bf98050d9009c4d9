package worm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
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
	ids     map[pipeline.RecordID]bool // of its records without an order, as far as no other segment holds them

	checkpointDue bool // the last segment's checkpoint may be missing
	past          past
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
			if err := c.take(ctx, r.batch); err != nil {
				return err
			}
			if first && c.b != nil {
				due.Reset(c.a.cfg.SegmentAge)
			}
			if c.b != nil && (c.b.foot.RawBytes >= c.a.cfg.SegmentBytes || len(c.ids) >= openIDs) {
				due.Stop()
				if err := c.close(ctx); err != nil {
					return err
				}
			}
		}
	}
}

// take adds a batch to the open segment. What the chain already holds is left out.
func (c *Chain) take(ctx context.Context, batch pipeline.Batch) error {
	if c.b == nil && len(batch.Records) == 0 && len(batch.Positions) == 0 {
		return nil // nothing in it that an acknowledgement would make durable
	}
	known, err := c.recall(ctx, batch.Records)
	if err != nil {
		return err
	}
	if c.b == nil {
		if c.b, err = newBuilder(c.head.link(), c.head.streams, c.a.cfg.CompressionLevel); err != nil {
			return err
		}
		c.moved, c.ids = map[string]string{}, map[pipeline.RecordID]bool{}
	}
	for i := range batch.Records {
		if err := c.add(&batch.Records[i], known); err != nil {
			return err
		}
	}
	c.b.moved(batch.Positions)
	maps.Copy(c.moved, batch.Positions)
	c.waiting = append(c.waiting, batch)
	return nil
}

// add puts a record into the open segment, unless it is there already, or among those known to be in the chain.
func (c *Chain) add(r *pipeline.Record, known map[pipeline.RecordID]bool) error {
	var archived bool
	if ordered(r) {
		archived = c.b.passed(r)
	} else {
		id := r.ID()
		archived = known[id] || c.ids[id]
		if !archived {
			c.ids[id] = true
		}
	}
	if archived {
		c.a.m.duplicates.WithLabelValues(c.head.source).Inc()
		return nil
	}
	return c.b.add(r)
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
		if seg.Sequence != c.head.next { // others were first
			if err := c.rebuild(seg); err != nil {
				return err
			}
			if c.body == nil {
				return nil
			}
			continue
		}
		key := c.keys.segment(c.head.next)
		begun := c.a.opts.Now()
		err = c.put(ctx, key, c.body)
		if err == nil {
			c.past.push(seg, slices.Collect(maps.Keys(c.ids)))
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

// takeOver goes past the segments that are there instead of ours. done: ours is there, written by a try that seemed to
// fail or by another writer that read the same.
func (c *Chain) takeOver(ctx context.Context, key string, ours *segment) (done bool, err error) {
	for first := true; ; first = false {
		var there stored
		err = c.retry(ctx, "read back "+key, func(ctx context.Context) (err error) {
			there, err = c.a.st.get(ctx, key)
			return err
		})
		if errors.Is(err, errMissing) && !first {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if done, err = c.follow(there, ours); done || err != nil {
			return done, err
		}
		if err := c.putCheckpoint(ctx); err != nil { // in case the other writer was killed before it did
			return false, err
		}
		key = c.keys.segment(c.head.next)
	}
}

// follow goes past one segment of another writer, or past ours if that is it.
func (c *Chain) follow(there stored, ours *segment) (done bool, err error) {
	var ids []pipeline.RecordID
	seg, err := decode(there.body, unordered(&ids))
	if err == nil {
		err = c.head.follows(seg)
	}
	if err != nil {
		return false, permanentError{fmt.Errorf("it holds something else: %w", err)}
	}
	for _, id := range ids {
		delete(c.ids, id)
	}
	c.past.push(seg, ids)
	if seg.sum == ours.sum {
		return true, c.wrote(seg, 0)
	}
	c.log.Warn("another writer was first, going on after its segment", "segment", seg.Sequence)
	if err := c.head.advance(seg); err != nil {
		return false, err
	}
	c.checkpointDue = true
	return false, nil
}

// rebuild makes our segment the next one in the chain, without records that the chain holds by now. Nothing may be left.
func (c *Chain) rebuild(ours *segment) error {
	b, err := newBuilder(c.head.link(), c.head.streams, c.a.cfg.CompressionLevel)
	if err != nil {
		return err
	}
	if _, err := decode(c.body, func(r *pipeline.Record) error {
		if ordered(r) && b.passed(r) || !ordered(r) && !c.ids[r.ID()] {
			return nil
		}
		return b.add(r)
	}); err != nil {
		return err
	}
	ahead := map[string]string{}
	for name, p := range c.moved {
		if there, known := c.head.streams[name]; p != "" && (!known || !ours.Streams[name].behind(there)) {
			ahead[name] = p // the other writer is not further than we are
		}
	}
	b.moved(ahead)
	c.b, c.body, c.moved = b, nil, ahead
	if b.foot.Records == 0 && len(ahead) == 0 {
		c.b = &builder{} // its batches are still to be acknowledged
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
