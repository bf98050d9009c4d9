package clickhouse

import (
	"strings"
	"time"
)

// sqlMicros takes the place of a time in a query, to be bound to micros(t): the driver would cut a time.Time to seconds.
const sqlMicros = "fromUnixTimestamp64Micro(?, 'UTC')"

func micros(t time.Time) int64 { return clampTime(t).UnixMicro() }

// prefixed puts a table's alias before every name of a list.
func prefixed(alias, list string) string {
	return alias + strings.ReplaceAll(list, ", ", ", "+alias)
}
