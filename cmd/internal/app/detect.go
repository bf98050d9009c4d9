package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline/detect"
	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks"
)

// Detection judges what ingest commits and delivers the alerts.
type Detection struct {
	app        *App
	detector   *detect.Detector
	dispatcher *sinks.Dispatcher
}

// NewDetection loads the rules and opens the sinks.
func (a *App) NewDetection() (*Detection, error) {
	named, err := sinks.New(a.Config.Sinks, sinks.Options{Out: a.Stdout})
	if err != nil {
		return nil, err
	}
	d := &Detection{app: a}
	d.dispatcher, err = sinks.NewDispatcher(named, a.DB, sinks.DispatcherOptions{Logger: a.Log, Registerer: a.Registry})
	if err != nil {
		return nil, fmt.Errorf("set up delivery: %w", err)
	}
	d.detector, err = detect.New(a.Config.Detect, detect.Options{
		Conn: a.DB.Conn(), Alerts: alertStore{a.DB, d.dispatcher}, Logger: a.Log, Registerer: a.Registry, OnStep: d.healthy,
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// What went wrong is in the log; whoever may ask for health need not see it.
var errNotJudged = errors.New("batches are not judged; the log says why")

func (d *Detection) healthy(err error) {
	if err != nil {
		err = errNotJudged
	}
	d.app.Health.Set("detect", err)
}

// Run judges and delivers until ctx ends.
func (d *Detection) Run(ctx context.Context) error {
	var g Group
	g.Add("detect", d.detector.Run)
	g.AddBackground("deliver", d.deliver)
	g.AddBackground("adopt", d.adopt)
	d.app.Health.Set("detect", nil)
	return g.Run(ctx)
}

// adoptEvery is how often batches are looked for whose writer died before their ledger row.
const adoptEvery = time.Minute

// adopt puts such batches into the ledger, so that they are judged.
func (d *Detection) adopt(ctx context.Context) error {
	since := time.Now().Add(-24 * time.Hour)
	tick := time.NewTicker(adoptEvery)
	defer tick.Stop()
	for {
		upTo, err := d.app.DB.AdoptOrphans(ctx, since)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			d.app.Log.Warn("abandoned batches not looked for, trying again", "error", err)
		default:
			since = upTo
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *Detection) deliver(ctx context.Context) error {
	d.dispatcher.Run(ctx)
	return nil
}

// CatchUp judges all batches committed so far, then gives delivery its chance and returns.
func (d *Detection) CatchUp(ctx context.Context) error {
	var g Group
	g.AddBackground("deliver", d.deliver)
	g.Add("detect", func(ctx context.Context) error {
		for {
			judged, _, err := d.detector.Step(ctx)
			if err != nil {
				return fmt.Errorf("judge batches: %w", err)
			}
			if judged == 0 {
				if _, err := d.detector.Flush(ctx); err != nil {
					return fmt.Errorf("judge batches: %w", err)
				}
				return nil
			}
		}
	})
	return g.Run(ctx)
}

// alertStore stores alerts, and for each new one a pending delivery to every sink that wants it.
type alertStore struct {
	db         store
	dispatcher *sinks.Dispatcher
}

type store interface {
	InsertAlerts(context.Context, []pipeline.Alert) error
	EnsureDeliveries(ctx context.Context, alertIDs, sinks []string) error
}

// InsertAlerts implements [detect.Alerts].
func (s alertStore) InsertAlerts(ctx context.Context, alerts []pipeline.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	if err := s.db.InsertAlerts(ctx, alerts); err != nil {
		return err
	}
	wanted := map[string][]string{} // ids by the sinks that want them
	for _, a := range alerts {
		key := strings.Join(s.dispatcher.Wanted(a), "\n")
		wanted[key] = append(wanted[key], a.ID)
	}
	for key, ids := range wanted {
		if key == "" {
			continue
		}
		if err := s.db.EnsureDeliveries(ctx, ids, strings.Split(key, "\n")); err != nil {
			return err
		}
	}
	s.dispatcher.Wake()
	return nil
}
