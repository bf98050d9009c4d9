package detect

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Alerts stores alerts. It MUST make them durable, with a pending delivery for each new one, before it returns nil; an
// alert whose id is known replaces what is stored under it.
type Alerts interface {
	InsertAlerts(context.Context, []pipeline.Alert) error
}

// Options are a Detector's dependencies.
type Options struct {
	Conn       driver.Conn
	Alerts     Alerts
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil for no metrics
	Clock      func() time.Time      // nil for time.Now
	OnStep     func(error)           // nil, or told by Run how each step went
	Rules      []Rule                // in place of those that the configuration names; nil for these
}

// Detector judges the ledger's batches. Not for concurrent use; several processes may each have one on the same store.
type Detector struct {
	cfg         Config
	rules       []Rule
	running     []Rule // those of them that are not suspended
	suspended   map[string]*suspension
	failed      int     // steps in a row
	current     []batch // of the step under way
	scope       baseline.Scope
	tookUp      bool // what may have been put off before the start is put off again
	byID        map[string]*Rule
	conn        driver.Conn
	alerts      Alerts
	profiles    *baseline.Profiles
	log         *slog.Logger
	clock       func() time.Time
	onStep      func(error)
	metrics     *metrics
	ledger      ledger
	peered      time.Time // when peers were found last
	unasked     unasked
	hits        string               // table of hits
	forgetful   bool                 // does not ask which alerts are stored
	silences    map[string]bool      // ids of silences stored
	listened    time.Time            // when sources were last asked about silence
	asked       time.Time            // and roles
	queryShapes map[string]string    // by rule: the columns its query gives
	arrivals    arrivals             // whose unparsed records this one judges, see forUnparsed
	fresh       []memory             // of the campaigns composed last, to be stored once their alerts are
	seen        map[string]bool      // kinds of which something may be new in this step
	born        map[string]time.Time // first sight of each cluster, as of this step
	volumes     *volumes             // histories in memory
}

// New loads the rules and gives a Detector. The store's schema must be in place.
func New(cfg Config, opts Options) (*Detector, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, fmt.Errorf("configure detection: %w", err)
	}
	all := slices.Clone(opts.Rules)
	if all == nil {
		var err error
		if all, err = Load(cfg.RulesDir); err != nil {
			return nil, fmt.Errorf("load rules: %w", err)
		}
	}
	d := &Detector{cfg: cfg, conn: opts.Conn, alerts: opts.Alerts, log: opts.Logger, clock: opts.Clock, onStep: opts.OnStep, hits: "detect_hits", silences: map[string]bool{}, volumes: newVolumes()}
	d.profiles = baseline.New(opts.Conn, cfg.Learning)
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.clock == nil {
		d.clock = time.Now
	}
	if d.onStep == nil {
		d.onStep = func(error) {}
	}
	d.use(slices.DeleteFunc(all, func(r Rule) bool {
		return slices.ContainsFunc(cfg.Disabled, func(id string) bool { return anyRule([]Rule{r}, id) })
	}))
	d.metrics = newMetrics(opts.Registerer)
	return d, nil
}

func (d *Detector) use(rules []Rule) {
	d.rules, d.running, d.suspended = rules, slices.Clone(rules), map[string]*suspension{}
	d.queryShapes = map[string]string{}
	d.byID = make(map[string]*Rule, len(rules))
	for i := range rules {
		d.byID[rules[i].ID] = &rules[i]
	}
}

