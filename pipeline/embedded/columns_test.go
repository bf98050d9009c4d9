package embedded_test

import (
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// appendColumns hands over rows column by column.
func appendColumns(tb testing.TB, b driver.Batch, rows []typed) {
	tb.Helper()
	for i, column := range []any{
		column(rows, func(r *typed) uint8 { return r.U8 }), column(rows, func(r *typed) uint16 { return r.U16 }),
		column(rows, func(r *typed) uint32 { return r.U32 }), column(rows, func(r *typed) uint64 { return r.U64 }),
		column(rows, func(r *typed) int64 { return r.I64 }), column(rows, func(r *typed) float32 { return r.F32 }),
		column(rows, func(r *typed) float64 { return r.F64 }), column(rows, func(r *typed) bool { return r.B }),
		column(rows, func(r *typed) string { return r.S }), column(rows, func(r *typed) string { return r.L }),
		column(rows, func(r *typed) string { return r.FS }), column(rows, func(r *typed) time.Time { return r.D6 }),
		column(rows, func(r *typed) time.Time { return r.D3 }), column(rows, func(r *typed) time.Time { return r.D }),
		column(rows, func(r *typed) []string { return r.A }), column(rows, func(r *typed) []string { return r.LA }),
		column(rows, func(r *typed) *int64 { return r.N }), column(rows, func(r *typed) map[string]string { return r.M }),
		column(rows, func(r *typed) string { return r.E }),
	} {
		if err := b.Column(i).Append(column); err != nil {
			tb.Fatalf("column %d: %v", i, err)
		}
	}
}

func column[T any](rows []typed, of func(*typed) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = of(&rows[i])
	}
	return out
}
