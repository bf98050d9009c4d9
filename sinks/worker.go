package sinks

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/auditwarden/auditwarden/pipeline"
)

// batch is how many pending deliveries are looked at together.
const batch = 1000

// worker serves one sink, one alert at a time.
type worker struct {
	*Named
	queue   Queue
	log     *slog.Logger
	metrics *sinkMetrics
	poll    time.Duration
	wake    chan struct{}
	limiter *rate.Limiter

	storm     storm
	failures  int                  // tries in a row that may be repeated
	notBefore time.Time            // the sink is left alone until then
	next      map[string]time.Time // by alert: not to be tried before
}

func newWorker(n *Named, q Queue, o DispatcherOptions, m *metrics) *worker {
	return &worker{
		Named:   n,
		queue:   q,
		log:     o.Logger.With("sink", n.Name, "kind", n.Kind),
		metrics: m.sink(n.Name),
		poll:    o.Poll,
		wake:    make(chan struct{}, 1),
		limiter: rate.NewLimiter(n.Rate, n.Burst),
		storm:   storm{perMinute: n.PerMinute},
		next:    map[string]time.Time{},
	}
}

// run works until ctx ends and then once more; sending bounds what is under way and that last round.
func (w *worker) run(ctx, sending context.Context) {
	for {
		wait := w.pass(sending)
		for wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
				timer.Stop()
				w.finish(sending)
				return
			case <-w.wake:
				wait = time.Until(w.notBefore) // news does not end a pause
			case <-timer.C:
				wait = 0
			}
			timer.Stop()
		}
		if sending.Err() != nil {
			return
		}
		if ctx.Err() != nil {
			w.finish(sending)
			return
		}
	}
}

// finish tries what is pending once more, pause or not.
func (w *worker) finish(sending context.Context) {
	w.notBefore = time.Time{}
	for w.pass(sending) == 0 && sending.Err() == nil {
		continue
	}
}

// pass looks at the queue once, sends what is due, and says how long to wait for the next.
func (w *worker) pass(ctx context.Context) time.Duration {
	if wait := time.Until(w.notBefore); wait > 0 {
		return wait
	}
	pending, err := w.queue.PendingDeliveries(ctx, w.Name, batch)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Warn("read pending deliveries, retrying", "error", err)
		}
		return backoff(&w.failures, time.Minute)
	}
	w.metrics.observe(pending)
	due := w.due(pending)
	single, folded := w.storm.plan(time.Now(), due)
	for i := range single {
		if !w.deliver(ctx, single[i]) {
			return max(time.Until(w.notBefore), time.Millisecond)
		}
	}
	if len(folded) > 0 && !w.summarise(ctx, folded) {
		return max(time.Until(w.notBefore), time.Millisecond)
	}
	if len(pending) == batch && len(single)+len(folded) > 0 {
		return 0
	}
	return w.poll
}

// due sorts out what may be tried now, worst first and then oldest.
func (w *worker) due(pending []pipeline.Delivery) []pipeline.Delivery {
	now := time.Now()
	next := make(map[string]time.Time, len(w.next))
	var out []pipeline.Delivery
	for _, d := range pending {
		at, known := w.next[d.Alert.ID]
		if known {
			next[d.Alert.ID] = at
		}
		if !at.After(now) && !d.NextAt.After(now) {
			out = append(out, d)
		}
	}
	w.next = next
	slices.SortStableFunc(out, func(a, b pipeline.Delivery) int {
		return cmp.Or(cmp.Compare(b.Alert.Severity.Rank(), a.Alert.Severity.Rank()), a.Alert.DetectedAt.Compare(b.Alert.DetectedAt),
			cmp.Compare(a.Alert.ID, b.Alert.ID))
	})
	return out
}

// deliver tries d once and records how that went. It is false if the sink is to be left alone now.
func (w *worker) deliver(ctx context.Context, d pipeline.Delivery) bool {
	retry, err := w.send(ctx, d.Alert)
	if ctx.Err() != nil && err != nil {
		return false // cut short by shutdown: still pending
	}
	now := time.Now()
	d.Attempts++
	d.At, d.Detail, d.NextAt = now, "", time.Time{}
	switch {
	case err == nil:
		d.State = pipeline.DeliverySent
		w.storm.sent(now)
	case !retry:
		d.State, d.Detail = pipeline.DeliveryFailed, err.Error()
		w.metrics.failed.Inc()
		w.log.Error("alert refused for good", "alert", d.Alert.ID, "rule", d.Alert.Rule, "attempts", d.Attempts, "error", err)
	default:
		d.State, d.Detail = pipeline.DeliveryPending, err.Error()
		d.NextAt = now.Add(max(wait(d.Attempts, 2*time.Second, 5*time.Minute), time.Until(w.notBefore)))
		w.next[d.Alert.ID] = d.NextAt
		w.log.Warn("alert not delivered, retrying", "alert", d.Alert.ID, "rule", d.Alert.Rule, "attempts", d.Attempts, "error", err)
	}
	recorded := w.record(ctx, []pipeline.Delivery{d})
	return recorded && (err == nil || !retry)
}

// summarise sends one alert in place of many and records them as sent. It is false if the sink is to be left alone now.
func (w *worker) summarise(ctx context.Context, many []pipeline.Delivery) bool {
	summary := summary(w.Name, w.PerMinute, many)
	retry, err := w.send(ctx, summary)
	if ctx.Err() != nil && err != nil {
		return false
	}
	now := time.Now()
	if err != nil {
		if !retry {
			w.storm.summed(now) // next minute's share goes one by one
		}
		w.log.Error("summary of alerts not delivered, they stay pending", "alerts", len(many), "retry", retry, "error", err)
		return !retry
	}
	w.storm.summed(now)
	w.storm.sent(now)
	w.metrics.summaries.Inc()
	w.metrics.folded.Add(float64(len(many)))
	w.log.Warn("many alerts sent as one summary", "alerts", len(many), "summary", summary.ID)
	for i := range many {
		many[i].Attempts++
		many[i].State, many[i].At, many[i].NextAt = pipeline.DeliverySent, now, time.Time{}
		many[i].Detail = "sent as part of summary " + summary.ID
	}
	return w.record(ctx, many)
}

// send keeps to the sink's rate, measures, and puts off the sink after a failure that may pass.
func (w *worker) send(ctx context.Context, a pipeline.Alert) (bool, error) {
	if err := w.limiter.Wait(ctx); err != nil {
		return true, err
	}
	start := time.Now()
	retry, err := w.Sink.Send(ctx, a)
	w.metrics.seconds.Observe(time.Since(start).Seconds())
	switch {
	case err == nil:
		w.failures = 0
		w.metrics.sent.Inc()
	case retry:
		w.metrics.retries.Inc()
		pause := backoff(&w.failures, time.Minute)
		if asked, ok := RetryAfter(err); ok {
			pause = max(pause, asked)
		}
		w.notBefore = time.Now().Add(pause)
	}
	return retry, err
}

// record does not give up before ctx ends: a delivery that is sent but not recorded would be sent again.
func (w *worker) record(ctx context.Context, ds []pipeline.Delivery) bool {
	failures := 0
	for {
		err := w.queue.RecordDeliveries(ctx, ds)
		if err == nil {
			return true
		}
		if ctx.Err() == nil {
			w.log.Warn("record deliveries, retrying", "deliveries", len(ds), "error", err)
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(backoff(&failures, 10*time.Second)):
		}
	}
}
