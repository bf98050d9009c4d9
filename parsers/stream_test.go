package parsers_test

import (
	"fmt"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// TestStreamLimit: what a forgotten stream held back may open further streams; the limit holds all the same, and no line
// is lost.
func TestStreamLimit(t *testing.T) {
	d, err := parsers.New(parsers.Config{MaxStreams: 16}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := new(pipeline.Decoded)
	var records []pipeline.Record
	for i := range 60 {
		text := fmt.Sprintf(`2024-05-02T10:11:12.1Z stdout P {"message":"2024-05-02T10:11:12.1Z stdout P {\"message\":\"%s\",\"file\":\"%d\"}","file":"x"}`,
			`2024-05-02 10:11:12 UTC:10.0.3.9(40112):app@shop:[877]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>`, i)
		records = append(records, pipeline.Record{Stream: fmt.Sprint(i), Raw: []byte(text), Size: int64(len(text)), Seq: uint64(i + 1)})
		d.Decode(records[i], out)
		if n := parsers.Held(d).Streams; n > 16 {
			t.Fatalf("%d streams after record %d, want at most 16", n, i)
		}
	}
	d.Flush(out)
	parsertest.Account(t, records, out)
}
