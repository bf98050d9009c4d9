package clickhouse

import (
	"container/list"
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// seenLimit bounds how many fingerprints a process remembers having written.
const seenLimit = 100_000

// statementKey names one row to be written. A fingerprint may come with different signals (1=1 and 1=2 have the same shape).
type statementKey struct {
	engine      pipeline.Engine
	fingerprint string
	version     uint8
	signals     uint64
}

// span is the time between the first event of a statement and the hour of the last.
type span struct {
	first time.Time
	hour  time.Time
}

// seenStatements remembers, least recently used out first, what this process has written. It only saves inserts: writing a
// statement again changes nothing.
type seenStatements struct {
	mu    sync.Mutex
	limit int
	seed  maphash.Seed
	order *list.List // of *seenEntry
	byKey map[statementKey]*list.Element
}

type seenEntry struct {
	key  statementKey
	span span
}

func newSeenStatements(limit int) *seenStatements {
	return &seenStatements{limit: limit, seed: maphash.MakeSeed(), order: list.New(), byKey: map[statementKey]*list.Element{}}
}

func (s *seenStatements) key(st *pipeline.Statement) statementKey {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for i := range st.Signals {
		h.WriteString(st.Signals[i].Name)
		h.WriteByte(0)
	}
	return statementKey{st.Engine, st.Fingerprint, st.FingerprintVersion, h.Sum64()}
}

// covers reports whether a row with a span as wide as sp has been written.
func (s *seenStatements) covers(k statementKey, sp span) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	el, ok := s.byKey[k]
	if !ok {
		return false
	}
	s.order.MoveToFront(el)
	have := el.Value.(*seenEntry).span
	return !sp.first.Before(have.first) && !sp.hour.After(have.hour)
}

// wrote notes that a row with that span is durable.
func (s *seenStatements) wrote(k statementKey, sp span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if el, ok := s.byKey[k]; ok {
		have := &el.Value.(*seenEntry).span
		*have = have.join(sp)
		s.order.MoveToFront(el)
		return
	}
	s.byKey[k] = s.order.PushFront(&seenEntry{k, sp})
	for s.order.Len() > s.limit {
		oldest := s.order.Back()
		delete(s.byKey, oldest.Value.(*seenEntry).key)
		s.order.Remove(oldest)
	}
}

func (a span) join(b span) span {
	if b.first.Before(a.first) {
		a.first = b.first
	}
	if b.hour.After(a.hour) {
		a.hour = b.hour
	}
	return a
}

// newStatement is one row to be written.
type newStatement struct {
	key  statementKey
	sql  *pipeline.Statement
	span span
}

// unseen gives the statements among events that are not written yet, or not with these times.
func (s *seenStatements) unseen(events []pipeline.Event) []newStatement {
	at := map[statementKey]int{}
	keys := map[*pipeline.Statement]statementKey{}
	var all []newStatement
	for i := range events {
		sql := events[i].SQL
		if sql == nil || sql.Fingerprint == "" {
			continue
		}
		k, ok := keys[sql]
		if !ok {
			k = s.key(sql)
			keys[sql] = k
		}
		t := clampTime(events[i].EventTime)
		sp := span{t.Truncate(time.Microsecond), t.Truncate(time.Hour)}
		if j, ok := at[k]; ok {
			all[j].span = all[j].span.join(sp)
			continue
		}
		at[k] = len(all)
		all = append(all, newStatement{k, sql, sp})
	}
	out := all[:0]
	for _, n := range all {
		if !s.covers(n.key, n.span) {
			out = append(out, n)
		}
	}
	return out
}

// insertStatements writes the statements of events that this process has not written yet.
func (db *DB) insertStatements(ctx context.Context, events []pipeline.Event) error {
	news := db.seen.unseen(events)
	if len(news) == 0 {
		return nil
	}
	n := len(news)
	var (
		engines, prints, norms   = make([]string, n), make([]string, n), make([]string, n)
		versions, lexical        = make([]uint8, n), make([]bool, n)
		kinds, tables, functions = make([][]string, n), make([][]string, n), make([][]string, n)
		signals, details         = make([][]string, n), make([][]string, n)
		limbs                    = make([][]uint64, n)
		firsts, lasts            = make([]time.Time, n), make([]time.Time, n)
	)
	for i, s := range news {
		d := derive(s.sql)
		engines[i], prints[i], norms[i] = string(s.sql.Engine), s.sql.Fingerprint, s.sql.Normalized
		versions[i], lexical[i] = s.sql.FingerprintVersion, s.sql.Lexical
		kinds[i], tables[i], functions[i], signals[i] = d.kinds, d.tables, d.functions, d.signals
		limbs[i] = s.sql.Limbs
		for _, sig := range s.sql.Signals {
			details[i] = append(details[i], sig.Name+": "+sig.Detail)
		}
		firsts[i], lasts[i] = s.span.first, s.span.hour
	}
	err := db.insert(ctx, "statements", "", []column{
		{"engine", "String", engines}, {"fingerprint", "String", prints}, {"fingerprint_version", "UInt8", versions},
		{"normalized", "String", norms}, {"kinds", "Array(String)", kinds}, {"tables", "Array(String)", tables},
		{"functions", "Array(String)", functions}, {"signals", "Array(String)", signals}, {"signal_details", "Array(String)", details},
		{"lexical", "Bool", lexical}, {"first_seen", "DateTime64(6, 'UTC')", firsts}, {"last_seen", "DateTime64(6, 'UTC')", lasts},
		{"limbs", "Array(UInt64)", limbs},
	}, n)
	if err != nil {
		return err
	}
	for _, s := range news {
		db.seen.wrote(s.key, s.span)
	}
	return nil
}
