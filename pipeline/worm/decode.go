package worm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Limits on what a segment may make its reader hold: somebody else may have written it.
const (
	maxMemory   = 512 << 20 // of the decompressor, and of one record
	maxLine     = 64 << 20  // of one describing line
	maxContents = 16 << 30  // of a whole segment
)

// segment is what decode finds in one.
type segment struct {
	header
	footer
	sum [32]byte // of the bytes as stored
}

var errFormat = errors.New("not a segment")

// decode reads a segment and visits its records, in order. Records are valid until visit returns, unless it copies
// them; it may be nil. Every count in the segment is checked against what is there.
func decode(body []byte, visit func(*pipeline.Record) error) (*segment, error) {
	z, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxMemory))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	defer z.Close()
	seg, err := decodeText(z, visit)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errFormat, err)
	}
	seg.sum = sha256.Sum256(body)
	return seg, nil
}

// decodeText reads a segment's text, uncompressed.
func decodeText(r io.Reader, visit func(*pipeline.Record) error) (*segment, error) {
	d := decoder{r: bufio.NewReaderSize(io.LimitReader(r, maxContents), 128<<10), visit: visit}
	return d.run()
}

type decoder struct {
	r     *bufio.Reader
	visit func(*pipeline.Record) error
	buf   []byte

	source  string
	records uint64
	bytes   int64
	here    map[string]streamRange
}

func (d *decoder) run() (*segment, error) {
	seg := &segment{}
	line, err := d.line(maxLine)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if err := strict(line, &seg.header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if seg.Format != segmentFormat {
		return nil, fmt.Errorf("format is %.40q, want %q", seg.Format, segmentFormat)
	}
	d.source, d.here = seg.Source, map[string]streamRange{}
	for {
		line, err := d.line(maxLine)
		if err != nil {
			return nil, fmt.Errorf("after %d records: %w", d.records, err)
		}
		if len(line) == 0 || line[0] != '@' {
			return nil, fmt.Errorf("after %d records: want a line that begins with @", d.records)
		}
		if isFooter(line) {
			if err := strict(line[1:], &seg.footer); err != nil {
				return nil, fmt.Errorf("footer: %w", err)
			}
			return seg, d.end(seg)
		}
		var b block
		if err := strict(line[1:], &b); err != nil {
			return nil, fmt.Errorf("after %d records: %w", d.records, err)
		}
		if err := d.block(&b); err != nil {
			return nil, err
		}
	}
}

func isFooter(line []byte) bool { return bytes.HasPrefix(line, []byte(`@{"records":`)) }

// strict decodes JSON with no unknown keys and nothing after it.
func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("malformed JSON") // its own message quotes the input
	}
	if d.InputOffset() != int64(len(line)) {
		return errors.New("something follows the JSON")
	}
	return nil
}

// line reads up to the next line end, which it leaves out. The bytes are valid until the next call.
func (d *decoder) line(limit int) ([]byte, error) {
	d.buf = d.buf[:0]
	for {
		part, err := d.r.ReadSlice('\n')
		if err == nil && len(d.buf) == 0 {
			return part[:len(part)-1], nil
		}
		if len(d.buf)+len(part) > limit {
			return nil, fmt.Errorf("a line is longer than %d bytes", limit)
		}
		d.buf = append(d.buf, part...)
		switch {
		case err == nil:
			return d.buf[:len(d.buf)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

func (d *decoder) block(b *block) error {
	rec := pipeline.Record{Source: d.source, Stream: b.Stream, Offset: b.Offset, Key: b.Key, Line: b.Line, Truncated: b.Truncated, Meta: b.Meta}
	if b.Time != "" {
		t, err := time.Parse(time.RFC3339Nano, b.Time)
		if err != nil {
			return errors.New("a record's time is malformed")
		}
		rec.Time = t.UTC()
	}
	if b.Bytes == nil {
		return d.lines(b, &rec)
	}
	if *b.Bytes < 0 || *b.Bytes > maxMemory || b.Lines != 0 || b.Size < 0 || b.Line < 0 || b.Line > 0 && b.Key == "" {
		return errors.New("a record's size is out of range")
	}
	raw, err := d.exactly(*b.Bytes)
	if err != nil {
		return err
	}
	if end, err := d.r.ReadByte(); err != nil || end != '\n' {
		return errors.New("a record is longer or shorter than stated")
	}
	rec.Raw, rec.Size = raw, b.Size
	return d.emit(&rec)
}

// exactly reads n bytes; memory grows with what is there, not with what is claimed.
func (d *decoder) exactly(n int) ([]byte, error) {
	var buf bytes.Buffer
	if got, err := io.CopyN(&buf, d.r, int64(n)); err != nil {
		return nil, fmt.Errorf("a record ends after %d of %d bytes", got, n)
	}
	return buf.Bytes(), nil
}

func (d *decoder) lines(b *block, rec *pipeline.Record) error {
	if b.Lines <= 0 || b.Size != 0 || b.Key != "" || b.Line != 0 || b.Truncated || b.Offset < 0 {
		return errors.New("a block of lines has impossible properties")
	}
	for range b.Lines {
		line, err := d.line(maxMemory)
		if err != nil {
			return fmt.Errorf("in a block of %d lines: %w", b.Lines, err)
		}
		rec.Raw, rec.Size = line, int64(len(line))+1
		if err := d.emit(rec); err != nil {
			return err
		}
		if rec.Offset > math.MaxInt64-rec.Size {
			return errors.New("an offset is out of range")
		}
		rec.Offset += rec.Size
	}
	return nil
}

func (d *decoder) emit(rec *pipeline.Record) error {
	d.records++
	d.bytes += rec.Size
	h, ok := d.here[rec.Stream]
	if !ok {
		h.First, h.Last = rec.Offset, rec.Offset
	}
	h.First, h.Last = min(h.First, rec.Offset), max(h.Last, rec.Offset)
	h.Records++
	d.here[rec.Stream] = h
	if d.visit == nil {
		return nil
	}
	r := *rec
	return d.visit(&r)
}

// end compares the footer with what was there.
func (d *decoder) end(seg *segment) error {
	if _, err := d.r.ReadByte(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the footer")
	}
	if seg.Records != d.records || seg.RawBytes != d.bytes || len(seg.Here) != len(d.here) {
		return fmt.Errorf("footer counts %d records of %d bytes, there are %d of %d", seg.Records, seg.RawBytes, d.records, d.bytes)
	}
	for name, h := range d.here {
		if seg.Here[name] != h {
			return errors.New("footer states other offsets than there are")
		}
		if s, ok := seg.Streams[name]; ok && s.Next < h.Last {
			return errors.New("footer resumes before the last record")
		}
	}
	for name := range seg.Keyed {
		if _, ok := d.here[name]; !ok {
			return errors.New("footer speaks of a stream that is not here")
		}
	}
	return nil
}

// hash32 reads a hexadecimal SHA-256.
func hash32(s string) ([32]byte, error) {
	var h [32]byte
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, errors.New("not a SHA-256 in hexadecimal")
	}
	copy(h[:], b)
	return h, nil
}
