package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/worm"
)

// ErrArchiveOff says that the archive was started although the configuration turns it off.
var ErrArchiveOff = errors.New("archive.off is set: there is nothing to do")

var errNotArchived = errors.New("the archive does not take its lines, reading waits; the log says why")

func (a *App) archiveHealthy(source string, err error) {
	if err != nil {
		err = errNotArchived
	}
	a.Health.Set("archive of source "+source, err)
}

// Archive keeps the raw lines of all sources until they end or ctx does. It reads the sources by itself and needs neither
// the store nor the parsers; where it resumes is in the archive.
func (a *App) Archive(ctx context.Context) error {
	if a.Config.Archive.Off {
		return ErrArchiveOff
	}
	var ar *worm.Archive
	err := a.Patiently(ctx, "archive", worm.IsAway, func(ctx context.Context) (err error) {
		ar, err = worm.Open(ctx, a.Config.Archive.Config, worm.Options{Logger: a.Log, Registerer: a.Registry, Healthy: a.archiveHealthy})
		return err
	})
	if err != nil {
		return err
	}
	defer ar.Close()
	a.Health.Set("archive", nil)
	var g Group
	for i := range a.Config.Sources {
		src := &a.Config.Sources[i]
		g.Add("source "+src.Name, func(ctx context.Context) error { return a.archiveSource(ctx, ar, src) })
	}
	return g.Run(ctx)
}

func (a *App) archiveSource(ctx context.Context, ar *worm.Archive, cfg *config.Source) error {
	var chain *worm.Chain
	err := a.Patiently(ctx, "archive of source "+cfg.Name, worm.IsAway, func(ctx context.Context) (err error) {
		chain, err = ar.Chain(ctx, cfg.Name)
		return err
	})
	if err != nil {
		return err
	}
	a.archiveHealthy(cfg.Name, nil)
	src, err := a.openSource(cfg, sourceState{
		positions: chain.Positions(), reg: labelled(a.Registry, "archive"), groupSuffix: "-archive",
	})
	if err != nil {
		return fmt.Errorf("open source: %w", err)
	}
	defer src.Close()
	return chain.Run(ctx, src)
}
