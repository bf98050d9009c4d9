package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	// fewPages and manyPages are where a slice is made longer or shorter; tooMany is where it is given up.
	fewPages, manyPages, tooMany = 2, 4, 16
	// restarts is how often a slice is begun again because its page token was not taken.
	restarts = 10
	// attempts of one request, throttled ones aside, before others get their turn.
	attempts = 5
)

// errGone says that the log group does not exist (any more).
var errGone = errors.New("log group does not exist")

// outcome of reading one piece of time.
type outcome struct {
	complete bool
	fresh    int               // records that were new
	last     []pipeline.Record // new records of the last page, not handed over yet
}

// read delivers what is new in a piece that was not read to its end before. All but the last page is handed over at
// once, without positions. A piece with too many pages is given up for a shorter one; what was delivered of it is
// remembered in ahead.
func (g *group) read(ctx context.Context, piece span) (outcome, error) {
	var out outcome
	stats, err := g.pages(ctx, piece, 1, func(events []types.FilteredLogEvent, last bool) error {
		var records []pipeline.Record
		for i := range events {
			e := &events[i]
			at := aws.ToInt64(e.Timestamp)
			id := g.src.hash.id(aws.ToString(e.LogStreamName), aws.ToString(e.EventId))
			if _, known := g.ahead[id]; known {
				g.src.metrics.duplicates.Inc()
				continue
			}
			g.ahead[id] = at
			records = append(records, g.record(e))
		}
		out.fresh += len(records)
		if last {
			out.last = records
			return nil
		}
		return g.deliver(ctx, records)
	})
	if err != nil {
		return out, err
	}
	out.complete = !stats.givenUp
	g.slice = adapt(g.slice, piece, stats)
	return out, nil
}

func (g *group) deliver(ctx context.Context, records []pipeline.Record) error {
	if len(records) == 0 {
		return nil
	}
	return g.src.hand(ctx, records, nil)
}

// pageStats tell how much a piece held.
type pageStats struct {
	pages, full int // all pages, and those with events
	givenUp     bool
}

// adapt makes slices longer while they hold little, and shorter when they hold much.
func adapt(slice int64, piece span, stats pageStats) int64 {
	length := piece.To - piece.From
	switch {
	case stats.givenUp:
		return max(min(slice, length)/4, 1)
	case stats.pages > manyPages:
		return max(slice/2, 1)
	case stats.pages <= fewPages && length >= slice:
		return min(slice*2, longest)
	}
	return slice
}

// pages calls visit with the events of each page of a piece, leaving out what lies outside; last says that the piece ends
// with it. A page token that is no longer taken starts the piece anew: visit sees events again. A piece longer than least is
// given up after too many pages.
func (g *group) pages(ctx context.Context, piece span, least int64, visit func(events []types.FilteredLogEvent, last bool) error) (pageStats, error) {
	var stats pageStats
	in := cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(g.name), StartTime: aws.Int64(piece.From), EndTime: aws.Int64(piece.To - 1),
	}
	same, again := 0, 0
	for {
		page, err := g.page(ctx, &in)
		if errors.Is(err, errToken) && again < restarts {
			again++
			same, in.NextToken = 0, nil
			continue
		}
		if err != nil {
			return stats, err
		}
		last := page.NextToken == nil
		if err := visit(inside(page.Events, piece), last); err != nil {
			return stats, err
		}
		stats.pages++
		if len(page.Events) > 0 {
			stats.full++
		}
		switch {
		case last:
			return stats, nil
		case stats.full >= tooMany && piece.To-piece.From > least:
			stats.givenUp = true
			return stats, nil
		case aws.ToString(page.NextToken) == aws.ToString(in.NextToken):
			if same++; same > 3 {
				return stats, fmt.Errorf("read log group %s: the service returns the same page token again and again", g.name)
			}
		default:
			same = 0
		}
		in.NextToken = page.NextToken
	}
}

// inside drops events that were not asked for: they are read with their own piece.
func inside(events []types.FilteredLogEvent, piece span) []types.FilteredLogEvent {
	out := events[:0]
	for _, e := range events {
		if at := aws.ToInt64(e.Timestamp); at >= piece.From && at < piece.To {
			out = append(out, e)
		}
	}
	return out
}

// errToken says that the page token was not taken.
var errToken = errors.New("page token was not taken")

// page makes one request, again while it may succeed: for ever if it is throttled, some times otherwise.
func (g *group) page(ctx context.Context, in *cloudwatchlogs.FilterLogEventsInput) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	s := g.src
	for failures := 0; ; {
		if err := s.limiter.wait(ctx); err != nil {
			return nil, err
		}
		short, cancel := context.WithTimeoutCause(ctx, s.cfg.Timeout, errors.New("no answer in time"))
		out, err := s.api.FilterLogEvents(short, in)
		cancel()
		if err == nil {
			s.limiter.succeeded()
			s.metrics.requests.WithLabelValues("FilterLogEvents", "ok").Inc()
			s.learn(out)
			return out, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failures++
		f := classify(err, in.NextToken != nil)
		s.metrics.requests.WithLabelValues("FilterLogEvents", string(f)).Inc()
		pause := backoff(failures)
		switch f {
		case badToken:
			return nil, errToken
		case missing:
			return nil, errGone
		case refused:
			return nil, fmt.Errorf("filter log events: %w", err)
		case throttled:
			s.limiter.throttled()
			pause = 0 // the limiter waits
		case credentials:
			s.renew()
		}
		if f != throttled && failures >= attempts {
			return nil, fmt.Errorf("filter log events: %w", err)
		}
		if f != throttled || failures%100 == 0 {
			s.log.Warn("read log group, retrying", "group", g.name, "reason", string(f), "failures", failures, "error", err)
		}
		if err := sleep(ctx, s.clock, pause); err != nil {
			return nil, err
		}
	}
}

func (s *Source) learn(out *cloudwatchlogs.FilterLogEventsOutput) {
	if s.skew == nil {
		return
	}
	if at, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok {
		s.skew.learn(at, s.clock.Now())
	}
}

// backoff is 250 ms doubling to 30 s, less up to a half by chance.
func backoff(failures int) time.Duration {
	d := 250 * time.Millisecond << min(failures-1, 7)
	d = min(d, 30*time.Second)
	return d/2 + rand.N(d/2)
}

// record makes a record of an event and notes its stream's newest one.
func (g *group) record(e *types.FilteredLogEvent) pipeline.Record {
	at, stream, event := aws.ToInt64(e.Timestamp), aws.ToString(e.LogStreamName), aws.ToString(e.EventId)
	raw := []byte(aws.ToString(e.Message))
	g.src.metrics.events.Inc()
	g.src.metrics.bytes.Add(float64(len(raw)))
	g.news = true
	p, known := g.streams[stream]
	if !known || at >= p.Time {
		g.streams[stream] = streamPosition{Time: at, Event: event}
		g.touched[stream] = true
	}
	key, known := g.keys[stream]
	if !known {
		key = streamKey(g.name, stream)
		g.keys[stream] = key
	}
	return pipeline.Record{
		Source: g.src.name, Stream: key, Offset: at, Key: event, Time: time.UnixMilli(at).UTC(), Raw: raw,
		Size: int64(len(raw)), Meta: g.meta,
	}
}
