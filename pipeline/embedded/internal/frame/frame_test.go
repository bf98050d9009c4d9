package frame

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/go-faster/city"
)

const limit = 64 << 20

// samples are data that compress well, badly and not at all.
func samples() map[string][]byte {
	noise := make([]byte, 3<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(noise)
	return map[string][]byte{
		"one byte": {7}, "text": bytes.Repeat([]byte("SELECT 1; "), 200_000), "noise": noise,
		"zeros": make([]byte, 5<<20),
	}
}

func TestRoundTrip(t *testing.T) {
	for name, data := range samples() {
		for _, m := range []Method{LZ4, ZSTD} {
			var framed bytes.Buffer
			w, err := NewWriter(&framed, m, 3)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := w.Write(data); n != len(data) || err != nil {
				t.Fatalf("%s: wrote %d, %v", name, n, err)
			}
			got, err := io.ReadAll(NewReader(&framed, limit))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, method %d: read %d bytes, %v; want %d", name, m, len(got), err, len(data))
			}
		}
	}
}

// The driver's own implementation must agree in both directions.
func TestAgainstDriver(t *testing.T) {
	for name, data := range samples() {
		for _, m := range []compress.Method{compress.None, compress.LZ4, compress.LZ4HC, compress.ZSTD} {
			w := compress.NewWriter(1, m)
			if err := w.Compress(data); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(NewReader(bytes.NewReader(w.Data), limit))
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, %s: read %d bytes, %v; want %d", name, m, len(got), err, len(data))
			}
		}
		var framed bytes.Buffer
		w, _ := NewWriter(&framed, LZ4, 0)
		_, _ = w.Write(data)
		got := make([]byte, len(data))
		if _, err := io.ReadFull(compress.NewReader(&framed), got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: the driver does not read what was written: %v", name, err)
		}
	}
}

func TestCorrupt(t *testing.T) {
	var framed bytes.Buffer
	w, _ := NewWriter(&framed, LZ4, 0)
	_, _ = w.Write([]byte("some data that is long enough to be worth a frame"))
	good := framed.Bytes()
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	claim := func(at int, size uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[at:], size)
		return b
	}
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"checksum", change(0, good[0]+1), ErrCorrupt},
		{"payload", change(len(good)-1, good[len(good)-1]+1), ErrCorrupt},
		{"method", change(16, 0x55), ErrCorrupt},
		{"tiny size", claim(17, 3), ErrCorrupt},
		{"huge size", claim(17, 1<<31), ErrCorrupt},
		{"huge data", claim(21, 1<<31), ErrCorrupt},
		{"cut in header", good[:20], io.ErrUnexpectedEOF},
		{"cut in payload", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"claims more than arrives", claim(17, limit-1), io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := io.ReadAll(NewReader(bytes.NewReader(c.in), limit)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A header that claims 60 MB must not cost 60 MB before they arrive.
func TestClaimCostsNothing(t *testing.T) {
	head := make([]byte, 25)
	head[16] = 0x82
	binary.LittleEndian.PutUint32(head[17:], 60<<20)
	binary.LittleEndian.PutUint32(head[21:], 60<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := io.ReadAll(NewReader(bytes.NewReader(head), limit))
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("allocated %d bytes, %v", after.TotalAlloc-before.TotalAlloc, err)
	}
}

func FuzzReader(f *testing.F) {
	for _, data := range samples() {
		var framed bytes.Buffer
		w, _ := NewWriter(&framed, LZ4, 0)
		_, _ = w.Write(data[:min(len(data), 100)])
		f.Add(framed.Bytes())
		framed.Reset()
		w, _ = NewWriter(&framed, ZSTD, 1)
		_, _ = w.Write(data[:min(len(data), 100)])
		f.Add(framed.Bytes())
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		// the checksum is mended, so that the fuzzer gets past it
		if len(in) > 25 {
			binary.LittleEndian.PutUint32(in[17:], uint32(len(in)-16))
			sum := checksum(in[16:])
			copy(in, sum[:])
		}
		out, err := io.ReadAll(NewReader(bytes.NewReader(in), 1<<20))
		if len(out) > 1<<20 {
			t.Errorf("read %d bytes past the limit, %v", len(out), err)
		}
	})
}

func checksum(b []byte) (sum [16]byte) {
	c := city.CH128(b)
	binary.LittleEndian.PutUint64(sum[0:], c.Low)
	binary.LittleEndian.PutUint64(sum[8:], c.High)
	return sum
}
