package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// discover looks for groups now and then, and reads each from then on.
func (s *Source) discover(ctx context.Context) {
	first, failures := true, 0
	for ctx.Err() == nil {
		found, err := s.list(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && first && (classify(err, false) == refused || noCredentials(err)):
			s.failed <- fmt.Errorf("list log groups: %w", err)
			return
		case err != nil:
			failures++
			s.log.Warn("list log groups, retrying", "error", err, "failures", failures)
			if sleep(ctx, s.clock, backoff(failures)) != nil {
				return
			}
			continue
		}
		s.adopt(ctx, found, first)
		first, failures = false, 0
		if sleep(ctx, s.clock, s.cfg.Discover) != nil {
			return
		}
	}
}

// noCredentials recognises the end of the SDK's search for credentials, which has no type of its own.
func noCredentials(err error) bool {
	return strings.Contains(err.Error(), "no EC2 IMDS role found")
}

// adopt starts reading the groups that are new.
func (s *Source) adopt(ctx context.Context, found []types.LogGroup, first bool) {
	names := make([]string, len(found))
	for i := range found {
		names[i] = aws.ToString(found[i].LogGroupName)
	}
	if first {
		for _, name := range s.cfg.Groups {
			if !slices.Contains(names, name) && !s.excluded(name) {
				s.log.Warn("log group does not exist, waiting for it", "group", name)
			}
		}
	}
	for i := range found {
		s.mu.Lock()
		known := s.groups[names[i]]
		s.groups[names[i]] = true
		s.mu.Unlock()
		if known {
			continue
		}
		g := newGroup(s, &found[i])
		s.log.Info("reading log group", "group", g.name, "account", g.meta["account"], "from", time.UnixMilli(g.cur.earliest()).UTC())
		s.done.Go(func() { g.run(ctx) })
	}
	s.metrics.groups.Set(float64(len(found)))
}

// left notes that a group is no longer read: it is started again when it is found again.
func (s *Source) left(g *group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, g.name)
	s.restored[g.name] = &restored{cursors: &g.cur, hours: g.land.hours, streams: g.streams}
}

// remembered takes what positions say of a group.
func (s *Source) remembered(name string) *restored {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.restored[name]
	delete(s.restored, name)
	return r
}

// idLimit is one group's share of the ids kept in memory.
func (s *Source) idLimit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.RememberIDs / max(len(s.groups), 1)
}

func (s *Source) excluded(name string) bool {
	return slices.ContainsFunc(s.cfg.Exclude, func(p string) bool {
		ok, err := path.Match(p, name)
		return err == nil && ok || globstar(p, name)
	})
}

// globstar lets a leading asterisk stand for slashes too, so that "*/slowquery" means what it seems to.
func globstar(pattern, name string) bool {
	rest, ok := strings.CutPrefix(pattern, "*")
	return ok && !strings.ContainsAny(rest, `*?[\`) && strings.HasSuffix(name, rest)
}

// list asks for the groups chosen, each once.
func (s *Source) list(ctx context.Context) ([]types.LogGroup, error) {
	seen := map[string]bool{}
	var out []types.LogGroup
	add := func(in cloudwatchlogs.DescribeLogGroupsInput, want func(name string) bool) error {
		return s.describe(ctx, in, func(g types.LogGroup) bool {
			name := aws.ToString(g.LogGroupName)
			if want(name) && !seen[name] && !s.excluded(name) {
				seen[name] = true
				out = append(out, g)
			}
			return true
		})
	}
	all := func(string) bool { return true }
	for _, name := range s.cfg.Groups {
		if err := add(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(name)}, func(n string) bool { return n == name }); err != nil {
			return nil, err
		}
	}
	for _, p := range s.cfg.Prefixes {
		if err := add(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String(p)}, all); err != nil {
			return nil, err
		}
	}
	for _, p := range s.cfg.Patterns {
		want := func(n string) bool { return strings.Contains(n, p) }
		if err := add(cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String(p)}, want); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// describe walks the pages of one listing until visit is false.
func (s *Source) describe(ctx context.Context, in cloudwatchlogs.DescribeLogGroupsInput, visit func(types.LogGroup) bool) error {
	for {
		if err := s.limiter.wait(ctx); err != nil {
			return err
		}
		short, cancel := context.WithTimeoutCause(ctx, s.cfg.Timeout, errors.New("no answer in time"))
		out, err := s.api.DescribeLogGroups(short, &in)
		cancel()
		if err != nil {
			f := classify(err, false)
			s.metrics.requests.WithLabelValues("DescribeLogGroups", string(f)).Inc()
			switch f {
			case throttled:
				s.limiter.throttled()
				continue
			case credentials:
				s.renew()
			}
			return err
		}
		s.limiter.succeeded()
		s.metrics.requests.WithLabelValues("DescribeLogGroups", "ok").Inc()
		for _, g := range out.LogGroups {
			if !visit(g) {
				return nil
			}
		}
		if out.NextToken == nil {
			return nil
		}
		in.NextToken = out.NextToken
	}
}

// Check asks for the groups once and says how many there are, for a check of the configuration.
func Check(ctx context.Context, cfg Config) (int, error) {
	if err := cfg.Validate().Err(); err != nil {
		return 0, err
	}
	client, cache, err := connect(ctx, &cfg)
	if err != nil {
		return 0, err
	}
	s, err := newSource(cfg, Options{}, client, client.Options().Region, cache)
	if err != nil {
		return 0, err
	}
	found, err := s.list(ctx)
	if err != nil {
		return 0, fmt.Errorf("list log groups: %w", err)
	}
	if len(found) == 0 {
		return 0, errors.New("list log groups: none matches groups, prefixes and patterns in this account and region")
	}
	return len(found), s.probe(ctx, aws.ToString(found[0].LogGroupName))
}

// probe reads one event at most, to see that reading is allowed.
func (s *Source) probe(ctx context.Context, group string) error {
	_, err := s.api.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(group), StartTime: aws.Int64(s.now() - minute), EndTime: aws.Int64(s.now()), Limit: aws.Int32(1),
	})
	if err != nil && classify(err, false) == refused {
		return fmt.Errorf("read log group %s: %w", group, err)
	}
	return nil
}
