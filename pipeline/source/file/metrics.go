package file

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// metrics of one source; the label source tells them apart.
type metrics struct {
	lines, bytes, cut, errors, truncations prometheus.Counter
	reg                                    prometheus.Registerer
	all                                    []prometheus.Collector
}

func newMetrics(reg prometheus.Registerer, source string) (*metrics, error) {
	m := &metrics{reg: reg}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "auditwarden", Subsystem: "file", Name: name, Help: help,
			ConstLabels: prometheus.Labels{"source": source},
		})
		m.all = append(m.all, c)
		return c
	}
	m.lines = counter("lines_total", "Lines read.")
	m.bytes = counter("bytes_total", "Bytes read, uncompressed, terminators included.")
	m.cut = counter("lines_cut_total", "Lines longer than the limit, delivered cut.")
	m.errors = counter("errors_total", "Times that a file could not be read.")
	m.truncations = counter("truncations_total", "Times that a file was emptied and began anew.")
	if reg == nil {
		return m, nil
	}
	for i, c := range m.all {
		if err := reg.Register(c); err != nil {
			m.all = m.all[:i]
			m.unregister()
			return nil, fmt.Errorf("register metrics of file source %s: %w", source, err)
		}
	}
	return m, nil
}

func (m *metrics) unregister() {
	if m.reg == nil {
		return
	}
	for _, c := range m.all {
		m.reg.Unregister(c)
	}
}

func (m *metrics) count(records []pipeline.Record, bytes int64) {
	m.lines.Add(float64(len(records)))
	m.bytes.Add(float64(bytes))
	for i := range records {
		if records[i].Truncated {
			m.cut.Inc()
		}
	}
}
