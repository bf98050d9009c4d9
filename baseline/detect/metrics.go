package detect

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

type metrics struct {
	batches   prometheus.Counter
	failures  prometheus.Counter
	alerts    *prometheus.CounterVec
	seconds   prometheus.Histogram
	stages    *prometheus.HistogramVec
	suspended *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		batches:   prometheus.NewCounter(prometheus.CounterOpts{Name: "auditwarden_detect_batches_judged_total", Help: "Batches of the ledger judged."}),
		failures:  prometheus.NewCounter(prometheus.CounterOpts{Name: "auditwarden_detect_failures_total", Help: "Steps that failed and will be repeated."}),
		alerts:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "auditwarden_detect_alerts_total", Help: "Alerts stored, new or changed."}, []string{"rule", "severity"}),
		seconds:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "auditwarden_detect_step_seconds", Help: "Time to judge one step's batches.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 12)}),
		stages:    prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "auditwarden_detect_stage_seconds", Help: "Time of each stage of a step.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 12)}, []string{"stage"}),
		suspended: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "auditwarden_detect_rule_suspended", Help: "1 for a rule that is left out because its own query fails."}, []string{"rule"}),
	}
	if reg != nil {
		reg.MustRegister(m.stages, m.batches, m.failures, m.alerts, m.seconds, m.suspended)
	}
	return m
}

func (m *metrics) step(batches []batch, alerts []pipeline.Alert, took time.Duration) {
	m.batches.Add(float64(len(batches)))
	m.seconds.Observe(took.Seconds())
	for i := range alerts {
		m.alerts.WithLabelValues(alerts[i].Rule, string(alerts[i].Severity)).Inc()
	}
}
