package endtoend

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// faultNumber reads a number from the environment.
func faultNumber(t *testing.T, name string, unset uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return unset
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// faultRun is the size of a fault test: FAULT_LINES for each source, FAULT_COUNT faults, drawn by FAULT_SEED.
func faultRun(t *testing.T, lines, faults uint64) (seed uint64, l *faultLines, n int) {
	t.Helper()
	seed = faultNumber(t, "FAULT_SEED", uint64(time.Now().UnixNano()))
	l = &faultLines{total: int(faultNumber(t, "FAULT_LINES", lines)), base: time.Now().UTC().Add(-7 * 24 * time.Hour).Truncate(time.Second), blank: true}
	n = int(faultNumber(t, "FAULT_COUNT", faults))
	t.Logf("FAULT_SEED=%d FAULT_LINES=%d FAULT_COUNT=%d", seed, l.total, n)
	return seed, l, n
}

// settle waits until everything written has arrived everywhere, and checks it line by line. raw is how many bytes were
// written as the source counts them.
func (f *faultSite) settle(raw int64) {
	f.t.Helper()
	events, unparsed, skipped := f.lines.expected()
	conn := adminConn(f.t, f.site)
	f.storeHas(conn, events+unparsed)
	f.archiveHas(events + unparsed + skipped)
	f.arrive(math.MaxUint64, func() uint64 {
		if f.judged(conn) {
			return math.MaxUint64
		}
		n, _ := tryQuery[uint64](conn, "SELECT uniqExact(batch_id) FROM detect_batches")
		return n
	}, func(uint64) string { return tail(f.parts["detect"].out.String()) })
	for name, p := range f.parts {
		if name != "clickhouse" {
			p.stop()
		}
	}
	f.checkStore(events, unparsed, skipped)
	f.checkArchive(events+unparsed+skipped, raw)
	f.reconciled(events+unparsed, events+unparsed+skipped)
}

// reconciled wants the command to find no gap, whatever came again, and the source's own count to be right.
func (f *faultSite) reconciled(stored, all uint64) {
	f.t.Helper()
	for _, mode := range [][]string{{"-settle", "0s"}, {"-settle", "0s", "-exact"}} {
		r := reconcile(f.t, f.config, mode...)
		one := r.Sources[0]
		if !r.OK || one.Stored != stored || one.Archived != all || one.Held != nil && *one.Held != all {
			f.t.Errorf("reconcile %v: want no gap, %d stored of %d, got %+v", mode, stored, all, r)
		}
	}
}

func (f *faultSite) checkStore(events, unparsed, skipped uint64) {
	f.t.Helper()
	conn := adminConn(f.t, f.site)
	number := func(sql string) uint64 { return query[uint64](f.t, conn, "SELECT toUInt64(("+sql+"))") }
	var sumEvents, sumUnparsed uint64
	for i := range f.lines.total {
		switch {
		case f.lines.skipped(i):
		case f.lines.garbage(i):
			sumUnparsed += uint64(i)
		default:
			sumEvents += uint64(i)
		}
	}
	const marker = `toUInt64OrZero(extract(raw, 'marker ([0-9]+)$'))`
	for _, c := range []struct {
		what, sql string
		want      uint64
	}{
		{"events", "SELECT count() FROM events FINAL", events},
		{"lines of events", "SELECT sum(lines) FROM events FINAL", events},
		{"record ids of events", "SELECT uniqExact(record_id) FROM events FINAL", events},
		{"markers of events", "SELECT uniqExact(statement_id) FROM events FINAL", events},
		{"sum of the markers of events", "SELECT sum(statement_id) FROM events FINAL", sumEvents},
		{"unparsed", "SELECT count() FROM unparsed FINAL", unparsed},
		{"record ids of unparsed", "SELECT uniqExact(record_id) FROM unparsed FINAL", unparsed},
		{"markers of unparsed", "SELECT uniqExact(" + marker + ") FROM unparsed FINAL", unparsed},
		{"sum of the markers of unparsed", "SELECT sum(" + marker + ") FROM unparsed FINAL", sumUnparsed},
		{"skipped", "SELECT uniqExact(id) FROM skipped FINAL ARRAY JOIN record_ids AS id", skipped},
		{"records that are both", "SELECT count() FROM events FINAL WHERE record_id IN (SELECT record_id FROM unparsed FINAL)", 0},
		{"lines of the ledger without account", "SELECT sum(lines_in) - sum(lines_events) - sum(lines_unparsed) - sum(lines_skipped) FROM batches FINAL", 0},
	} {
		if got := number(c.sql); got != c.want {
			f.t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	f.t.Logf("replayed: %d of %d lines in the ledger came again", number("SELECT sum(lines_in) FROM batches FINAL")-uint64(f.lines.total), f.lines.total)
}

// openArchive opens the archive past the network that fails.
func (f *faultSite) openArchive() (worm.Config, *worm.Archive) {
	f.t.Helper()
	cfg, err := config.Load(f.config, os.LookupEnv)
	if err != nil {
		f.t.Fatal(err)
	}
	cfg.Archive.Endpoint = f.s3.Endpoint
	ar, err := worm.Open(f.t.Context(), cfg.Archive.Config, worm.Options{})
	if err != nil {
		f.t.Fatal(err)
	}
	return cfg.Archive.Config, ar
}

func (f *faultSite) archiveHas(n uint64) {
	f.t.Helper()
	_, ar := f.openArchive()
	defer ar.Close()
	f.arrive(n, func() (have uint64) {
		for c, err := range ar.Counts(context.Background(), f.source) {
			if err != nil {
				f.t.Fatal(err)
			}
			have += c.Records
		}
		return have
	}, func(have uint64) string {
		return fmt.Sprintf("the archive has %d of %d records; it says:\n%s", have, n, tail(f.parts["archive"].out.String()))
	})
}

func (f *faultSite) checkArchive(records uint64, raw int64) {
	f.t.Helper()
	cfg, ar := f.openArchive()
	defer ar.Close()
	report, err := worm.Verify(f.t.Context(), cfg, worm.VerifyOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, s := range report.Sources {
		if len(s.Problems) > 0 {
			f.t.Errorf("archive of %s: %v", s.Source, s.Problems)
		}
		f.t.Logf("archive: %d records in %d segments, %d bytes raw", s.Records, s.Segments, s.RawBytes)
	}
	var n, blank, twice, foreign uint64
	var bytes int64
	var ids [2]uint64 // of records that are in the store too
	seen := make([]pipeline.RecordID, f.lines.total)
	for r, err := range ar.Records(f.t.Context(), f.source) {
		if err != nil {
			f.t.Fatal(err)
		}
		n++
		bytes += r.Size
		if len(r.Raw) == 0 {
			blank++
			continue
		}
		i, ok := f.lines.marker(r.Raw)
		switch {
		case !ok || i < 0 || i >= len(seen) || string(f.lines.line(i)) != string(r.Raw):
			foreign++
			continue
		case seen[i] != pipeline.RecordID{}:
			twice++
			continue
		}
		id := r.ID()
		seen[i] = id
		ids[0] ^= binary.BigEndian.Uint64(id[:8])
		ids[1] ^= binary.BigEndian.Uint64(id[8:])
	}
	_, _, skipped := f.lines.expected()
	if n != records || blank != skipped || twice != 0 || foreign != 0 || bytes != raw {
		f.t.Errorf("archive: %d records of %d bytes (%d blank, %d twice, %d unknown), want %d of %d bytes (%d blank)", n, bytes, blank, twice, foreign, records, raw, skipped)
	}
	conn := adminConn(f.t, f.site)
	for i, part := range []string{"substring(record_id, 1, 16)", "substring(record_id, 17, 16)"} {
		sql := fmt.Sprintf(`SELECT groupBitXor(reinterpretAsUInt64(reverse(unhex(toString(%s))))) FROM
			(SELECT record_id FROM events FINAL UNION ALL SELECT record_id FROM unparsed FINAL)`, part)
		if got := query[uint64](f.t, conn, sql); got != ids[i] {
			f.t.Errorf("record ids of store and archive differ: %x, %x", got, ids[i])
		}
	}
}
