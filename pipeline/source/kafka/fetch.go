package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/auditwarden/auditwarden/pipeline"
)

// fetchWait is how long a broker may wait for a message to come. It answers at once when there is one.
const fetchWait = 5 * time.Second

// readPartition hands over the messages of one partition until ctx ends, which it does with the generation.
func (s *Source) readPartition(ctx context.Context, p *partition) {
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		err := s.readOnce(ctx, p)
		switch {
		case err == nil:
			wait = 100 * time.Millisecond
			continue
		case ctx.Err() != nil:
			return
		case errors.Is(err, kafkago.OffsetOutOfRange):
			err = s.outOfRange(ctx, p)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("read failed, trying again", "topic", p.topic, "partition", p.id, "offset", p.next, "error", err)
			s.metrics.errors.Inc()
			pause(ctx, wait)
			wait = min(2*wait, 10*time.Second)
		}
	}
}

// readOnce fetches and hands over one response. Messages come in batches of BatchRecords at most.
func (s *Source) readOnce(ctx context.Context, p *partition) error {
	res, err := s.fetch(ctx, p)
	if err != nil {
		return err
	}
	b := &batch{s: s, p: p}
	last := int64(-1)
	for {
		rec, err := res.Records.ReadRecord()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(fmt.Errorf("read response: %w", err), b.hand(ctx))
		}
		m, err := newMessage(rec)
		if err != nil {
			return errors.Join(fmt.Errorf("read message at offset %d: %w", rec.Offset, err), b.hand(ctx))
		}
		last = m.offset
		if m.offset < p.next {
			continue // a compressed batch begins before the offset asked for
		}
		if err := b.add(ctx, m); err != nil {
			return err
		}
	}
	if err := b.hand(ctx); err != nil {
		return err
	}
	s.passEmpty(p, res, last)
	s.metrics.lag.WithLabelValues(p.topic, strconv.Itoa(p.id)).Set(float64(max(res.HighWatermark-max(p.next, 0), 0)))
	return nil
}

func (s *Source) fetch(ctx context.Context, p *partition) (*kafkago.FetchResponse, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, fetchWait+requestTimeout, errNoAnswer)
	defer cancel()
	if p.next < 0 {
		first, _, err := s.bounds(ctx, p)
		if err != nil {
			return nil, err
		}
		p.next = first
	}
	res, err := s.client.Fetch(ctx, &kafkago.FetchRequest{
		Topic: p.topic, Partition: p.id, Offset: p.next, MinBytes: 1, MaxBytes: int64(s.cfg.FetchBytes), MaxWait: fetchWait,
	})
	if err != nil {
		return nil, said(ctx, err)
	}
	return res, res.Error
}

// passEmpty goes past what a partition has, but no reader gets: the marks of transactions, and batches of which
// compaction removed every message. Without it the same response would come for ever.
func (s *Source) passEmpty(p *partition, res *kafkago.FetchResponse, last int64) {
	if last >= p.next {
		return
	}
	stream, ok := res.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) == 0 {
		return
	}
	for _, r := range stream.Records {
		switch r := r.(type) {
		case *protocol.ControlBatch:
			p.next = max(p.next, r.BaseOffset+1)
		case *protocol.RecordBatch:
			if last < 0 && r.BaseOffset <= p.next {
				p.next++ // its last offset is not told; the messages after it come when we are past it
			}
		}
	}
}

// outOfRange finds out why an offset is not there. Nil: p.next was mended.
func (s *Source) outOfRange(ctx context.Context, p *partition) error {
	ctx, cancel := context.WithTimeoutCause(ctx, requestTimeout, errNoAnswer)
	defer cancel()
	first, last, err := s.bounds(ctx, p)
	switch {
	case err != nil:
		return err
	case p.next < first:
		s.log.Error("messages were deleted by the topic's retention before they were read",
			"topic", p.topic, "partition", p.id, "from", p.next, "to", first, "messages", first-p.next)
		s.metrics.expired.Add(float64(first - p.next))
		p.next = first
		return nil
	case p.next > last:
		return fmt.Errorf("partition ends at %d, before the offset to go on from: the topic seems to have been deleted and made anew; "+
			"give it to a source of another name, or the group another name", last)
	}
	return nil
}

// bounds are a partition's first offset, and the one after its last.
func (s *Source) bounds(ctx context.Context, p *partition) (first, last int64, err error) {
	res, err := s.client.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{p.topic: {kafkago.FirstOffsetOf(p.id), kafkago.LastOffsetOf(p.id)}},
	})
	if err != nil {
		return 0, 0, fmt.Errorf("ask for offsets: %w", said(ctx, err))
	}
	for _, o := range res.Topics[p.topic] {
		if o.Partition == p.id {
			return o.FirstOffset, o.LastOffset, o.Error
		}
	}
	return 0, 0, errors.New("ask for offsets: the broker does not know the partition")
}

// batch gathers records to be handed over at once.
type batch struct {
	s       *Source
	p       *partition
	records []pipeline.Record
	bytes   int
	next    int64 // after the last message that is complete

	partLines int // taken of a message that is not
}

// add splits a message and hands over whatever becomes full.
func (b *batch) add(ctx context.Context, m *message) error {
	if m.offset == b.p.partOffset {
		m.skip = b.p.partLines
	}
	for done := false; !done; {
		before := len(b.records)
		b.records, done = b.s.records(b.records, b.p.stream, m)
		b.s.metrics.records.Add(float64(len(b.records) - before))
		b.partLines = m.line
		if done {
			b.next, b.partLines = m.offset+1, 0
			b.bytes += len(m.value)
		}
		if len(b.records) >= b.s.cfg.BatchRecords || b.bytes >= b.s.cfg.FetchBytes {
			if err := b.hand(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// hand gives what was gathered to Read. A message of which only some lines are in it is not acknowledged with it.
func (b *batch) hand(ctx context.Context) error {
	if len(b.records) == 0 {
		return nil
	}
	out := pipeline.Batch{Records: b.records}
	p, s, next := b.p, b.s, b.next
	if next > 0 {
		out.Positions = map[string]string{p.stream: strconv.FormatInt(next, 10)}
		out.Ack = func(context.Context) error { return s.acknowledge(p, next) }
	}
	select {
	case s.batches <- out:
	case <-ctx.Done():
		return ctx.Err()
	}
	if next > 0 {
		s.mu.Lock()
		p.handed = max(p.handed, next)
		s.mu.Unlock()
		p.next = next
	}
	p.partOffset, p.partLines = p.next, b.partLines
	b.records, b.bytes, b.next = nil, 0, 0
	return nil
}
