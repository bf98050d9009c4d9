// Package frame reads and writes ClickHouse's compressed blocks, the framing of compress=1 and decompress=1.
//
// A frame is a CityHash128 checksum (16 bytes) over all that follows, the method (1 byte), the size of method, sizes and
// payload (4 bytes, little endian), the size of the data (4 bytes), and the payload: src/Compression in ClickHouse. The
// reader trusts no size: memory grows with what arrives, not with what a header claims.
package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-faster/city"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const (
	checksumSize = 16
	headerSize   = 9
	methodNone   = 0x02
	methodLZ4    = 0x82
	methodZSTD   = 0x90
	lz4MaxRatio  = 255
	lz4MaxExtra  = 64
)

// ErrCorrupt says that the bytes are no frame; the text after it says why.
var ErrCorrupt = errors.New("not a ClickHouse compressed block")

// Reader undoes the framing. Not for concurrent use.
type Reader struct {
	from  io.Reader
	limit int
	frame bytes.Buffer // header and payload
	data  []byte
	rest  []byte // of data, not yet read
	zstd  *zstd.Decoder
	err   error
}

// NewReader reads frames from r. A frame whose payload or data is larger than limit bytes is an error.
func NewReader(r io.Reader, limit int) *Reader {
	return &Reader{from: r, limit: limit}
}

// Read implements [io.Reader]. It gives io.EOF only at the end of a frame.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err == nil {
			r.err = r.next()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *Reader) next() error {
	var head [checksumSize + headerSize]byte
	if n, err := io.ReadFull(r.from, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return io.EOF
		}
		return cut(err)
	}
	header := head[checksumSize:]
	size := int64(binary.LittleEndian.Uint32(header[1:])) - headerSize
	want := int64(binary.LittleEndian.Uint32(header[5:]))
	switch {
	case size < 0:
		return fmt.Errorf("%w: its size is smaller than its header", ErrCorrupt)
	case size > int64(r.limit) || want > int64(r.limit):
		return fmt.Errorf("%w: it claims %d bytes for %d bytes of data; the limit is %d", ErrCorrupt, size, want, r.limit)
	}
	r.frame.Reset()
	r.frame.Write(header)
	if _, err := io.CopyN(&r.frame, r.from, size); err != nil {
		return cut(err)
	}
	sum := city.CH128(r.frame.Bytes())
	if sum.Low != binary.LittleEndian.Uint64(head[0:]) || sum.High != binary.LittleEndian.Uint64(head[8:]) {
		return fmt.Errorf("%w: its checksum does not match", ErrCorrupt)
	}
	return r.unpack(header[0], r.frame.Bytes()[headerSize:], int(want))
}

func (r *Reader) unpack(method byte, payload []byte, want int) error {
	var err error
	switch method {
	case methodNone:
		r.data = append(r.data[:0], payload...)
	case methodLZ4:
		if want > len(payload)*lz4MaxRatio+lz4MaxExtra {
			return fmt.Errorf("%w: LZ4 cannot hold %d bytes in %d", ErrCorrupt, want, len(payload))
		}
		r.data = grow(r.data, want)
		var n int
		n, err = lz4.UncompressBlock(payload, r.data)
		if err == nil {
			r.data = r.data[:n]
		}
	case methodZSTD:
		r.data, err = r.unzstd(payload)
	default:
		return fmt.Errorf("%w: unknown method 0x%02x", ErrCorrupt, method)
	}
	if err != nil {
		return fmt.Errorf("%w: cannot decompress: %w", ErrCorrupt, err)
	}
	if len(r.data) != want {
		return fmt.Errorf("%w: it holds %d bytes of data and claims %d", ErrCorrupt, len(r.data), want)
	}
	r.rest = r.data
	return nil
}

func (r *Reader) unzstd(payload []byte) ([]byte, error) {
	if r.zstd == nil {
		var err error
		r.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(uint64(r.limit)), zstd.WithDecodeAllCapLimit(false))
		if err != nil {
			return nil, err
		}
	}
	return r.zstd.DecodeAll(payload, r.data[:0])
}

// Close frees what decompression holds. It does not close the underlying reader.
func (r *Reader) Close() error {
	if r.zstd != nil {
		r.zstd.Close()
	}
	return nil
}

func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read compressed block: %w", err)
}
