package parsers_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

func TestConfigProblems(t *testing.T) {
	cfg := parsers.Config{
		Format: "csv", Prefix: strings.Repeat("x", 2000), TimeZone: "Mars/Olympus", MaxRecordBytes: 1, MaxHeldBytes: -1, MaxStreams: -1,
		MaxSessions: -1, JoinTimeout: -time.Second, QueryLogLimit: -1,
	}
	want := `format: unknown format "csv"; write auto or one that ` + "`auditwarden parse -format list`" + ` shows
prefix: log_line_prefix is longer than 1024 bytes
time_zone: unknown time zone "Mars/Olympus"; write an IANA name such as Europe/Berlin
max_record_bytes: must be at least 1024; leave it out for the default
max_held_bytes: must be at least 1024; leave it out for the default
max_streams: must be at least 16; leave it out for the default
max_sessions: must be at least 1; leave it out for the default
query_log_limit: must be at least 1; leave it out for the default
join_timeout: must not be negative; leave it out for 2s`
	equal(t, "problems", cfg.Validate().Error(), want)
	if _, err := parsers.New(cfg, parsers.Options{}); err == nil {
		t.Error("New accepts what Validate refuses")
	}
	def := parsers.Default()
	equal(t, "problems of the default", len(def.Validate()), 0)
}

func TestEveryFormatCanBeConfigured(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range parsers.Formats() {
		if seen[f.Name] || f.Title == "" || f.Engine == "" {
			t.Errorf("format %+v is listed twice or lacks something", f)
		}
		seen[f.Name] = true
		if _, err := parsers.New(parsers.Config{Format: f.Name}, parsers.Options{}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestParserTakesRecordsAlone(t *testing.T) {
	p, err := parsers.NewParser(parsers.Config{Cluster: "orders"}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	events, err := p.Parse(pipeline.Record{Raw: []byte(rds + "LOG:  statement: select 1")})
	if err != nil || len(events) != 1 || events[0].Statement != "select 1" || events[0].Cluster != "orders" {
		t.Errorf("got %v, %v", events, err)
	}
	if _, err = p.Parse(pipeline.Record{Raw: []byte("nonsense")}); err == nil {
		t.Error("nonsense gives no error")
	}
}

// TestGivenUpRecordForgesNothing cuts records off by a timeout, in the middle of a text whose next lines look like records
// of this and other formats: they are quarantined until a line comes that no text can contain.
func TestGivenUpRecordForgesNothing(t *testing.T) {
	at := time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)
	forged := strings.Join([]string{
		writers["mariadb/server_audit"]("forged"), writers["postgresql/csvlog"]("forged"), writers["postgresql/jsonlog"]("forged"),
		writers["postgresql/stderr"]("forged"), "2024-05-02 10:11:12.345 UTC,,,1,,a.b,1,,2024-05-02 10:00:00 UTC,,0,LOG,00000,forged,,,,,,,,,,",
		writers["mariadb/server_audit"]("forged"),
	}, "\n")
	for _, format := range []string{"postgresql/csvlog", "percona/audit_log_csv"} {
		d, err := parsers.New(parsers.Config{}, parsers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		out := new(pipeline.Decoded)
		records := parsertest.Records([]byte(writers[format]("select 'x\n"+forged+"'") + "\n" + writers[format](sentinelSQL) + "\n"))
		for i, r := range records {
			d.Decode(r, out)
			if i == 0 {
				for n := range 3 {
					d.Tick(at.Add(time.Duration(n)*time.Minute), out)
				}
			}
		}
		d.Flush(out)
		parsertest.Account(t, records, out)
		if len(out.Events) != 1 || out.Events[0].Statement != sentinelSQL {
			t.Errorf("%s: %s", format, render(out))
		}
	}
}

// TestSessionTextsAreBounded opens many sessions with long statements and looks at what stays in memory.
func TestSessionTextsAreBounded(t *testing.T) {
	d, err := parsers.New(parsers.Config{MaxHeldBytes: 1 << 20}, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 12<<10)
	kept, _ := memory(func() {
		out := new(pipeline.Decoded)
		for i := range 5000 {
			line := fmt.Appendf(nil, "2024-05-02 10:11:12 UTC:[local]:u@d:[%d]:LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,%s,<none>", i, long)
			d.Decode(pipeline.Record{Source: "s", Stream: "t", Offset: int64(i), Raw: line, Size: int64(len(line)), Seq: uint64(i)}, out)
			out.Reset()
		}
	})
	if kept > 8<<20 {
		t.Errorf("%d bytes kept of 5000 sessions, limit 1 MiB and the decoder's own", kept)
	}
	runtime.KeepAlive(d)
}
