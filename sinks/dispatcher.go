package sinks

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Queue keeps what is to be delivered. It outlives the process.
type Queue interface {
	// PendingDeliveries returns up to limit deliveries to the sink that are pending, the worst severity first and then the
	// oldest.
	PendingDeliveries(ctx context.Context, sink string, limit int) ([]pipeline.Delivery, error)
	// RecordDeliveries makes the new state of deliveries durable before it returns nil. It may be called again with the same.
	RecordDeliveries(ctx context.Context, deliveries []pipeline.Delivery) error
}

// DispatcherOptions of NewDispatcher.
type DispatcherOptions struct {
	Logger     *slog.Logger          // nil for none
	Registerer prometheus.Registerer // nil for none
	// Poll is how often the queue is asked without a Wake. 0 means 2s.
	Poll time.Duration
	// Drain is how long Run goes on sending after its context ends. 0 means 10s.
	Drain time.Duration
}

// Dispatcher takes pending deliveries from a queue to the sinks: one worker for each sink.
type Dispatcher struct {
	named   []*Named
	workers []*worker
	drain   time.Duration
}

// NewDispatcher makes a Dispatcher.
func NewDispatcher(named []*Named, q Queue, o DispatcherOptions) (*Dispatcher, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Poll == 0 {
		o.Poll = 2 * time.Second
	}
	if o.Drain == 0 {
		o.Drain = 10 * time.Second
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{named: named, drain: o.Drain}
	for _, n := range named {
		d.workers = append(d.workers, newWorker(n, q, o, m))
	}
	return d, nil
}

// Wanted names the sinks whose filters let a pass: those to store a pending delivery for, together with the alert.
func (d *Dispatcher) Wanted(a pipeline.Alert) []string {
	var out []string
	for _, n := range d.named {
		if n.Wants(a) {
			out = append(out, n.Name)
		}
	}
	return out
}

// Wake says that new deliveries are in the queue. It does not block.
func (d *Dispatcher) Wake() {
	for _, w := range d.workers {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// Run delivers until ctx ends, then tries once more what is pending, for at most the Drain time. What is left stays in the queue.
func (d *Dispatcher) Run(ctx context.Context) {
	sending, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(d.drain, func() { cancel(fmt.Errorf("not delivered within %s of shutdown", d.drain)) })
	})
	defer stop()
	var wg sync.WaitGroup
	for _, w := range d.workers {
		wg.Go(func() { w.run(ctx, sending) })
	}
	wg.Wait()
}
