package app

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// ingestMetrics is the [pipeline.Observer] that feeds Prometheus and the health of the sources.
type ingestMetrics struct {
	health  *Health
	read    *prometheus.CounterVec
	bytes   *prometheus.CounterVec
	lines   *prometheus.CounterVec
	bad     *prometheus.CounterVec
	took    *prometheus.HistogramVec
	retries *prometheus.CounterVec
	behind  *prometheus.GaugeVec
}

func newIngestMetrics(reg prometheus.Registerer, health *Health) *ingestMetrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "auditwarden", Subsystem: "ingest", Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	m := &ingestMetrics{
		health:  health,
		read:    counter("lines_read_total", "Lines taken from the source.", "source"),
		bytes:   counter("bytes_read_total", "Bytes taken from the source, line ends included.", "source"),
		lines:   counter("lines_committed_total", "Lines durable in the store, by what became of them: event, unparsed, skipped.", "source", "outcome"),
		bad:     counter("unparsed_total", "Records kept as unparsed, by reason.", "source", "reason"),
		retries: counter("retries_total", "Failed tries of a step that is tried again.", "source", "step"),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: "auditwarden", Subsystem: "ingest", Name: "commit_seconds",
			Help: "Time to make one commit durable.", Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 10)}, []string{"source"}),
		behind: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "auditwarden", Subsystem: "ingest", Name: "event_age_seconds",
			Help: "Age of the newest event when its commit became durable, by the database's clock."}, []string{"source"}),
	}
	reg.MustRegister(m.took, m.behind)
	return m
}

func (m *ingestMetrics) Read(source string, lines int, bytes int64) {
	m.read.WithLabelValues(source).Add(float64(lines))
	m.bytes.WithLabelValues(source).Add(float64(bytes))
}

func (m *ingestMetrics) Committed(c *pipeline.Commit, took time.Duration) {
	events, unparsed, skipped := c.Decoded.Lines()
	m.lines.WithLabelValues(c.Source, "event").Add(float64(events))
	m.lines.WithLabelValues(c.Source, "unparsed").Add(float64(unparsed))
	m.lines.WithLabelValues(c.Source, "skipped").Add(float64(skipped))
	for i := range c.Decoded.Unparsed {
		m.bad.WithLabelValues(c.Source, c.Decoded.Unparsed[i].Reason).Inc()
	}
	m.took.WithLabelValues(c.Source).Observe(took.Seconds())
	var newest time.Time
	for i := range c.Decoded.Events {
		if t := c.Decoded.Events[i].EventTime; t.After(newest) {
			newest = t
		}
	}
	if !newest.IsZero() {
		m.behind.WithLabelValues(c.Source).Set(time.Since(newest).Seconds())
	}
}

func (m *ingestMetrics) Retrying(source, step string) {
	m.retries.WithLabelValues(source, step).Inc()
}

var errStoreRefuses = errors.New("the store does not take its events; reading waits")

func (m *ingestMetrics) Healthy(source string, ok bool) {
	if ok {
		m.health.Set("source "+source, nil)
		return
	}
	m.health.Set("source "+source, errStoreRefuses)
}

type registerer = prometheus.Registerer

// labelled registers under reg with the part's name, so that two parts of a process may read the same source.
func labelled(reg prometheus.Registerer, part string) prometheus.Registerer {
	return prometheus.WrapRegistererWith(prometheus.Labels{"part": part}, reg)
}
