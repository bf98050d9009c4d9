// Package parsertest feeds text to a decoder as a file source would, for tests of parsers and of what stands behind them.
//
// It checks the decoder's contract on the way: every line and byte given comes out in exactly one of the three lists.
package parsertest

import (
	"bytes"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Records splits data into records as the file source does: one a line, without its terminator.
func Records(data []byte) []pipeline.Record {
	var list []pipeline.Record
	offset := int64(0)
	for len(data) > 0 {
		size := len(data)
		line := data
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			size, line = i+1, data[:i]
		}
		list = append(list, pipeline.Record{
			Source: "test", Stream: "log", Offset: offset, Raw: line, Size: int64(size), Seq: uint64(len(list) + 1),
		})
		offset += int64(size)
		data = data[size:]
	}
	return list
}

// Decode runs records through a decoder of that configuration, to the end.
func Decode(tb testing.TB, cfg parsers.Config, records []pipeline.Record) *pipeline.Decoded {
	tb.Helper()
	d, err := parsers.New(cfg, parsers.Options{})
	if err != nil {
		tb.Fatalf("make decoder: %v", err)
	}
	out := new(pipeline.Decoded)
	for i := range records {
		d.Decode(records[i], out)
	}
	d.Flush(out)
	if d.Oldest() != pipeline.NoneHeld {
		tb.Errorf("after Flush, Oldest() = %d, want NoneHeld", d.Oldest())
	}
	Account(tb, records, out)
	return out
}

// Text is Decode over the lines of a text.
func Text(tb testing.TB, cfg parsers.Config, text string) *pipeline.Decoded {
	tb.Helper()
	return Decode(tb, cfg, Records([]byte(text)))
}

// Account checks that out accounts for every record once.
func Account(tb testing.TB, records []pipeline.Record, out *pipeline.Decoded) {
	tb.Helper()
	var size uint64
	for i := range records {
		size += uint64(records[i].Size)
	}
	events, unparsed, skipped := out.Lines()
	if got := events + unparsed + skipped; got != uint64(len(records)) {
		tb.Errorf("%d lines in, %d out: %d in events, %d unparsed, %d skipped", len(records), got, events, unparsed, skipped)
	}
	if got := Bytes(out); got != size {
		tb.Errorf("%d bytes in, %d out", size, got)
	}
}

// Bytes adds up the bytes that out accounts for.
func Bytes(out *pipeline.Decoded) uint64 {
	var n uint64
	for i := range out.Events {
		n += out.Events[i].Bytes
	}
	for i := range out.Unparsed {
		n += out.Unparsed[i].Bytes
	}
	for i := range out.Skipped {
		n += out.Skipped[i].Bytes
	}
	return n
}
