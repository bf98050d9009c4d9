package parsers_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers"
	"github.com/auditwarden/auditwarden/parsers/parsertest"
	"github.com/auditwarden/auditwarden/pipeline"
)

// One target for every way in which records lie in a stream, and one that recognises them all. Each feeds arbitrary lines
// to a decoder and checks what must hold whatever comes:
//
//   - every line and byte is accounted for exactly once, in an event, as unparsed or as skipped;
//   - an event's statement is a part of the lines that the event says it is made of (see comesFrom);
//   - the whole record that follows, of each format of that layout, comes out as an event of its own, made of its own line;
//   - texts are valid UTF-8, identities unique, times sane, every unparsed record has a reason;
//   - nothing stays held after Flush, what is held never passes the bounds, streams and sessions neither;
//   - the same input gives the same output.
//
// Bits of mode: 1 lets time pass between lines, so that everything held is released; the rest chooses log_line_prefix.

func FuzzStderr(f *testing.F) { fuzzFormats(f, "postgresql/stderr") }

func FuzzSyslog(f *testing.F) { fuzzFormats(f, "postgresql/syslog") }

func FuzzCSVLog(f *testing.F) { fuzzFormats(f, "postgresql/csvlog") }

// FuzzJSON reads objects of every format that is one.
func FuzzJSON(f *testing.F) {
	fuzzFormats(f, "postgresql/jsonlog", "postgresql/pgauditlogtofile_json", "percona/audit_log_json", "mysql/enterprise_json", "mysql/mcafee",
		"gcp/cloudsql_pgaudit", "gcp/cloudsql_mysql", "azure/postgresql", "azure/mysql", "cnpg/pgaudit", "cnpg/postgresql", "supabase/postgresql", "aws/database_activity_stream")
}

// FuzzServerAudit reads all three dialects: a stream may mix them.
func FuzzServerAudit(f *testing.F) {
	fuzzFormats(f, "mariadb/server_audit", "mysql/server_audit", "mysql/aurora")
}

func FuzzPerconaXML(f *testing.F) { fuzzFormats(f, "percona/audit_log_xml") }

func FuzzPerconaCSV(f *testing.F) { fuzzFormats(f, "percona/audit_log_csv") }

func FuzzLogToFileCSV(f *testing.F) { fuzzFormats(f, "postgresql/pgauditlogtofile_csv") }

// FuzzDecoder recognises formats and envelopes by itself. What follows in another stream is not swallowed by what is open
// in this one.
func FuzzDecoder(f *testing.F) { fuzzFormats(f, "auto") }

// fuzzPrefixes are log_line_prefix settings for stderr; the first lets the decoder find one.
var fuzzPrefixes = []struct{ prefix, sentinel string }{
	{"", ""},
	{"%m [%p] ", "2024-05-02 10:11:12.345 UTC [99877] "},
	{"%m [%p] %q%u@%d/%a ", "2024-05-02 10:11:12.345 UTC [99877] app@shop/psql "},
	{"%-8u|%d|%8p|%a|", "app     |shop|   99877|psql|"},
	{"%a %i %b %h ", "psql SELECT client backend 10.0.3.9 "},
}

// fuzzBounds are small, so that the bounds are met.
var fuzzBounds = parsers.Config{MaxRecordBytes: 4096, MaxHeldBytes: 8192, MaxSessions: 4, MaxStreams: 16, QueryLogLimit: 64}

func fuzzFormats(f *testing.F, formats ...string) {
	addSeeds(f, formats)
	f.Fuzz(func(t *testing.T, data []byte, mode byte) {
		cfg := fuzzBounds
		cfg.Format = formats[0]
		run := fuzzRun{ticks: mode&1 != 0}
		p := fuzzPrefixes[int(mode>>1)%len(fuzzPrefixes)]
		if p.prefix != "" && formats[0] == "postgresql/stderr" {
			cfg.Prefix = p.prefix
			run.sentinels = []string{p.sentinel + "LOG:  " + auditMessage(sentinelSQL)}
		} else if formats[0] != "auto" {
			for _, format := range formats {
				run.sentinels = append(run.sentinels, writers[format](sentinelSQL))
			}
		}
		run.check(t, cfg, data)
	})
}

// addSeeds adds the golden inputs, and records of the formats with statements that look like records.
func addSeeds(f *testing.F, formats []string) {
	inputs, _ := filepath.Glob("testdata/golden/*.in")
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 8<<10 {
			f.Add(data, byte(0))
		}
	}
	large := "select '" + strings.Repeat("x", fuzzBounds.MaxRecordBytes*2/3) + "\n" + strings.Repeat("y", fuzzBounds.MaxRecordBytes*2/3) + "\nafter a hole\n'"
	for _, format := range formats {
		write := writers[format]
		if write == nil {
			continue
		}
		for i, sql := range roundTripSeeds {
			f.Add([]byte(write(sql)), byte(i))
		}
		f.Add([]byte(write(large)), byte(0))
		cut := write("select 'cut'\nfrom t")
		f.Add([]byte(cut[:strings.Index(cut, "cut")]), byte(0))
	}
}

// fuzzRun is one input's way through a decoder.
type fuzzRun struct {
	ticks     bool
	sentinels []string
	records   []pipeline.Record
	expect    [][2]uint64 // first and last record of each sentinel
}

