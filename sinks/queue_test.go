package sinks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// memory is a queue that survives a dispatcher.
type memory struct {
	mu   sync.Mutex
	all  map[string]pipeline.Delivery // by sink and alert
	down bool
}

func newMemory() *memory { return &memory{all: map[string]pipeline.Delivery{}} }

func (m *memory) add(sink string, alerts ...pipeline.Alert) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range alerts {
		m.all[sink+" "+a.ID] = pipeline.Delivery{Alert: a, Sink: sink, State: pipeline.DeliveryPending}
	}
}

func (m *memory) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

var errDown = errors.New("queue is down")

func (m *memory) PendingDeliveries(_ context.Context, sink string, limit int) ([]pipeline.Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errDown
	}
	var out []pipeline.Delivery
	for _, d := range m.all {
		if d.Sink == sink && d.State == pipeline.DeliveryPending {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b pipeline.Delivery) int {
		return cmp.Or(cmp.Compare(b.Alert.Severity.Rank(), a.Alert.Severity.Rank()), a.Alert.DetectedAt.Compare(b.Alert.DetectedAt))
	})
	return out[:min(limit, len(out))], nil
}

func (m *memory) RecordDeliveries(_ context.Context, ds []pipeline.Delivery) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	for _, d := range ds {
		m.all[d.Sink+" "+d.Alert.ID] = d
	}
	return nil
}

func (m *memory) state(sink, id string) pipeline.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.all[sink+" "+id]
}

func (m *memory) count(sink string, state pipeline.DeliveryState) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, d := range m.all {
		if d.Sink == sink && d.State == state {
			n++
		}
	}
	return n
}

// fake is a sink under the test's control.
type fake struct {
	mu   sync.Mutex
	got  []pipeline.Alert
	when []time.Time
	// answer decides; nil takes everything.
	answer func(ctx context.Context, a pipeline.Alert) (bool, error)
}

func (f *fake) Send(ctx context.Context, a pipeline.Alert) (bool, error) {
	f.mu.Lock()
	answer := f.answer
	f.mu.Unlock()
	if answer != nil {
		if retry, err := answer(ctx, a); err != nil {
			return retry, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, a)
	f.when = append(f.when, time.Now())
	return false, nil
}

func (f *fake) setAnswer(answer func(context.Context, pipeline.Alert) (bool, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fake) ids() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, a := range f.got {
		out = append(out, a.ID)
	}
	return out
}

func (f *fake) alerts() []pipeline.Alert {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func (f *fake) times() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.when)
}

func makeAlerts(n int, severity pipeline.Severity) []pipeline.Alert {
	out := make([]pipeline.Alert, n)
	for i := range out {
		at := time.Now().Add(time.Duration(i) * time.Millisecond)
		out[i] = pipeline.Alert{
			ID: fmt.Sprintf("%s-%04d", severity, i), Rule: "AW-INJ-001", Title: "Injected SQL", Severity: severity, Role: "shop_app",
			Cluster: "c", Client: fmt.Sprintf("10.0.0.%d", i%3), FirstSeen: at, LastSeen: at, DetectedAt: at, Events: 1,
		}
	}
	return out
}
