package kafka

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	records    prometheus.Counter
	errors     prometheus.Counter
	rebalances prometheus.Counter
	superseded prometheus.Counter
	lag        *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	labels := prometheus.Labels{"source": source}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "auditwarden", Subsystem: "kafka", Name: name, Help: help, ConstLabels: labels})
	}
	m := &metrics{
		records:    counter("records_total", "Records read, replays included."),
		errors:     counter("errors_total", "Failed calls to brokers; all are tried again."),
		rebalances: counter("generations_total", "Generations of the group that this member took part in."),
		superseded: counter("superseded_acks_total", "Acknowledgements that came after the partition had moved on."),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "auditwarden", Subsystem: "kafka", Name: "lag_messages",
			Help: "Messages in the partition after the last one read.", ConstLabels: labels}, []string{"topic", "partition"}),
	}
	if reg != nil {
		reg.MustRegister(m.records, m.errors, m.rebalances, m.superseded, m.lag)
	}
	return m
}
