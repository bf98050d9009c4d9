package sinks

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// metrics of all sinks, by the label sink.
type metrics struct {
	sent, failed, retries, summaries, folded *prometheus.CounterVec
	seconds                                  *prometheus.HistogramVec
	pending, oldest                          *prometheus.GaugeVec
}

type sinkMetrics struct {
	sent, failed, retries, summaries, folded prometheus.Counter
	seconds                                  prometheus.Observer
	pending, oldest                          prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	label := []string{"sink"}
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "auditwarden_sink_" + name, Help: help}, label)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "auditwarden_sink_" + name, Help: help}, label)
	}
	m := &metrics{
		sent:      counter("sent_total", "Alerts and summaries that the sink took."),
		failed:    counter("failed_total", "Alerts that the sink refused for good."),
		retries:   counter("retries_total", "Tries that failed and are repeated."),
		summaries: counter("summaries_total", "Summaries sent in place of many alerts."),
		folded:    counter("summarised_total", "Alerts sent as part of a summary."),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "auditwarden_sink_send_seconds", Help: "Duration of one try.", Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 9),
		}, label),
		pending: gauge("pending", "Alerts that wait for delivery, counted up to 1000."),
		oldest:  gauge("oldest_pending_seconds", "Time since the detection of the oldest alert that waits for delivery."),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.sent, m.failed, m.retries, m.summaries, m.folded, m.seconds, m.pending, m.oldest} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of sinks: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) sink(name string) *sinkMetrics {
	return &sinkMetrics{
		sent: m.sent.WithLabelValues(name), failed: m.failed.WithLabelValues(name), retries: m.retries.WithLabelValues(name),
		summaries: m.summaries.WithLabelValues(name), folded: m.folded.WithLabelValues(name),
		seconds: m.seconds.WithLabelValues(name), pending: m.pending.WithLabelValues(name), oldest: m.oldest.WithLabelValues(name),
	}
}

func (m *sinkMetrics) observe(pending []pipeline.Delivery) {
	m.pending.Set(float64(len(pending)))
	age := time.Duration(0)
	for _, d := range pending {
		if !d.Alert.DetectedAt.IsZero() {
			age = max(age, time.Since(d.Alert.DetectedAt))
		}
	}
	m.oldest.Set(age.Seconds())
}
