package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// RecordID names one raw record for ever: a hash of (source, stream, position), the same on every replay.
type RecordID [16]byte

// String gives 32 lower-case hexadecimal digits.
func (id RecordID) String() string { return hex.EncodeToString(id[:]) }

// ParseRecordID reads what [RecordID.String] wrote.
func ParseRecordID(s string) (RecordID, error) {
	var id RecordID
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("record id %q: want %d hexadecimal digits", s, 2*len(id))
	}
	copy(id[:], b)
	return id, nil
}

// MarshalText implements [encoding.TextMarshaler].
func (id RecordID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *RecordID) UnmarshalText(b []byte) error {
	got, err := ParseRecordID(string(b))
	*id = got
	return err
}

// Record is one raw record as a source delivered it: one physical line, one Kafka message, one CloudWatch event.
type Record struct {
	// Source is the configured name of the source, for example "orders-db".
	Source string
	// Stream is the part of the source that has an order of its own: a file's identity, "topic/partition",
	// "log-group:log-stream".
	Stream string
	// Offset is the position within Stream: a byte offset in the (uncompressed) file, a Kafka offset, the n-th event
	// of a CloudWatch stream's cursor. Meaningless across streams.
	Offset int64
	// Key replaces Offset in the identity where the source names its records itself (CloudWatch eventId, one of
	// several lines in a Kafka message); empty elsewhere.
	Key string
	// Line counts from 1 the records that share an Offset, where they have a Key and yet an order (the lines of a Kafka
	// message); else 0. A source MUST deliver the records of a Stream in the order of (Offset, Line), but for what it
	// delivers again, unless they have a Key and no Line: those have no order, and their Offset never changes for a Key.
	Line int
	// Time is the transport's own time stamp (Kafka, CloudWatch); zero where there is none.
	Time time.Time
	// Raw is the record without its line terminator. Nobody may change it after delivery: events alias it.
	Raw []byte
	// Size counts the bytes taken from the source, terminator and cut bytes included, so that sizes add up to the input.
	Size int64
	// Truncated says that the source cut the record at its size limit; the rest is lost to everything but Size.
	Truncated bool
	// Meta holds transport facts worth keeping (Kafka headers, CloudWatch account); nil if none.
	Meta map[string]string
	// Seq is the arrival number that the runner gives; see [Decoder].Oldest.
	Seq uint64
}

// ID is the record's identity: SHA-256 over (Source, Stream, Key or Offset), each prefixed by its length, cut to 128 bits.
func (r *Record) ID() RecordID {
	var buf [256]byte
	b := buf[:0]
	for _, s := range [...]string{r.Source, r.Stream} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	if r.Key != "" {
		b = append(b, 'k')
		b = append(b, r.Key...)
	} else {
		b = append(b, 'o')
		b = strconv.AppendInt(b, r.Offset, 10)
	}
	sum := sha256.Sum256(b)
	return RecordID(sum[:16])
}

// Batch is what a source hands over at once. Ack says that all of Records is durable; it MUST be called at most once,
// and in the order in which the batches were read.
type Batch struct {
	Records []Record
	Ack     func(context.Context) error
	// Positions are what Ack makes durable, by stream: the opaque texts to resume from after this batch; an empty text
	// forgets the stream. The archive keeps them inside its segments, so that it needs no other state. Nil where the
	// source's own system keeps the position (a Kafka group) or nothing moved.
	Positions map[string]string
}
