package file

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

type compression uint8

const (
	plain compression = iota
	gzipped
	zstandard
)

var magics = []struct {
	magic string
	comp  compression
	name  string // of a compression that is not supported
}{
	{"\x1f\x8b", gzipped, ""},
	{"\x28\xb5\x2f\xfd", zstandard, ""},
	{"BZh", plain, "bzip2"},
	{"\xfd7zXZ\x00", plain, "xz"},
	{"PK\x03\x04", plain, "zip"},
	{"\x04\x22\x4d\x18", plain, "lz4"},
}

// zstdWindow limits what a compressed file may make us allocate.
const zstdWindow = 64 << 20

// sniff tells a file's compression by its first bytes.
func sniff(f io.ReaderAt) (compression, error) {
	var b [8]byte
	n, err := f.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return plain, err
	}
	for _, m := range magics {
		if !bytes.HasPrefix(b[:n], []byte(m.magic)) {
			continue
		}
		if m.name != "" {
			return plain, fmt.Errorf("it is compressed with %s; only gzip and zstd can be read: decompress it first", m.name)
		}
		return m.comp, nil
	}
	return plain, nil
}

// decoder decompresses a file from its beginning.
type decoder struct {
	io.Reader
	close func()
}

func newDecoder(f *os.File, comp compression) (*decoder, error) {
	raw := io.NewSectionReader(f, 0, 1<<62)
	switch comp {
	case gzipped:
		z, err := gzip.NewReader(bufio.NewReaderSize(raw, 256<<10))
		if err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		return &decoder{z, func() { _ = z.Close() }}, nil
	case zstandard:
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		return &decoder{z, z.Close}, nil
	}
	return &decoder{raw, func() {}}, nil
}

// prefix reads up to n bytes of what f holds, decompressed; whole says that there is no more. A compressed file that is
// cut short gives what can be had of it.
func prefix(f *os.File, comp compression, n int) (b []byte, whole bool, err error) {
	d, err := newDecoder(f, comp)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer d.close()
	b = make([]byte, n)
	got := 0
	for got < n && err == nil {
		var k int
		k, err = d.Read(b[got:])
		got += k
	}
	switch {
	case errors.Is(err, io.EOF):
		return b[:got], true, nil
	case errors.Is(err, io.ErrUnexpectedEOF) && comp != plain:
		err = nil
	}
	return b[:got], false, err
}

// gzipSize is the length of the content of a gzip file as its trailer states it: right for a single member below 4 GiB.
func gzipSize(f io.ReaderAt, size int64) (int64, bool) {
	var b [4]byte
	if size < 18 {
		return 0, false
	}
	if _, err := f.ReadAt(b[:], size-4); err != nil {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint32(b[:])), true
}

// skip reads r up to the given offset and returns the last bytes before it; ok is false if there are fewer.
func skip(r io.Reader, offset int64) (tail []byte, ok bool, err error) {
	buf := make([]byte, 256<<10)
	for offset > 0 {
		n, err := r.Read(buf[:min(int64(len(buf)), offset)])
		tail = keepTail(tail, buf[:n])
		offset -= int64(n)
		if err != nil && offset > 0 {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return nil, false, err
		}
	}
	return tail, true, nil
}

// lastLine finds the offset after the last terminator in the first size bytes.
func lastLine(f io.ReaderAt, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for end := size; end > 0; {
		from := max(end-int64(len(buf)), 0)
		n, err := f.ReadAt(buf[:end-from], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// drain reads r to its end and returns how much there was and the last bytes.
func drain(r io.Reader) (n int64, tail []byte, err error) {
	buf := make([]byte, 256<<10)
	for {
		got, err := r.Read(buf)
		n += int64(got)
		tail = keepTail(tail, buf[:got])
		if errors.Is(err, io.EOF) {
			return n, tail, nil
		}
		if err != nil {
			return n, tail, err
		}
	}
}