// Run judges batches as they are committed, until ctx ends. Errors of the store are logged and tried again.
func (d *Detector) Run(ctx context.Context) error {
	wait := d.cfg.PollInterval
	for {
		start := time.Now()
		judged, alerts, err := d.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // asked to stop: what failed will be judged again
		case err != nil:
			d.onStep(err)
			d.metrics.failures.Inc()
			d.log.Warn("batches not judged, waiting", "wait", wait, "error", err)
			wait = min(2*wait, max(time.Minute, d.cfg.PollInterval))
		default:
			d.onStep(nil)
			// A step costs planning more than data: waiting as long as it took leaves half of a processor to others, and lets
			// more batches come together.
			wait = max(d.cfg.PollInterval, time.Since(start))
		}
		if len(alerts) > 0 {
			d.log.Info("alerts stored", "alerts", len(alerts), "batches", judged)
		}
		if judged >= d.cfg.MaxBatches && err == nil {
			continue // a backlog
		}
		d.listen(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// listen asks about silence now and then, when there is nothing else to do.
func (d *Detector) listen(ctx context.Context) {
	if now := d.clock(); now.Sub(d.listened) >= silenceEvery {
		d.listened = now
		if _, err := d.Silence(ctx); err != nil && ctx.Err() == nil {
			d.metrics.failures.Inc()
			d.log.Warn("sources not asked about silence", "error", err)
		}
	}
}

// Step judges the next batches that have not been judged, a bounded number, and returns how many and the alerts that
// became new or changed. Zero batches and no error mean that there is nothing to do. A step that fails half-way is simply
// repeated: every part of it may be done again.
//
// A step that has failed three times takes fewer batches, and each rule is tried alone: one whose own query fails is suspended.
func (d *Detector) Step(ctx context.Context) (judged int, alerts []pipeline.Alert, err error) {
	if judged, alerts, err = d.step(ctx); err == nil {
		d.failed = 0
		return judged, alerts, nil
	}
	if ctx.Err() == nil {
		if d.failed++; d.failed%trials == 0 {
			d.suspendFaulty(ctx)
		}
	}
	return 0, nil, err
}

func (d *Detector) step(ctx context.Context) (judged int, alerts []pipeline.Alert, err error) {
	start := d.clock()
	if err := d.takeUp(ctx); err != nil {
		return 0, nil, err
	}
	batches, scope, err := d.pending(ctx)
	if err != nil {
		return 0, nil, err
	}
	d.current, d.scope = batches, scope
	if len(batches) == 0 {
		alerts, err = d.askLate(ctx)
		return 0, alerts, err
	}
	unread, err := d.judgeUnparsed(ctx, batches)
	if err != nil {
		return 0, nil, err
	}
	if !scope.From.IsZero() { // none of them holds events otherwise
		if err := scope.Resolve(ctx, d.conn); err != nil {
			return 0, nil, err
		}
		d.scope = scope
		if alerts, err = d.judge(ctx, scope); err != nil {
			return 0, nil, err
		}
		if err := d.keep(ctx, alerts); err != nil {
			return 0, nil, err
		}
	}
	alerts = append(alerts, unread...)
	if err := d.markJudged(ctx, batches); err != nil {
		return 0, nil, err
	}
	d.takeBack()
	if d.unasked.asked {
		d.unasked.done()
	}
	d.metrics.step(batches, alerts, d.clock().Sub(start))
	return len(batches), alerts, nil
}

// judge brings hits, profiles and volume up to date with the scope's events and composes what follows from them.
//
// The order matters: matches first, because what is suspected must not teach; then the profiles; then the questions put to
// the profiles, whose answers depend on event time alone.
func (d *Detector) judge(ctx context.Context, s baseline.Scope) ([]pipeline.Alert, error) {
	asked := s
	var campaigns []campaign
	var alerts []pipeline.Alert
	stages := []struct {
		name string
		run  func() error
	}{
		{"match", func() error { return d.match(ctx, d.running, s) }},
		{"teach", func() error { return d.profiles.Teach(ctx, s, d.lesson(s)) }},
		{"peers", func() error { return d.peers(ctx) }},
		{"measure", func() error { return d.profiles.Measure(ctx, s) }},
		{"novelty", func() error { return d.novelty(ctx, s) }},
		{"volume", func() error { return d.volume(ctx, s) }},
		{"queries", func() (err error) { asked, err = d.queries(ctx, s); return err }},
		{"resume", func() error { asked = d.resume(ctx, s, asked); return nil }},
		{"campaigns", func() (err error) { campaigns, err = d.campaigns(ctx, asked); return err }},
		{"compose", func() (err error) { alerts, err = d.compose(ctx, campaigns); return err }},
	}
	for _, stage := range stages {
		start := time.Now()
		if err := stage.run(); err != nil {
			return nil, err
		}
		d.metrics.stages.WithLabelValues(stage.name).Observe(time.Since(start).Seconds())
		d.log.Debug("stage done", "stage", stage.name, "took", time.Since(start))
	}
	return alerts, nil
}

// answers asks the query rules and composes what follows.
func (d *Detector) answers(ctx context.Context, s baseline.Scope) ([]pipeline.Alert, error) {
	asked, err := d.queries(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := d.campaigns(ctx, asked)
	if err != nil {
		return nil, err
	}
	return d.compose(ctx, found)
}

func (d *Detector) exec(ctx context.Context, what, sql string) error {
	if err := d.conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// lesson says what of the scope's events teaches.
func (d *Detector) lesson(s baseline.Scope) baseline.Lesson {
	l := baseline.Lesson{From: d.cfg.view(s), Suspect: d.cfg.suspectExpr(d.running)}
	if ids := suspects(d.rules); len(ids) > 0 {
		l.Spans = fmt.Sprintf(`SELECT cluster, role, client, groupArray((since, until)) AS spans
        FROM
        (
            SELECT cluster, role, client, bucket, min(%[1]s.first).1 AS since, max(%[1]s.last) + INTERVAL %[2]d SECOND AS until
            FROM %[1]s
            WHERE rule IN (%[3]s) AND bucket >= toDateTime(%[4]s - INTERVAL 1 HOUR - INTERVAL %[2]d SECOND) AND bucket <= toDateTime(%[5]s)
            GROUP BY cluster, role, client, bucket
        )
        GROUP BY cluster, role, client`, d.hits, int(d.cfg.Gap.Seconds()), baseline.Quoted(ids), baseline.Time(s.From), baseline.Time(s.To))
	}
	for i := range d.running {
		if r := &d.running[i]; r.Kind == OnFirstSeen && r.Item != "" {
			l.Items = append(l.Items, baseline.Item{Kind: r.ID, Array: r.items()})
		}
	}
	return l
}

// items is the expression for the items that an event holds of a first_seen rule with items of its own.
func (r *Rule) items() string {
	if r.Match == "" {
		return r.Item
	}
	return "if(" + r.Match + ", " + r.Item + ", [])"
}
