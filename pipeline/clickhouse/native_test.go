package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestDictionariesOfAnySize: the keys of a LowCardinality column take one, two or four bytes.
func TestDictionariesOfAnySize(t *testing.T) {
	db, ctx := emptyDB(t), context.Background()
	if err := db.exec(ctx, "CREATE TABLE t (k UInt32, n UInt32, r LowCardinality(String), a Array(LowCardinality(String))) ENGINE = Memory"); err != nil {
		t.Fatal(err)
	}
	const rows = 70_000
	sizes := []int{1, 2, 254, 255, 256, 257, 65_534, 65_535, 65_536, 65_537, rows}
	for _, k := range sizes {
		ks, ns, texts, lists := make([]uint32, rows), make([]uint32, rows), make([]string, rows), make([][]string, rows)
		for i := range rows {
			ks[i], ns[i], texts[i] = uint32(k), uint32(i), fmt.Sprint("x", i%k)
			lists[i] = []string{"", texts[i]}[:i%3%2+i%2]
		}
		err := db.insert(ctx, "t", "", []column{
			{"k", "UInt32", ks}, {"n", "UInt32", ns}, {"r", "LowCardinality(String)", texts}, {"a", "Array(LowCardinality(String))", lists},
		}, rows)
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db, "t WHERE r = concat('x', toString(n % k)) AND a = arraySlice(['', toString(r)], 1, n % 3 % 2 + n % 2)"); n != uint64(rows*len(sizes)) {
		t.Errorf("%d rows came back as sent, want %d", n, rows*len(sizes))
	}
}

func TestEmptyColumns(t *testing.T) {
	db, ctx := emptyDB(t), context.Background()
	if err := db.exec(ctx, "CREATE TABLE t (a Array(LowCardinality(String)), b Array(Int64), m Map(String, String), n Nullable(Int64)) ENGINE = Memory"); err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{1, 3} {
		err := db.insert(ctx, "t", "", []column{
			{"a", "Array(LowCardinality(String))", make([][]string, rows)}, {"b", "Array(Int64)", make([][]int64, rows)},
			{"m", "Map(String, String)", make([]map[string]string, rows)}, {"n", "Nullable(Int64)", make([]*int64, rows)},
		}, rows)
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db, "t WHERE empty(a) AND empty(b) AND empty(m) AND n IS NULL"); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
}

func TestBlockRefusesWhatItCannotSend(t *testing.T) {
	for name, c := range map[string]column{
		"rows":         {"a", "String", []string{"x"}},
		"type":         {"a", "UInt8", []string{"x", "y"}},
		"go type":      {"a", "UInt8", []int{1, 2}},
		"fixed length": {"a", "FixedString(32)", []string{"x", "y"}},
		"time":         {"a", "DateTime", []time.Time{day, day}},
		"array":        {"a", "Array(UInt8)", [][]string{{"x"}, {"y"}}},
	} {
		var b nativeBlock
		if err := b.encode([]column{c}, 2); err == nil || !strings.HasPrefix(err.Error(), "column a: cannot send") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
