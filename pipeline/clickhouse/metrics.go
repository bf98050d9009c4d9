package clickhouse

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the store; see docs/schema.md.
type metrics struct {
	rows    *prometheus.CounterVec
	failed  *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "auditwarden_clickhouse_rows_total", Help: "Rows stored, by table.",
		}, []string{"table"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "auditwarden_clickhouse_insert_failures_total", Help: "Inserts that failed and will be tried again, by table.",
		}, []string{"table"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "auditwarden_clickhouse_insert_seconds", Help: "Time an insert took, by table.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"table"}),
	}
	if r == nil {
		return m
	}
	m.rows = register(r, m.rows)
	m.failed = register(r, m.failed)
	m.seconds = register(r, m.seconds)
	return m
}

// register gives the collector that is registered already, if one is: two stores in one process share them.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	var already prometheus.AlreadyRegisteredError
	if err := r.Register(c); errors.As(err, &already) {
		if old, ok := already.ExistingCollector.(C); ok {
			return old
		}
	}
	return c
}

func (m *metrics) inserted(table string, rows int, took time.Duration, err error) {
	if err != nil {
		m.failed.WithLabelValues(table).Inc()
		return
	}
	m.rows.WithLabelValues(table).Add(float64(rows))
	m.seconds.WithLabelValues(table).Observe(took.Seconds())
}
