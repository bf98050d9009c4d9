package file

import (
	"bytes"
	"io"

	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	minChunk = 4 << 10
	maxChunk = 1 << 20
)

// splitter cuts a stream of bytes into lines. Records alias its chunks, which are never written to again.
type splitter struct {
	max int // longest line delivered whole

	buf     []byte // bytes taken and not yet delivered begin at buf[at]
	at      int    // start of the current line
	scanned int    // buf[at:scanned] holds no terminator

	long    []byte // the first max bytes of a line longer than that, whose end has not been seen
	dropped int64  // its further bytes, lost but for their number

	off  int64  // offset in the stream of the current line
	tail []byte // the last bytes before off
	run  []byte // the last bytes before buf[at], where that is not off because of long
}

// reset starts anew at the offset of a line, which tail comes before.
func (s *splitter) reset(off int64, tail []byte) {
	*s = splitter{max: s.max, off: off, tail: bytes.Clone(tail)}
}

// held is how many bytes beyond off were taken.
func (s *splitter) held() int64 { return int64(len(s.long)) + s.dropped + int64(len(s.buf)-s.at) }

// fill takes up to n more bytes from r: one Read. Lines complete in the buffer should have been taken before.
func (s *splitter) fill(r io.Reader, n int) (int, error) {
	rest := s.buf[s.at:]
	buf := make([]byte, len(rest)+n)
	copy(buf, rest)
	got, err := r.Read(buf[len(rest):])
	s.scanned = max(s.scanned-s.at, 0)
	s.buf, s.at = buf[:len(rest)+got], 0
	return got, err
}

// feed takes a chunk that nobody will write to again.
func (s *splitter) feed(chunk []byte) {
	if rest := s.buf[s.at:]; len(rest) > 0 {
		chunk = append(append(make([]byte, 0, len(rest)+len(chunk)), rest...), chunk...)
	}
	s.scanned = max(s.scanned-s.at, 0)
	s.buf, s.at = chunk, 0
}

// lines appends the complete lines in the buffer, at most maxLines and about maxBytes of them, each as a copy of proto.
// It returns the bytes they take.
func (s *splitter) lines(out []pipeline.Record, proto *pipeline.Record, maxLines int, maxBytes int64) ([]pipeline.Record, int64) {
	var taken int64
	begin := s.at
	for n := 0; n < maxLines && taken < maxBytes; n++ {
		from := max(s.at, s.scanned)
		i := bytes.IndexByte(s.buf[from:], '\n')
		if i < 0 {
			s.passed(begin)
			s.shed()
			return out, taken
		}
		end := from + i
		size := s.emit(&out, proto, end)
		s.at, s.scanned = end+1, end+1
		s.off += size + 1
		out[len(out)-1].Size = size + 1
		taken += size + 1
	}
	s.passed(begin)
	return out, taken
}

// passed notes that the lines in buf[begin:at] were delivered.
func (s *splitter) passed(begin int) {
	if s.at == begin {
		return
	}
	if s.run != nil { // the first of them was a long one, begun in earlier chunks
		s.tail, s.run = s.run, nil
	}
	s.tail = keepTail(s.tail, s.buf[begin:s.at])
	if s.at == len(s.buf) {
		s.buf, s.at, s.scanned = nil, 0, 0
	}
}

// last delivers what is left as a line without a terminator; the stream has ended there.
func (s *splitter) last(out []pipeline.Record, proto *pipeline.Record) ([]pipeline.Record, int64) {
	if s.held() == 0 {
		return out, 0
	}
	begin := s.at
	size := s.emit(&out, proto, len(s.buf))
	s.at, s.scanned = len(s.buf), len(s.buf)
	s.off += size
	out[len(out)-1].Size = size
	s.passed(begin)
	if s.run != nil { // nothing was left in the buffer
		s.tail, s.run = s.run, nil
	}
	return out, size
}

// emit appends the line that ends before buf[end] and returns its size without terminator.
func (s *splitter) emit(out *[]pipeline.Record, proto *pipeline.Record, end int) int64 {
	*out = append(*out, *proto)
	rec := &(*out)[len(*out)-1]
	rec.Offset = s.off
	size := int64(end - s.at)
	switch {
	case s.long != nil:
		size += int64(len(s.long)) + s.dropped
		rec.Raw, rec.Truncated = s.long, true
		s.long, s.dropped = nil, 0
	case end-s.at > s.max:
		rec.Raw, rec.Truncated = s.buf[s.at:s.at+s.max:s.at+s.max], true
	default:
		rec.Raw = s.buf[s.at:end:end]
	}
	return size
}

// shed is called when the buffer holds no complete line: it lets go of what exceeds the longest line.
func (s *splitter) shed() {
	s.scanned = len(s.buf)
	rest := s.buf[s.at:]
	switch {
	case s.long != nil:
		s.dropped += int64(len(rest))
		s.run = keepTail(s.run, rest)
	case len(rest) > s.max:
		s.long = rest[:s.max:s.max]
		s.dropped = int64(len(rest) - s.max)
		s.run = keepTail(bytes.Clone(s.tail), rest)
	default:
		return
	}
	s.buf, s.at, s.scanned = nil, 0, 0
}
