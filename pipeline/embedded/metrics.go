package embedded

import "github.com/prometheus/client_golang/prometheus"

// metrics of the HTTP interface.
type metrics struct {
	requests   *prometheus.CounterVec
	exceptions prometheus.Counter
	cancelled  prometheus.Counter
	inserted   prometheus.Counter
	running    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	const prefix = "auditwarden_embedded_"
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "statements_total", Help: "Statements asked for, by user.",
		}, []string{"user"}),
		exceptions: prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "exceptions_total", Help: "Statements that ended with an error."}),
		cancelled:  prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "cancelled_total", Help: "Statements ended because the client left."}),
		inserted:   prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "inserted_rows_total", Help: "Rows written by inserts, materialized views included."}),
		running:    prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "running_statements", Help: "Statements that run now."}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.exceptions, m.cancelled, m.inserted, m.running} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
