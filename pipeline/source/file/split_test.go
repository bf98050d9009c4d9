package file

import (
	"bytes"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

// splitAll cuts text into lines, taking it in pieces of the given sizes.
func splitAll(text []byte, maxLine int, pieces []byte, from int64, tail []byte) ([]pipeline.Record, *splitter) {
	s := &splitter{max: maxLine}
	s.reset(from, tail)
	var out []pipeline.Record
	r := bytes.NewReader(text)
	proto := pipeline.Record{Source: "s", Stream: "t"}
	for i := 0; r.Len() > 0; i++ {
		n := 7
		if len(pieces) > 0 {
			n = 1 + int(pieces[i%len(pieces)])
		}
		if _, err := s.fill(r, n); err != nil {
			break
		}
		for {
			var took int64
			// Few lines at a time, so that batches end inside chunks.
			if out, took = s.lines(out, &proto, 1+n%3, 1<<20); took == 0 {
				break
			}
		}
	}
	out, _ = s.last(out, &proto)
	return out, s
}

func checkSplit(t *testing.T, text []byte, maxLine int, pieces []byte) {
	t.Helper()
	got, s := splitAll(text, maxLine, pieces, 0, nil)
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	if len(got) != len(lines) {
		t.Fatalf("%d records for %d lines", len(got), len(lines))
	}
	var off int64
	for i, l := range lines {
		raw := bytes.TrimSuffix(l, []byte("\n"))
		cut := len(raw) > maxLine
		if cut {
			raw = raw[:maxLine]
		}
		r := got[i]
		if r.Offset != off || r.Size != int64(len(l)) || r.Truncated != cut || !bytes.Equal(r.Raw, raw) {
			t.Fatalf("line %d: got offset %d size %d truncated %v %q; want %d %d %v %q",
				i, r.Offset, r.Size, r.Truncated, r.Raw, off, len(l), cut, raw)
		}
		off += int64(len(l))
	}
	if s.off != off || s.held() != 0 {
		t.Fatalf("ends at %d holding %d, want %d", s.off, s.held(), off)
	}
	if w := text[max(0, len(text)-tailMax):]; !bytes.HasSuffix(w, s.tail) || len(s.tail) < min(len(w), 1) {
		t.Fatalf("tail is %q", s.tail)
	}
}

func TestSplit(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 5000)
	for _, tc := range []struct {
		name, text string
		max        int
		pieces     []byte
	}{
		{"empty", "", 10, nil},
		{"only terminators", "\n\n\n", 10, []byte{0}},
		{"no terminator at the end", "a\nbc", 10, []byte{1}},
		{"carriage returns stay", "a\r\nb\r\n", 10, nil},
		{"exactly the limit", "0123456789\n0123456789", 10, []byte{3}},
		{"one over the limit", "0123456789a\nb\n", 10, []byte{3}},
		{"long line, then ordinary ones", string(long) + "\nnext\nmore\n", 100, []byte{63}},
		{"long line at the end", "a\n" + string(long), 100, []byte{200}},
		{"two long lines", string(long) + "\n" + string(long) + "\nz\n", 100, []byte{255, 1}},
		{"zero bytes", "a\x00b\n\x00\n", 10, []byte{2}},
	} {
		t.Run(tc.name, func(t *testing.T) { checkSplit(t, []byte(tc.text), tc.max, tc.pieces) })
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("a\nbb\n\nccc"), uint8(2), []byte{3, 1})
	f.Add(bytes.Repeat([]byte("longer than the limit"), 9), uint8(16), []byte{40})
	f.Fuzz(func(t *testing.T, text []byte, maxLine uint8, pieces []byte) {
		checkSplit(t, text, 1+int(maxLine), pieces)
	})
}

func FuzzHead(f *testing.F) {
	f.Add([]byte("<?xml?>\n2026-11-22 10:00:00\n"), []byte("more"))
	f.Fuzz(func(t *testing.T, b, more []byte) {
		n := headLen(b, false)
		if n > len(b) || n > headMax {
			t.Fatalf("head of %d bytes has %d", len(b), n)
		}
		if n > 0 && headLen(append(bytes.Clone(b), more...), false) != n {
			t.Fatal("the head changes when the file grows")
		}
		headTime(b)
	})
}

func FuzzPosition(f *testing.F) {
	f.Add("1 10 10-0011223344556677 1 2")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil {
			return
		}
		again, err := parsePosition(p.String())
		if err != nil || again != p {
			t.Fatalf("%q: %+v, then %+v, %v", text, p, again, err)
		}
	})
}

func TestPositionRoundTrip(t *testing.T) {
	p := position{offset: 1 << 40, tail: tailHash([]byte("abc")), file: fileID{dev: 2053, ino: 1 << 50}}
	got, err := parsePosition(p.String())
	if err != nil || got != p {
		t.Errorf("got %+v, %v; want %+v", got, err, p)
	}
	if _, err := parsePosition("2 0 - 0 0"); err == nil {
		t.Error("a position of another version was read")
	}
}
