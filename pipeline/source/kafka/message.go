package kafka

import (
	"bytes"
	"io"
	"strconv"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline"
)

// maxHeaders and maxHeaderBytes bound what is kept of a message's headers, which the producer writes.
const (
	maxHeaders     = 32
	maxHeaderBytes = 1024
)

// message is one of Kafka's, in memory of its own.
type message struct {
	offset int64
	time   time.Time
	value  []byte
	meta   map[string]string

	lines bool   // it is taken line by line
	begun bool   // lines was decided
	rest  []byte // not yet taken
	line  int
	skip  int // lines that were taken another time
}

// newMessage copies a record out of a response's memory.
func newMessage(rec *kafkago.Record) (*message, error) {
	m := &message{offset: rec.Offset, time: rec.Time}
	var key []byte
	var err error
	if rec.Key != nil {
		defer rec.Key.Close()
		if key, err = io.ReadAll(io.LimitReader(rec.Key, maxHeaderBytes)); err != nil {
			return nil, err
		}
	}
	if rec.Value != nil {
		defer rec.Value.Close()
		m.value = make([]byte, rec.Value.Len())
		if _, err = io.ReadFull(rec.Value, m.value); err != nil {
			return nil, err
		}
	}
	m.meta = metadata(key, rec.Headers)
	return m, nil
}

// records turns a message into records: one, or one a line; their sizes add up to the message's value. It gives
// BatchRecords at most at once, and done when there are no more.
func (s *Source) records(out []pipeline.Record, stream string, m *message) (_ []pipeline.Record, done bool) {
	rec := pipeline.Record{Source: s.name, Stream: stream, Offset: m.offset, Time: m.time, Meta: m.meta}
	if !m.begun {
		m.begun, m.rest = true, m.value
		m.lines = s.cfg.SplitLines && splittable(m.value)
	}
	if !m.lines {
		rec.Raw, rec.Size = bytes.TrimSuffix(m.value, []byte("\n")), int64(len(m.value))
		return append(out, s.cut(rec)), true
	}
	for len(m.rest) > 0 && len(out) < s.cfg.BatchRecords {
		line, size := m.rest, len(m.rest)
		if i := bytes.IndexByte(m.rest, '\n'); i >= 0 {
			line, size = m.rest[:i:i], i+1
		}
		rec.Raw, rec.Size = line, int64(size)
		rec.Key = strconv.FormatInt(m.offset, 10) + "#" + strconv.Itoa(m.line)
		rec.Line = m.line + 1
		if m.line >= m.skip {
			out = append(out, s.cut(rec))
		}
		m.rest = m.rest[size:]
		m.line++
	}
	return out, len(m.rest) == 0
}

// splittable: a message of several lines that is not one JSON text.
func splittable(value []byte) bool {
	i := bytes.IndexByte(value, '\n')
	if i < 0 || i == len(value)-1 {
		return false
	}
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] != '{' && trimmed[0] != '['
}

func (s *Source) cut(r pipeline.Record) pipeline.Record {
	if len(r.Raw) > s.cfg.MaxRecordBytes {
		r.Raw, r.Truncated = r.Raw[:s.cfg.MaxRecordBytes:s.cfg.MaxRecordBytes], true
	}
	return r
}

// metadata keeps a message's key and headers, as far as they are small.
func metadata(key []byte, headers []kafkago.Header) map[string]string {
	if len(headers) == 0 && len(key) == 0 {
		return nil
	}
	meta := make(map[string]string, len(headers)+1)
	if len(key) > 0 {
		meta["kafka.key"] = string(key)
	}
	for _, h := range headers[:min(len(headers), maxHeaders)] {
		name := h.Key[:min(len(h.Key), maxHeaderBytes)]
		meta["kafka.header."+name] = string(h.Value[:min(len(h.Value), maxHeaderBytes)])
	}
	return meta
}
