package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// pipe reads a stream that cannot be read twice. It is always delivered whole, whatever the saved positions say: what it
// begins with names it, so that its records have the ids they would have if it were read as a file.
type pipe struct {
	chunks chan chunk
	stop   chan struct{}
	once   sync.Once
	split  splitter
	st     *stream
	err    error // the end, once it was seen
}

type chunk struct {
	b   []byte
	err error
}

const pipeChunk = 256 << 10

// newPipe starts the goroutine that reads. A blocked read of standard input cannot be interrupted: the goroutine ends at
// the next byte, or with the process.
func newPipe(in io.Reader, maxLine int) *pipe {
	p := &pipe{chunks: make(chan chunk), stop: make(chan struct{})}
	p.split.max = maxLine
	go p.pump(in)
	return p
}

func (p *pipe) pump(in io.Reader) {
	var buf []byte
	for {
		if len(buf) < minChunk {
			buf = make([]byte, pipeChunk)
		}
		n, err := in.Read(buf)
		select {
		case p.chunks <- chunk{buf[:n:n], err}:
		case <-p.stop:
			return
		}
		if err != nil {
			return
		}
		buf = buf[n:]
	}
}

func (p *pipe) close() { p.once.Do(func() { close(p.stop) }) }

func (s *Source) readStdin(ctx context.Context) (pipeline.Batch, error) {
	p := s.stdin
	var b builder
	timeout := time.NewTimer(idleTick)
	defer timeout.Stop()
	defer s.idle.Store(false)
	for {
		s.idle.Store(false)
		s.takeStdin(&b)
		if s.full(&b) {
			return s.batch(&b), nil
		}
		if p.err != nil {
			return s.endStdin(&b)
		}
		var flush <-chan struct{} // closed if there is something to hand over at once
		if len(b.records) > 0 {
			flush = closedChan
		}
		select {
		case c := <-p.chunks:
			p.split.feed(c.b)
			p.err = c.err
			continue
		default:
		}
		s.idle.Store(true)
		select {
		case c := <-p.chunks:
			p.split.feed(c.b)
			p.err = c.err
		case <-flush:
			return s.batch(&b), nil
		case <-timeout.C:
			return s.batch(&b), nil
		case <-ctx.Done():
			return pipeline.Batch{}, ctx.Err()
		}
	}
}

var closedChan = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// takeStdin names the stream as soon as that can be done, and takes the complete lines.
func (s *Source) takeStdin(b *builder) {
	p := s.stdin
	if p.st == nil {
		held := p.split.buf[p.split.at:]
		n := headLen(held, p.err != nil)
		if n == 0 {
			return
		}
		p.st = &stream{name: streamName(held[:n]), pos: position{tail: tailHash(nil)}}
	}
	proto := s.stdinProto()
	before := len(b.records)
	var n int64
	b.records, n = p.split.lines(b.records, &proto, s.cfg.BatchLines-before, int64(s.cfg.BatchBytes)-b.bytes)
	s.tookStdin(b, before, n)
}

func (s *Source) stdinProto() pipeline.Record {
	return pipeline.Record{Source: s.opts.Name, Stream: s.stdin.st.name, Meta: stdinMeta}
}

var stdinMeta = map[string]string{"path": Stdin}

func (s *Source) tookStdin(b *builder, before int, n int64) {
	if n == 0 {
		return
	}
	p := s.stdin
	b.bytes += n
	p.st.pos.offset, p.st.pos.tail = p.split.off, tailHash(p.split.tail)
	s.moved[p.st] = true
	s.m.count(b.records[before:], n)
}

// endStdin delivers what is left after the input's end.
func (s *Source) endStdin(b *builder) (pipeline.Batch, error) {
	p := s.stdin
	if p.st != nil {
		proto := s.stdinProto()
		before := len(b.records)
		var n int64
		b.records, n = p.split.last(b.records, &proto)
		s.tookStdin(b, before, n)
	}
	switch {
	case len(b.records) > 0:
		return s.batch(b), nil
	case errors.Is(p.err, io.EOF):
		return pipeline.Batch{}, io.EOF
	default:
		return pipeline.Batch{}, fmt.Errorf("read standard input: %w", p.err)
	}
}
