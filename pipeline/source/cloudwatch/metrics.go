package cloudwatch

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	events, bytes, duplicates, late, repeated prometheus.Counter
	requests                                  *prometheus.CounterVec
	lag, backlog                              *prometheus.GaugeVec
	groups                                    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer, source string, l *Limiter) (*metrics, error) {
	labels := prometheus.Labels{"source": source}
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "auditwarden_cloudwatch_" + name, Help: help, ConstLabels: labels}
	}
	gauge := func(name, help string) prometheus.GaugeOpts {
		return prometheus.GaugeOpts{Name: "auditwarden_cloudwatch_" + name, Help: help, ConstLabels: labels}
	}
	m := &metrics{
		events:     prometheus.NewCounter(counter("events_total", "Events delivered, repeated ones included.")),
		bytes:      prometheus.NewCounter(counter("bytes_total", "Bytes of messages delivered.")),
		duplicates: prometheus.NewCounter(counter("duplicates_total", "Events that came again in the overlap and were dropped.")),
		late:       prometheus.NewCounter(counter("late_total", "Events found by a verifier alone.")),
		repeated:   prometheus.NewCounter(counter("repeated_total", "Events delivered again with their minute because of a late one.")),
		requests:   prometheus.NewCounterVec(counter("requests_total", "Requests by operation and result."), []string{"operation", "result"}),
		lag:        prometheus.NewGaugeVec(gauge("lag_seconds", "How far the head of a group is behind now."), []string{"group"}),
		backlog:    prometheus.NewGaugeVec(gauge("backlog_seconds", "How much time of a group is left to be read behind its head."), []string{"group"}),
		groups:     prometheus.NewGauge(gauge("groups", "Log groups found at the last look.")),
	}
	rate := prometheus.NewGaugeFunc(gauge("requests_per_second", "Rate of requests that throttling leaves."), l.current)
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.events, m.bytes, m.duplicates, m.late, m.repeated, m.requests, m.lag, m.backlog, m.groups, rate} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of source %s: %w", source, err)
		}
	}
	return m, nil
}

func (m *metrics) forget(group string) {
	m.lag.DeleteLabelValues(group)
	m.backlog.DeleteLabelValues(group)
}
