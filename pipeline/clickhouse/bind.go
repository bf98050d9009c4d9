package clickhouse

import (
	"time"

	chgo "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// microTime and milliTime bind a time with its fraction; a plain time.Time is cut to whole seconds by the driver.
func microTime(t time.Time) driver.NamedDateValue { return dateValue(t, chgo.MicroSeconds) }
func milliTime(t time.Time) driver.NamedDateValue { return dateValue(t, chgo.MilliSeconds) }

func dateValue(t time.Time, unit chgo.TimeUnit) driver.NamedDateValue {
	return driver.NamedDateValue{Value: t.UTC(), Scale: uint8(unit)}
}
