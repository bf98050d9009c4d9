package worm

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one archive, by source.
type metrics struct {
	segments, records, rawBytes, storedBytes, duplicates *prometheus.CounterVec
	last, seconds                                        *prometheus.GaugeVec
	retries                                              prometheus.Counter
	reg                                                  prometheus.Registerer
	all                                                  []prometheus.Collector
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{reg: reg}
	vec := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "auditwarden", Subsystem: "archive", Name: name, Help: help}, []string{"source"})
		m.all = append(m.all, c)
		return c
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "auditwarden", Subsystem: "archive", Name: name, Help: help}, []string{"source"})
		m.all = append(m.all, g)
		return g
	}
	m.segments = vec("segments_total", "Segments written.")
	m.records = vec("records_total", "Records written.")
	m.rawBytes = vec("raw_bytes_total", "Bytes of records written, before compression.")
	m.storedBytes = vec("stored_bytes_total", "Bytes of segments written, compressed.")
	m.duplicates = vec("duplicates_total", "Records left out because the archive held them already.")
	m.last = gauge("last_segment_timestamp_seconds", "When the last segment was written.")
	m.seconds = gauge("last_write_seconds", "How long the last segment took to write.")
	m.retries = prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "auditwarden", Subsystem: "archive", Name: "retries_total", Help: "Requests to the archive that failed and were tried again.",
	})
	m.all = append(m.all, m.retries)
	if reg == nil {
		return m, nil
	}
	for i, c := range m.all {
		if err := reg.Register(c); err != nil {
			m.all = m.all[:i]
			m.unregister()
			return nil, fmt.Errorf("register metrics of the archive: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) unregister() {
	if m == nil || m.reg == nil {
		return
	}
	for _, c := range m.all {
		m.reg.Unregister(c)
	}
}

func (m *metrics) wrote(seg *segment, size int, took time.Duration, now time.Time) {
	m.segments.WithLabelValues(seg.Source).Inc()
	m.records.WithLabelValues(seg.Source).Add(float64(seg.Records))
	m.rawBytes.WithLabelValues(seg.Source).Add(float64(seg.RawBytes))
	m.storedBytes.WithLabelValues(seg.Source).Add(float64(size))
	m.last.WithLabelValues(seg.Source).Set(float64(now.UnixMilli()) / 1000)
	m.seconds.WithLabelValues(seg.Source).Set(took.Seconds())
}
