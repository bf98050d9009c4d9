package frame

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/go-faster/city"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Method of compression.
type Method uint8

// The methods that ClickHouse's clients ask for.
const (
	LZ4 Method = iota
	ZSTD
)

// maxData is how much goes into one frame, ClickHouse's own max_compress_block_size.
const maxData = 1 << 20

// Writer frames what is written. It buffers nothing: each Write becomes one frame or more.
type Writer struct {
	to     io.Writer
	method Method
	frame  []byte
	lz4    lz4.Compressor
	zstd   *zstd.Encoder
}

// NewWriter writes frames to w. level is for ZSTD; 0 means 1, as in ClickHouse.
func NewWriter(w io.Writer, method Method, level int) (*Writer, error) {
	out := &Writer{to: w, method: method}
	if method == ZSTD {
		var err error
		out.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(max(level, 1))))
		if err != nil {
			return nil, fmt.Errorf("set up zstd: %w", err)
		}
	}
	return out, nil
}

// Write implements [io.Writer].
func (w *Writer) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n := min(len(p)-done, maxData)
		if err := w.write(p[done : done+n]); err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (w *Writer) write(data []byte) error {
	const start = checksumSize + headerSize
	if need := start + lz4.CompressBlockBound(len(data)); cap(w.frame) < need {
		w.frame = make([]byte, need)
	}
	method := byte(methodZSTD)
	if w.method == ZSTD {
		w.frame = w.zstd.EncodeAll(data, w.frame[:start])
	} else {
		method = methodLZ4
		full := w.frame[:cap(w.frame)]
		n, err := w.lz4.CompressBlock(data, full[start:])
		if err != nil {
			return fmt.Errorf("compress block: %w", err)
		}
		if n == 0 { // cannot happen with room for the worst case; stored as it is all the same
			method = methodNone
			n = copy(full[start:], data)
		}
		w.frame = full[:start+n]
	}
	w.frame[checksumSize] = method
	binary.LittleEndian.PutUint32(w.frame[checksumSize+1:], uint32(len(w.frame)-checksumSize))
	binary.LittleEndian.PutUint32(w.frame[checksumSize+5:], uint32(len(data)))
	sum := city.CH128(w.frame[checksumSize:])
	binary.LittleEndian.PutUint64(w.frame[0:], sum.Low)
	binary.LittleEndian.PutUint64(w.frame[8:], sum.High)
	_, err := w.to.Write(w.frame)
	return err
}
