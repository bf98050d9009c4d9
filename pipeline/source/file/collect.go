package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// builder collects one batch.
type builder struct {
	records []pipeline.Record
	bytes   int64
}

func (s *Source) full(b *builder) bool {
	return len(b.records) >= s.cfg.BatchLines || b.bytes >= int64(s.cfg.BatchBytes)
}

// collect fills b from the files that have something, oldest first.
func (s *Source) collect(b *builder, now time.Time) error {
	for _, t := range s.files {
		if now.Before(t.retry) {
			continue
		}
		err := s.drain(t, b, now)
		switch {
		case err == nil:
			t.failing = t.failing && t.f == nil
		case !s.cfg.Follow:
			return fmt.Errorf("read %s: %w", t.path, unpath(err))
		case errors.Is(err, io.ErrUnexpectedEOF) && now.Sub(t.changed) < compressTime:
			s.later(t) // it is still being compressed
		default:
			s.fail(t, err)
		}
		if s.full(b) {
			break
		}
	}
	s.sort()
	return nil
}

// drain takes what one file has to give, until b is full.
func (s *Source) drain(t *tracked, b *builder, now time.Time) error {
	s.refresh(t, now)
	if t.done && !t.news() {
		return nil
	}
	if t.done && s.cfg.Follow {
		t.forget() // it changed after its end: another file, or more of it
	}
	if t.base == "" {
		if !t.news() && !(s.ended(t, now) && t.size > 0) {
			return nil
		}
		if err := s.peek(t, now); err != nil || t.base == "" {
			return err
		}
	}
	if t.st == nil {
		if t.comp != plain && s.cfg.Follow && s.started && !t.stable {
			return nil // it may still be written
		}
		if t.copyOf != nil && t.copyOf.owner != nil && !t.news() && !t.goesOn() {
			return nil
		}
		if err := s.claim(t); err != nil || t.st == nil {
			return err
		}
	}
	for !s.full(b) {
		more, err := s.step(t, b, now)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// refresh looks at the size of a file that is held open, or that has no stream yet.
func (s *Source) refresh(t *tracked, now time.Time) {
	if !s.cfg.Follow || t.done {
		return
	}
	if t.f == nil {
		return // the scan does
	}
	fi, err := t.f.Stat()
	if err != nil {
		return
	}
	t.stamp(fi, now)
	if t.st != nil && t.exhausted() && now.Sub(t.changed) >= s.cfg.CloseIdle && t.missing.IsZero() {
		t.close()
	}
}

// step takes one chunk, or the lines left of the last one. more says that it may be worth calling again.
func (s *Source) step(t *tracked, b *builder, now time.Time) (more bool, err error) {
	if s.takeLines(t, b) {
		return true, nil
	}
	if t.comp != plain {
		return s.stepCompressed(t, b)
	}
	if t.size < t.readOff() {
		return s.shrunk(t)
	}
	if t.size == t.readOff() {
		return false, s.atEnd(t, b, now)
	}
	if err := t.open(); err != nil {
		return false, err
	}
	off := t.readOff()
	n := min(t.size-off, maxChunk)
	got, err := t.split.fill(io.NewSectionReader(t.f, off, n), int(n))
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	// Whatever was read is this stream's only if the file was not emptied before that.
	ok, err := t.sameHead()
	if err == nil && ok && t.shrunk {
		s.keepTail(t)
		_, ok, err = t.vouch(t.st.pos)
		t.shrunk = false
	}
	if err != nil {
		return false, err
	}
	if !ok {
		s.restarted(t)
		return false, nil
	}
	return got > 0, nil
}

// takeLines moves complete lines from the file's buffer into b.
func (s *Source) takeLines(t *tracked, b *builder) bool {
	proto := pipeline.Record{Source: s.opts.Name, Stream: t.st.name, Meta: t.meta}
	if b.records == nil && len(t.split.buf) > 0 {
		b.records = make([]pipeline.Record, 0, min(s.cfg.BatchLines, 64+len(t.split.buf)/64))
	}
	before := len(b.records)
	var n int64
	b.records, n = t.split.lines(b.records, &proto, s.cfg.BatchLines-before, int64(s.cfg.BatchBytes)-b.bytes)
	return s.took(t, b, before, n)
}

// took notes what was appended to b after the first before records.
func (s *Source) took(t *tracked, b *builder, before int, n int64) bool {
	if n == 0 {
		return false
	}
	b.bytes += n
	t.st.pos.offset, t.st.pos.file = t.split.off, t.id
	s.moved[t.st] = true
	s.m.count(b.records[before:], n)
	return true
}

// takeLast delivers an unfinished line.
func (s *Source) takeLast(t *tracked, b *builder) {
	proto := pipeline.Record{Source: s.opts.Name, Stream: t.st.name, Meta: t.meta}
	before := len(b.records)
	var n int64
	b.records, n = t.split.last(b.records, &proto)
	s.took(t, b, before, n)
}

// atEnd is where an unfinished line is waited for, or delivered if it will never be finished.
func (s *Source) atEnd(t *tracked, b *builder, now time.Time) error {
	if !s.cfg.Follow {
		s.takeLast(t, b)
		s.finish(t)
		return nil
	}
	if t.split.held() > 0 && s.ended(t, now) {
		s.takeLast(t, b)
	}
	return nil
}

// finish is called when nothing more can come.
func (s *Source) finish(t *tracked) {
	s.release(t)
	t.done = true
	t.judged()
	t.close()
}

// keepTail brings the stream's position up to date: the bytes before it vouch for it.
func (s *Source) keepTail(t *tracked) {
	if t.st == nil || len(t.split.tail) == 0 && t.st.pos.offset > 0 {
		return // nothing was read since it was claimed by its length alone
	}
	t.st.pos.tail = tailHash(t.split.tail)
}

func (s *Source) stepCompressed(t *tracked, b *builder) (more bool, err error) {
	if t.done {
		s.finish(t)
		return false, nil
	}
	if err := t.open(); err != nil {
		return false, err
	}
	if t.dec == nil { // it was closed after an error
		ok, err := t.sameHead()
		if err != nil {
			return false, err
		}
		if !ok {
			s.restarted(t)
			return false, nil
		}
		s.keepTail(t)
		tail, ok, err := t.vouch(t.st.pos)
		if err != nil {
			return false, err
		}
		if !ok {
			s.restarted(t)
			return false, nil
		}
		t.split.reset(t.st.pos.offset, tail)
		if t.done {
			return true, nil
		}
	}
	got, err := t.split.fill(t.dec, maxChunk/4)
	switch {
	case errors.Is(err, io.EOF):
		s.takeLines(t, b)
		if t.split.scanned < len(t.split.buf) {
			return true, nil // b is full; the decoder will say EOF again
		}
		s.takeLast(t, b)
		s.finish(t)
		return false, nil
	case err != nil && got == 0:
		return false, fmt.Errorf("decompress: %w", err)
	}
	return true, nil
}

// shrunk deals with a file that is shorter than what was read of it: emptied to be written anew, or cut.
func (s *Source) shrunk(t *tracked) (more bool, err error) {
	if err := t.open(); err != nil {
		return false, err
	}
	ok, err := t.sameHead()
	if err != nil {
		return false, err
	}
	if !ok {
		s.restarted(t)
		return false, nil
	}
	if t.size < t.st.pos.offset && !t.shrunk {
		s.log.Warn("file is shorter than what was read of it, waiting", "path", t.path, "size", t.size, "read", t.st.pos.offset)
	}
	t.shrunk = true
	t.split.reset(t.st.pos.offset, t.split.tail)
	return false, nil
}

// restarted deals with a file whose content was replaced. What was not read of the old content can only come from a
// copy of it.
func (s *Source) restarted(t *tracked) {
	s.log.Info("file was truncated and begins anew", "path", t.path, "read", t.st.pos.offset)
	s.m.truncations.Inc()
	s.release(t)
	t.forget()
	s.unsorted = true
}

// batch makes a batch of b and of the positions that moved.
func (s *Source) batch(b *builder) pipeline.Batch {
	out := pipeline.Batch{Records: b.records}
	if n := len(s.moved) + len(s.forgotten); n > 0 {
		out.Positions = make(map[string]string, n)
	}
	for st := range s.moved {
		if t := st.owner; t != nil {
			s.keepTail(t)
		}
		out.Positions[st.name] = st.pos.String()
	}
	for _, name := range s.forgotten {
		out.Positions[name] = ""
	}
	clear(s.moved)
	s.forgotten = nil
	out.Ack = s.ack(out.Positions)
	return out
}

func (s *Source) ack(positions map[string]string) func(context.Context) error {
	return func(ctx context.Context) error {
		if s.opts.Save == nil || len(positions) == 0 {
			return nil
		}
		if err := s.opts.Save(ctx, maps.Clone(positions)); err != nil {
			return fmt.Errorf("save positions of source %s: %w", s.opts.Name, err)
		}
		return nil
	}
}
