package clickhouse

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

// nativeBlock writes one block in ClickHouse's Native format as the HTTP interface takes it (protocol revision 0):
// https://clickhouse.com/docs/en/interfaces/formats#native and SerializationLowCardinality.cpp of the server's source.
//
// The driver's own column buffers take half the time of a commit and allocate 6 kB a row: they are made anew for each batch and reflect on every
// value of a LowCardinality column. Here the bytes are appended to one buffer that is used again, and a column that holds few
// different texts is sent as a dictionary and one byte a row.
type nativeBlock struct {
	buf   []byte
	keys  []uint32
	dict  map[string]uint32
	list  []string // an array's values
	order []string // a dictionary's
}

// encode writes the block. The columns' data must be slices of the types that appendColumn knows, each of rows values.
func (b *nativeBlock) encode(cols []column, rows int) error {
	b.buf = binary.AppendUvarint(b.buf[:0], uint64(len(cols)))
	b.buf = binary.AppendUvarint(b.buf, uint64(rows))
	for _, c := range cols {
		b.text(c.name)
		b.text(c.wire)
		if n, ok := b.column(c.wire, c.data); !ok || n != rows {
			return fmt.Errorf("column %s: cannot send %d values of %T as %s in a block of %d rows", c.name, n, c.data, c.wire, rows)
		}
	}
	return nil
}

func (b *nativeBlock) text(s string) {
	b.buf = binary.AppendUvarint(b.buf, uint64(len(s)))
	b.buf = append(b.buf, s...)
}

// column writes one column's values and says how many there were, and whether the type is known.
func (b *nativeBlock) column(wire string, data any) (n int, ok bool) {
	if inner, isArray := strings.CutPrefix(wire, "Array("); isArray {
		return b.array(strings.TrimSuffix(inner, ")"), data)
	}
	switch wire {
	case "LowCardinality(String)":
		v, ok := data.([]string)
		if ok {
			b.state()
			b.lowCardinality(v)
		}
		return len(v), ok
	case "Map(String, String)":
		v, ok := data.([]map[string]string)
		b.maps(v)
		return len(v), ok
	}
	return b.plain(wire, data)
}

func (b *nativeBlock) plain(wire string, data any) (int, bool) {
	switch v := data.(type) {
	case []string:
		return len(v), b.strings(wire, v)
	case [][]byte:
		for _, s := range v {
			b.buf = binary.AppendUvarint(b.buf, uint64(len(s)))
			b.buf = append(b.buf, s...)
		}
		return len(v), wire == "String"
	case []bool:
		for _, x := range v {
			b.buf = append(b.buf, one(x))
		}
		return len(v), wire == "Bool"
	case []uint8:
		b.buf = append(b.buf, v...)
		return len(v), wire == "UInt8"
	case []uint16:
		for _, x := range v {
			b.buf = binary.LittleEndian.AppendUint16(b.buf, x)
		}
		return len(v), wire == "UInt16"
	case []uint32:
		for _, x := range v {
			b.buf = binary.LittleEndian.AppendUint32(b.buf, x)
		}
		return len(v), wire == "UInt32"
	case []uint64:
		for _, x := range v {
			b.buf = binary.LittleEndian.AppendUint64(b.buf, x)
		}
		return len(v), wire == "UInt64"
	case []int64:
		b.int64s(v)
		return len(v), wire == "Int64"
	case []float32:
		for _, x := range v {
			b.buf = binary.LittleEndian.AppendUint32(b.buf, math.Float32bits(x))
		}
		return len(v), wire == "Float32"
	case []time.Time:
		return len(v), b.times(wire, v)
	case []*int64:
		b.nullableInts(v)
		return len(v), wire == "Nullable(Int64)"
	case []*time.Time:
		b.nullableTimes(v)
		return len(v), wire == "Nullable("+typeMicros+")"
	}
	return 0, false
}

// The types of time columns.
const (
	typeMicros = "DateTime64(6, 'UTC')"
	typeMillis = "DateTime64(3, 'UTC')"
)

func (b *nativeBlock) strings(wire string, v []string) bool {
	switch wire {
	case "String":
		for _, s := range v {
			b.text(s)
		}
		return true
	case "FixedString(32)":
		for _, s := range v {
			if len(s) != 32 {
				return false
			}
			b.buf = append(b.buf, s...)
		}
		return true
	}
	return false
}

func (b *nativeBlock) int64s(v []int64) {
	for _, x := range v {
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(x))
	}
}

func (b *nativeBlock) times(wire string, v []time.Time) bool {
	switch wire {
	case typeMicros:
		for _, t := range v {
			b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(t.UnixMicro()))
		}
	case typeMillis:
		for _, t := range v {
			b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(t.UnixMilli()))
		}
	default:
		return false
	}
	return true
}

func (b *nativeBlock) nullableInts(v []*int64) {
	for _, p := range v {
		b.buf = append(b.buf, one(p == nil))
	}
	for _, p := range v {
		if p == nil {
			p = new(int64)
		}
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(*p))
	}
}

func (b *nativeBlock) nullableTimes(v []*time.Time) {
	for _, p := range v {
		b.buf = append(b.buf, one(p == nil))
	}
	for _, p := range v {
		if p == nil {
			p = &earliest
		}
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(p.UnixMicro()))
	}
}

func one(b bool) byte {
	if b {
		return 1
	}
	return 0
}
