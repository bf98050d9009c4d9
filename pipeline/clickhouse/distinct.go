package clickhouse

import (
	"encoding/binary"

	"github.com/auditwarden/auditwarden/pipeline"
)

// keyFactor spreads an event's index over the key; odd, so that no two indexes fall together.
const keyFactor = 0x9E3779B97F4A7C15

// keySQL computes eventKey from a row of events.
const keySQL = "reinterpretAsUInt64(unhex(substring(record_id, 1, 16))) + toUInt64(event_index) * 0x9E3779B97F4A7C15"

// eventKey is the 64-bit key by which a batch's rows are checked against the ledger: the first eight bytes of the record's id,
// little endian, plus the event's index times an odd constant, modulo 2^64.
func eventKey(id pipeline.RecordID, index uint16) uint64 {
	return binary.LittleEndian.Uint64(id[:8]) + uint64(index)*keyFactor
}

// countDistinct gives the number of distinct events and the sum of their keys, the same in any order. A commit may hold an
// event twice: a source can deliver a record again before the first delivery is committed.
func countDistinct(events []pipeline.Event) (n, sum uint64) {
	if !ascending(events) {
		return countUnordered(events)
	}
	for i := range events {
		sum += eventKey(events[i].RecordID, events[i].Index)
	}
	return uint64(len(events)), sum
}

// ascending reports whether every event comes after the one before it in its stream, so that none can be there twice.
func ascending(events []pipeline.Event) bool {
	type place struct {
		offset int64
		record pipeline.RecordID
		index  uint16
	}
	last := map[string]place{}
	stream, current, have := "", place{}, false
	for i := range events {
		e := &events[i]
		if e.Stream != stream {
			if have {
				last[stream] = current
			}
			stream = e.Stream
			current, have = last[stream]
		}
		next := place{e.Offset, e.RecordID, e.Index}
		if have && (next.offset < current.offset ||
			next.offset == current.offset && (next.record != current.record || next.index <= current.index)) {
			return false
		}
		current, have = next, true
	}
	return true
}

func countUnordered(events []pipeline.Event) (n, sum uint64) {
	type id struct {
		record pipeline.RecordID
		index  uint16
	}
	seen := make(map[id]bool, len(events))
	for i := range events {
		k := id{events[i].RecordID, events[i].Index}
		if !seen[k] {
			seen[k] = true
			n++
			sum += eventKey(k.record, k.index)
		}
	}
	return n, sum
}
