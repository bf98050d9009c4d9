package cloudwatch

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Count asks the service how many distinct events with a time stamp in [from, to) the chosen groups have, by
// "GROUP:STREAM", the same as Record.Stream: what reconciling compares with. It reads all of them and keeps no position.
func Count(ctx context.Context, cfg Config, from, to time.Time) (map[string]uint64, error) {
	if err := cfg.Validate().Err(); err != nil {
		return nil, err
	}
	client, cache, err := connect(ctx, &cfg)
	if err != nil {
		return nil, err
	}
	s, err := newSource(cfg, Options{}, client, client.Options().Region, cache)
	if err != nil {
		return nil, err
	}
	return s.count(ctx, span{from.UnixMilli(), to.UnixMilli()})
}

func (s *Source) count(ctx context.Context, all span) (map[string]uint64, error) {
	found, err := s.list(ctx)
	if err != nil {
		return nil, fmt.Errorf("list log groups: %w", err)
	}
	out := map[string]uint64{}
	for i := range found {
		g := &group{src: s, name: aws.ToString(found[i].LogGroupName), slice: firstSlice}
		for piece := (span{From: all.From}); piece.From < all.To; {
			piece.To = min(piece.From+g.slice, all.To)
			counts, stats, err := g.countPiece(ctx, piece)
			if err != nil {
				return nil, fmt.Errorf("count events of %s: %w", g.name, err)
			}
			g.slice = adapt(g.slice, piece, stats)
			if stats.givenUp {
				continue
			}
			for stream, n := range counts {
				out[streamKey(g.name, stream)] += n
			}
			piece.From = piece.To
		}
	}
	return out, nil
}

func (g *group) countPiece(ctx context.Context, piece span) (map[string]uint64, pageStats, error) {
	seen, counts := idSet{}, map[string]uint64{}
	stats, err := g.pages(ctx, piece, 1, func(events []types.FilteredLogEvent, _ bool) error {
		for i := range events {
			stream := aws.ToString(events[i].LogStreamName)
			id := g.src.hash.id(stream, aws.ToString(events[i].EventId))
			if _, again := seen[id]; !again {
				seen[id] = struct{}{}
				counts[stream]++
			}
		}
		return nil
	})
	return counts, stats, err
}
