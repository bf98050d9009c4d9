package kafka

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	reg        prometheus.Registerer
	records    prometheus.Counter
	errors     prometheus.Counter
	rebalances prometheus.Counter
	superseded prometheus.Counter
	expired    prometheus.Counter
	lag        *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer, source string) *metrics {
	labels := prometheus.Labels{"source": source}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "auditwarden", Subsystem: "kafka", Name: name, Help: help, ConstLabels: labels})
	}
	m := &metrics{
		reg:        reg,
		records:    counter("records_total", "Records read, replays included."),
		errors:     counter("errors_total", "Failed calls to brokers; all are tried again."),
		rebalances: counter("generations_total", "Generations of the group that this member took part in."),
		superseded: counter("superseded_acks_total", "Acknowledgements that came after the partition had moved on."),
		expired:    counter("expired_messages_total", "Messages that the topic's retention deleted before they were read: lost."),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "auditwarden", Subsystem: "kafka", Name: "lag_messages",
			Help: "Messages in the partition after the last one read.", ConstLabels: labels}, []string{"topic", "partition"}),
	}
	if reg != nil {
		reg.MustRegister(m.all()...)
	}
	return m
}

func (m *metrics) all() []prometheus.Collector {
	return []prometheus.Collector{m.records, m.errors, m.rebalances, m.superseded, m.expired, m.lag}
}

func (m *metrics) unregister() {
	if m.reg == nil {
		return
	}
	for _, c := range m.all() {
		m.reg.Unregister(c)
	}
}

// forget drops what is said of a partition that is another member's now.
func (m *metrics) forget(topic string, partition int) {
	m.lag.DeleteLabelValues(topic, strconv.Itoa(partition))
}
