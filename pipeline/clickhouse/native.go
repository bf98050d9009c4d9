package clickhouse

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
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

// array writes the arrays' ends, then all their values as one column.
func (b *nativeBlock) array(inner string, data any) (int, bool) {
	switch v := data.(type) {
	case [][]string:
		if inner == "LowCardinality(String)" {
			b.state()
			b.list = flatten(b, v, b.list[:0])
			if len(b.list) > 0 {
				b.lowCardinality(b.list)
			}
			clear(b.list)
			return len(v), true
		}
		return len(v), b.strings(inner, flatten(b, v, nil))
	case [][]int64:
		b.int64s(flatten(b, v, nil))
		return len(v), inner == "Int64"
	case [][]uint64:
		_, ok := b.plain(inner, flatten(b, v, nil))
		return len(v), ok
	case [][]time.Time:
		return len(v), b.times(inner, flatten(b, v, nil))
	}
	return 0, false
}

// flatten writes the ends and gives the values, appended to all.
func flatten[T any](b *nativeBlock, v [][]T, all []T) []T {
	for _, list := range v {
		all = append(all, list...)
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(len(all)))
	}
	return all
}

func (b *nativeBlock) maps(v []map[string]string) {
	var keys, values []string
	for _, m := range v {
		start := len(keys)
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys[start:])
		for _, k := range keys[start:] {
			values = append(values, m[k])
		}
		b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(len(keys)))
	}
	b.strings("String", keys)
	b.strings("String", values)
}

// state is the prefix of a LowCardinality column: its dictionary comes with it.
func (b *nativeBlock) state() { b.buf = binary.LittleEndian.AppendUint64(b.buf, 1) }

// lowCardinality writes the different texts, the first of them empty as the server has it, and then for each row which one it has.
func (b *nativeBlock) lowCardinality(v []string) {
	const hasAdditionalKeys, needUpdateDictionary = 1 << 9, 1 << 10
	if b.dict == nil {
		b.dict = map[string]uint32{}
	}
	clear(b.dict)
	b.dict[""] = 0
	b.keys = slices.Grow(b.keys[:0], len(v))
	order := append(b.order[:0], "")
	last, lastKey := "", uint32(0)
	for _, s := range v {
		if s != last {
			key, ok := b.dict[s]
			if !ok {
				key = uint32(len(order))
				b.dict[s] = key
				order = append(order, s)
			}
			last, lastKey = s, key
		}
		b.keys = append(b.keys, lastKey)
	}
	width := uint64(0) // of a key: 0, 1, 2 for one, two, four bytes
	switch {
	case len(order) > math.MaxUint16+1:
		width = 2
	case len(order) > math.MaxUint8+1:
		width = 1
	}
	b.buf = binary.LittleEndian.AppendUint64(b.buf, hasAdditionalKeys|needUpdateDictionary|width)
	b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(len(order)))
	b.strings("String", order)
	b.buf = binary.LittleEndian.AppendUint64(b.buf, uint64(len(v)))
	b.appendKeys(width)
	clear(b.dict) // keep no text alive
	clear(order)
	b.order = order
}

func (b *nativeBlock) appendKeys(width uint64) {
	switch width {
	case 0:
		for _, k := range b.keys {
			b.buf = append(b.buf, byte(k))
		}
	case 1:
		for _, k := range b.keys {
			b.buf = binary.LittleEndian.AppendUint16(b.buf, uint16(k))
		}
	default:
		for _, k := range b.keys {
			b.buf = binary.LittleEndian.AppendUint32(b.buf, k)
		}
	}
}

func one(b bool) byte {
	if b {
		return 1
	}
	return 0
}