func (r *fuzzRun) check(t *testing.T, cfg parsers.Config, data []byte) {
	text := bytes.Clone(data)
	if len(r.sentinels) > 0 && len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	r.records = parsertest.Records(text)
	for _, s := range r.sentinels {
		r.append(s, "log")
	}
	if len(r.sentinels) == 0 {
		r.append(writers["postgresql/stderr"](sentinelSQL), "other")
	}
	offset := int64(0)
	for i := range r.records {
		r.records[i].Seq, r.records[i].Offset = uint64(i+1), offset
		offset += r.records[i].Size
	}
	out := r.decode(t, cfg)
	parsertest.Account(t, r.records, out)
	if again := r.decode(t, cfg); !reflect.DeepEqual(out, again) {
		t.Errorf("%s: the same records gave different results:\n%s\n%s", cfg.Format, render(out), render(again))
	}
	r.checkEvents(t, cfg.Format, out)
	r.checkSentinels(t, cfg.Format, out)
}

// append adds a sentinel's lines.
func (r *fuzzRun) append(sentinel, stream string) {
	first := uint64(len(r.records) + 1)
	for _, rec := range parsertest.Records([]byte(sentinel + "\n")) {
		rec.Stream = stream
		r.records = append(r.records, rec)
	}
	r.expect = append(r.expect, [2]uint64{first, uint64(len(r.records))})
}

// decode runs the records through a new decoder and watches its bounds.
func (r *fuzzRun) decode(t *testing.T, cfg parsers.Config) *pipeline.Decoded {
	d, err := parsers.New(cfg, parsers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out := new(pipeline.Decoded)
	now := time.Date(2024, 5, 2, 10, 0, 0, 0, time.UTC)
	for i := range r.records {
		d.Decode(r.records[i], out)
		if held := parsers.Held(d); held.Bytes < 0 || held.Bytes > cfg.MaxHeldBytes || held.Streams > cfg.MaxStreams || held.Sessions > cfg.MaxSessions {
			t.Fatalf("%s: after record %d it holds %+v", cfg.Format, i, held)
		}
		for r.ticks && i < int(r.expect[0][0]-1) && d.Oldest() != pipeline.NoneHeld {
			now = now.Add(time.Minute)
			d.Tick(now, out)
		}
	}
	d.Flush(out)
	if held := parsers.Held(d); held.Bytes != 0 || d.Oldest() != pipeline.NoneHeld {
		t.Errorf("%s: after Flush it holds %+v, the oldest is %d", cfg.Format, held, d.Oldest())
	}
	return out
}

func (r *fuzzRun) checkEvents(t *testing.T, format string, out *pipeline.Decoded) {
	type identity struct {
		id    pipeline.RecordID
		index uint16
	}
	seen := map[identity]bool{}
	for i := range out.Events {
		ev := &out.Events[i]
		key := identity{ev.RecordID, ev.Index}
		if seen[key] {
			t.Errorf("%s: two events with identity %v %d", format, ev.RecordID, ev.Index)
		}
		seen[key] = true
		checkTexts(t, format, ev)
		if ev.EventTime.Year() > 9999 || ev.EventTime.Location() != time.UTC {
			t.Errorf("%s: event time %v", format, ev.EventTime)
		}
		if ev.FirstSeq == 0 || ev.LastSeq < ev.FirstSeq || ev.LastSeq > uint64(len(r.records)) {
			t.Fatalf("%s: event goes over records %d to %d of %d", format, ev.FirstSeq, ev.LastSeq, len(r.records))
		}
		if !comesFrom(ev, r.span(ev)) {
			t.Errorf("%s: a %s event's statement %q is no part of its records\n%q", format, ev.Format, ev.Statement, r.span(ev))
		}
	}
	for _, u := range out.Unparsed {
		if u.Reason == "" || u.Error == "" {
			t.Errorf("%s: unparsed without a reason", format)
		}
	}
}

// span gives the lines that an event says it is made of; all up to there where its text was logged before.
func (r *fuzzRun) span(ev *pipeline.Event) [][]byte {
	first := ev.FirstSeq
	if ev.PreviouslyLogged {
		first = 1
	}
	var lines [][]byte
	for i := range r.records[first-1 : ev.LastSeq] {
		if rec := &r.records[int(first)-1+i]; rec.Stream == ev.Stream {
			lines = append(lines, rec.Raw)
		}
	}
	return lines
}

// checkSentinels expects each sentinel to be an event of its own, made of its own lines.
func (r *fuzzRun) checkSentinels(t *testing.T, format string, out *pipeline.Decoded) {
	for _, span := range r.expect {
		found := 0
		for i := range out.Events {
			ev := &out.Events[i]
			if ev.FirstSeq == span[0] && ev.LastSeq == span[1] && ev.Statement == sentinelSQL && !ev.Truncated && !ev.Partial {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: the record after the input gave %d events of its own: %q\n%s", format, found, r.records[span[0]-1].Raw, render(out))
		}
	}
}

func checkTexts(t *testing.T, format string, ev *pipeline.Event) {
	t.Helper()
	texts := append([]string{
		ev.Cluster, ev.Host, ev.Role, ev.Database, ev.ClientAddr, ev.Application, ev.OSUser, ev.SessionID, ev.BackendType, ev.TLS,
		ev.AuthMethod, ev.Class, ev.Command, ev.ObjectType, ev.ObjectName, ev.Statement, ev.Severity, ev.SQLState, ev.Message,
		ev.Detail, ev.Hint, ev.Context,
	}, ev.Parameters...)
	for _, s := range texts {
		if !utf8.ValidString(s) {
			t.Errorf("%s: invalid UTF-8 in %s event: %q", format, ev.Kind, s)
		}
	}
	if ev.Kind == "" || ev.Format == "" || ev.Engine == "" || ev.TimeCertainty == "" {
		t.Errorf("%s: event lacks kind, format, engine or time certainty: %+v", format, *ev)
	}
	if ev.Statement == "" && strings.HasPrefix(ev.Message, "AUDIT: ") && ev.Kind == pipeline.KindStatement {
		t.Errorf("%s: an AUDIT line's text is both message and statement: %+v", format, *ev)
	}
}
