package parsers_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// TestHeldShortLines: a record of a great many lines that are nearly empty costs no more than its bound, open or done.
func TestHeldShortLines(t *testing.T) {
	const mb = 1 << 20
	for name, lines := range map[string][2]string{
		"stderr": {rds + "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"x", "\t"},
		"csvlog": {strings.TrimSuffix(writers["postgresql/csvlog"]("x"), `<none>",,,,,,,,,"psql","client backend",,0`), ""},
		"xml":    {"<AUDIT_RECORD\n SQLTEXT=\"x", ""},
		"json":   {"{\n\"class\": [", ""},
		"syslog": {"<134>1 2024-05-02T10:11:12Z db postgres 9 - - [7-1] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"x", "<134>1 2024-05-02T10:11:12Z db postgres 9 - - [7-%d] "},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := parsers.New(parsers.Config{MaxRecordBytes: mb, MaxHeldBytes: 2 * mb}, parsers.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out := new(pipeline.Decoded)
			feed := func(raw []byte) {
				d.Decode(pipeline.Record{Raw: raw, Size: int64(len(raw)) + 1}, out)
			}
			kept, _ := memory(func() {
				for l := range bytes.Lines([]byte(lines[0])) {
					feed(bytes.TrimSuffix(l, []byte("\n")))
				}
				for i := range 500_000 {
					line := []byte(lines[1])
					if strings.Contains(lines[1], "%d") {
						line = fmt.Appendf(nil, lines[1], i+2)
					}
					feed(line)
				}
			})
			if held := parsers.Held(d).Bytes; held < mb/2 {
				t.Fatalf("only %d bytes are held of the record", held)
			}
			if kept > 8*mb {
				t.Errorf("%d bytes are kept of an open record, want at most 8 MiB", kept)
			}
			kept, _ = memory(func() {
				d.Flush(out)
				out = new(pipeline.Decoded)
			})
			if kept > mb {
				t.Errorf("%d bytes more are kept after it", kept)
			}
			runtime.KeepAlive(d)
		})
	}
}

// TestHeldNames: names that senders choose are kept up to a length, and told apart beyond it.
func TestHeldNames(t *testing.T) {
	const long = 1 << 20
	d, err := parsers.New(parsers.Config{}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := new(pipeline.Decoded)
	var records []pipeline.Record
	kept, _ := memory(func() {
		for i := range 40 {
			name := strings.Repeat("h", long) + fmt.Sprint(i)
			for _, text := range []string{
				"May  2 10:11:12 " + name + " postgres[7]: [1-1] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select " + fmt.Sprint(i) + "",
				`{"log.source":"pgauditlogtofile","severity":"audit","timestamp":"2024-05-02 10:11:12.345 UTC","custom.session_id":"` + name + `","custom.audit_type":"SESSION","custom.statement_id":"1","custom.substatement_id":"1","custom.class":"READ","custom.command":"SELECT","content":"select 1,<none>"}`,
			} {
				r := pipeline.Record{Raw: []byte(text), Size: int64(len(text)), Seq: uint64(len(records) + 1), Offset: int64(len(records))}
				records = append(records, pipeline.Record{Size: r.Size})
				d.Decode(r, out)
			}
		}
		d.Flush(out)
		equal(t, "events", len(out.Events), 80)
		for i := range out.Events {
			equal(t, "repeat", out.Events[i].Repeat, false)
		}
		parsertest.Account(t, records, out)
		out = new(pipeline.Decoded)
	})
	if kept > 4*long { // of 40
		t.Errorf("%d bytes are kept of names", kept)
	}
	runtime.KeepAlive(d)
}

// TestHeldAccounts: an account that is named at length is not kept for the connection's other records.
func TestHeldAccounts(t *testing.T) {
	const long = 1 << 20
	d, err := parsers.New(parsers.Config{}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := memory(func() {
		for i := range 40 {
			name := strings.Repeat("h", long) + fmt.Sprint(i)
			text := `{"timestamp":"2026-03-01 09:00:02","id":0,"class":"connection","event":"connect","connection_id":` + fmt.Sprint(i+1) +
				`,"account":{"user":"` + name + `","host":""},"connection_data":{"connection_type":"ssl","status":0,"db":"shop"}}`
			out := new(pipeline.Decoded)
			d.Decode(pipeline.Record{Raw: []byte(text), Size: int64(len(text)), Seq: uint64(i + 1)}, out)
			equal(t, "role", len(whole(t, out, 1)[0].Role), len(name))
		}
	})
	if kept > 4*long { // of 40
		t.Errorf("%d bytes are kept of names", kept)
	}
	runtime.KeepAlive(d)
}
