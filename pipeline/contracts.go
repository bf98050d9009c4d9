package pipeline

import (
	"context"
	"time"
)

// Source reads raw records.
type Source interface {
	// Read blocks until there is something to hand over, ctx ends, or the source does: then it returns io.EOF.
	// A Batch without records is allowed: it lets the runner tick.
	Read(ctx context.Context) (Batch, error)
	Close() error
}

// Idler is a [Source] that can tell whether it waits for something new. While it does not, more of what was read may be on
// its way, however slow the disk is; a [Runner] then lets time pass twenty times as slowly for what its decoder holds back.
type Idler interface {
	// Idle may be called at any time, by any goroutine.
	Idle() bool
}

// Parser turns one complete record into events. It is pure: no clock, no I/O, no logger. An error means that the record
// goes to unparsed; it MUST NOT hold any part of the record.
type Parser interface {
	Parse(Record) ([]Event, error)
}

// Decoder turns the physical records of one source, in order of arrival, into events: it unwraps envelopes, joins
// records that come in pieces and calls a Parser on the whole. It never drops a line: every record given ends up, with
// its Lines and Bytes, in exactly one of Decoded's three lists. Not for concurrent use.
type Decoder interface {
	// Decode takes one record. What became complete is appended to out; pieces are held back.
	Decode(r Record, out *Decoded)
	// Tick releases pieces that have waited since before the given time of arrival. It is called now and then.
	Tick(now time.Time, out *Decoded)
	// Flush releases everything held: the source has ended.
	Flush(out *Decoded)
	// Oldest is the smallest Record.Seq still held back, or [NoneHeld]. The runner acknowledges nothing at or past it.
	Oldest() uint64
}

// NoneHeld is what [Decoder].Oldest returns when nothing is held back.
const NoneHeld = ^uint64(0)

// Analyser fills in Event.SQL and masks what must not be stored (Message, Detail, Context). Safe for concurrent use.
type Analyser interface {
	Analyse(*Event)
	// AnalyseText looks at the bytes of an unparsed record with the checks that need no parse tree.
	AnalyseText(raw []byte) *Statement
}

// Commit is what the runner asks a store to make durable at once, with the ledger's row for it.
type Commit struct {
	// ID is derived from the records covered, the same on an exact replay: a deduplication token.
	ID       string
	Source   string
	Decoded  *Decoded
	LinesIn  uint64 // physical lines covered; equals the sum over Decoded
	BytesIn  uint64
	Arrived  time.Time
	FirstPos string // position of the first and the last record covered, for people and for reconcile
	LastPos  string
}

// Store keeps events.
type Store interface {
	// Insert stores events only. A nil error MUST mean durable.
	Insert(context.Context, []Event) error
	// Commit stores events, unparsed, new statements and then, last, the ledger's row. A nil error MUST mean that all of
	// it is durable. It may be called again with the same or overlapping content after any error or crash.
	Commit(context.Context, *Commit) error
}

// Checkpoints hold sources' positions, each an opaque text per (source, stream).
type Checkpoints interface {
	Load(ctx context.Context, source string) (map[string]string, error)
	// Save makes the positions durable before it returns nil; streams not named keep theirs.
	Save(ctx context.Context, source string, positions map[string]string) error
}

// Sink delivers one alert. retry says whether the same call may succeed later. The error MUST hold no secret.
type Sink interface {
	Send(context.Context, Alert) (retry bool, err error)
}
