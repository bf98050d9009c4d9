package kafka

import (
	"bytes"
	"strconv"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/auditwarden/auditwarden/pipeline"
)

// maxHeaders and maxHeaderBytes bound what is kept of a message's headers, which the producer writes.
const (
	maxHeaders     = 32
	maxHeaderBytes = 1024
)

// records turns one message into records: one, or one a line. Bytes add up to the message's value.
func (s *Source) records(out []pipeline.Record, stream string, m *kafkago.Message) []pipeline.Record {
	meta := metadata(m)
	value := m.Value
	rec := pipeline.Record{Source: s.name, Stream: stream, Offset: m.Offset, Time: m.Time, Meta: meta}
	if !s.cfg.SplitLines || !splittable(value) {
		rec.Raw, rec.Size = bytes.TrimSuffix(value, []byte("\n")), int64(len(value))
		return append(out, s.cut(rec))
	}
	for n := 0; len(value) > 0; n++ {
		line, size := value, len(value)
		if i := bytes.IndexByte(value, '\n'); i >= 0 {
			line, size = value[:i], i+1
		}
		rec.Raw, rec.Size = line, int64(size)
		rec.Key = strconv.FormatInt(m.Offset, 10) + "#" + strconv.Itoa(n)
		out = append(out, s.cut(rec))
		value = value[size:]
	}
	return out
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

func metadata(m *kafkago.Message) map[string]string {
	if len(m.Headers) == 0 && len(m.Key) == 0 {
		return nil
	}
	meta := make(map[string]string, len(m.Headers)+1)
	if len(m.Key) > 0 {
		meta["kafka.key"] = string(m.Key[:min(len(m.Key), maxHeaderBytes)])
	}
	for _, h := range m.Headers[:min(len(m.Headers), maxHeaders)] {
		name := h.Key[:min(len(h.Key), maxHeaderBytes)]
		meta["kafka.header."+name] = string(h.Value[:min(len(h.Value), maxHeaderBytes)])
	}
	return meta
}
