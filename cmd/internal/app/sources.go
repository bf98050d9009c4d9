package app

import (
	"context"
	"fmt"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/pipeline/config"
	"github.com/auditwarden/auditwarden/pipeline/source/cloudwatch"
	"github.com/auditwarden/auditwarden/pipeline/source/file"
	"github.com/auditwarden/auditwarden/pipeline/source/kafka"
)

// sourceState is where a source resumes, and how it saves where it is.
type sourceState struct {
	positions map[string]string
	save      func(context.Context, map[string]string) error
	reg       registerer // metrics; two readers of one source must not share one
	// groupSuffix keeps the archive's Kafka group apart from ingest's.
	groupSuffix string
}

// openSource opens the source that cfg names.
func (a *App) openSource(cfg *config.Source, st sourceState) (pipeline.Source, error) {
	switch {
	case cfg.File != nil:
		return file.New(*cfg.File, file.Options{
			Name: cfg.Name, Positions: st.positions, Save: st.save, Logger: a.Log, Registerer: st.reg,
		})
	case cfg.Kafka != nil:
		k := *cfg.Kafka
		k.Group += st.groupSuffix
		return kafka.New(k, kafka.Options{Source: cfg.Name, Positions: st.positions, Logger: a.Log, Registerer: st.reg})
	case cfg.CloudWatch != nil:
		return cloudwatch.New(*cfg.CloudWatch, cloudwatch.Options{
			Source: cfg.Name, Positions: st.positions, Save: st.save, Logger: a.Log, Registerer: st.reg, Limiter: a.limiter(cfg.CloudWatch),
		})
	}
	return nil, fmt.Errorf("source %s: no kind set", cfg.Name)
}

// limiter is the one that all readers of an AWS account's region share: its quotas are for all of them together.
func (a *App) limiter(cfg *cloudwatch.Config) *cloudwatch.Limiter {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := [3]string{cfg.Profile, cfg.RoleARN, cfg.Region}
	if a.limiters[key] == nil {
		a.limiters[key] = cloudwatch.NewLimiter(cfg.RequestsPerSecond, nil)
	}
	return a.limiters[key]
}
