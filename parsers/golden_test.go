package parsers_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// configs hold what a golden input needs beyond the default; the key is its name up to the first dot.
var configs = map[string]parsers.Config{
	"server_audit_berlin": {TimeZone: "Europe/Berlin"},
	"stderr_odd_prefix":   {Prefix: "%m|%-10u|%d|%h|%5p|%i|%e|%b|%Q|%q%a| ", TimeZone: "Asia/Kolkata"},
	"stderr_no_prefix":    {Prefix: ""},
}

// TestGolden decodes every testdata/golden/*.in, recognising the format, and compares with the .out beside it.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/golden/*.in")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no golden inputs: %v", err)
	}
	for _, path := range inputs {
		name := strings.TrimSuffix(filepath.Base(path), ".in")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			records := parsertest.Records(data)
			if strings.HasPrefix(name, "whole_") { // one record, as a queue's message
				records = []pipeline.Record{{Source: "test", Stream: "log", Raw: bytes.TrimSuffix(data, []byte("\n")), Size: int64(len(data)), Seq: 1}}
			}
			if strings.HasPrefix(name, "syslog") {
				for i := range records {
					records[i].Time = time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
				}
			}
			got := render(parsertest.Decode(t, configs[name], records))
			golden := strings.TrimSuffix(path, ".in") + ".out"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("decoded differently than %s says; run with -update and look at the difference.\ngot:\n%s\nwant:\n%s", golden, got, want)
			}
		})
	}
}

// render writes what was decoded as JSON lines, leaving out what is empty.
func render(out *pipeline.Decoded) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i := range out.Events {
		_ = enc.Encode(fields(out.Events[i]))
	}
	for _, u := range out.Unparsed {
		_ = enc.Encode(map[string]any{"unparsed": u.Reason, "raw": string(u.Raw), "lines": u.Lines})
	}
	for _, s := range out.Skipped {
		_ = enc.Encode(map[string]any{"skipped": s.Reason, "lines": s.Lines})
	}
	return b.Bytes()
}

// fields lists an event's fields that are set, but those that only say where the record lay.
func fields(ev pipeline.Event) map[string]any {
	m := map[string]any{}
	v := reflect.ValueOf(ev)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch name {
		case "RecordID", "Source", "Stream", "Offset", "Bytes", "FirstSeq", "LastSeq", "SQL", "IngestedAt":
			continue
		}
		if f := v.Field(i); !f.IsZero() {
			m[name] = f.Interface()
		}
	}
	return m
}
