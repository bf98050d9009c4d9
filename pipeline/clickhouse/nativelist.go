package clickhouse

import (
	"encoding/binary"
	"math"
	"slices"
	"time"
)

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
