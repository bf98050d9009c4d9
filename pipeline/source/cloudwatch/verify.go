package cloudwatch

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/auditwarden/auditwarden/pipeline"
)

// due is the first verifier with enough to do: at least a minute, and a quarter of its age.
func (g *group) due(now int64) (int, bool) {
	for i, age := range g.src.ages {
		if piece := g.unverified(i, now); piece.To-piece.From >= max(minute, floorMinute(age/4)) || g.blocked(i, piece, now) {
			return i, true
		}
	}
	return 0, false
}

// unverified is what verifier i has before it: whole minutes that are old enough and read.
func (g *group) unverified(i int, now int64) span {
	from := g.cur.Verified[i]
	return span{from, max(from, floorMinute(min(now-g.src.ages[i], g.cur.unread(from))))}
}

// blocked says that a piece is worth doing though it is short: it ends where a range is not read yet.
func (g *group) blocked(i int, piece span, now int64) bool {
	return piece.To > piece.From && len(g.cur.Back) > 0 && piece.To < floorMinute(now-g.src.ages[i])
}

// verify reads the next piece of verifier i once more and delivers what is missing.
func (g *group) verify(ctx context.Context, i int, now int64) error {
	piece := g.unverified(i, now)
	piece.To = min(piece.To, max(floorMinute(piece.From+g.checks[i]), piece.From+minute))
	c := checkup{group: g, seen: map[int64]idSet{}}
	stats, err := g.pages(ctx, piece, minute, c.visit(ctx))
	if err != nil {
		return err
	}
	g.checks[i] = max(adapt(g.checks[i], piece, stats), minute)
	if stats.givenUp {
		return nil
	}
	if err := g.repeat(ctx, &c); err != nil {
		return err
	}
	g.cur.Verified[i] = piece.To
	if i == len(g.cur.Verified)-1 {
		g.land.drop(piece.To / minute)
	}
	g.moved = true
	return g.commit(ctx, c.last)
}

// checkup compares minutes with what is known of them.
type checkup struct {
	group *group
	seen  map[int64]idSet
	last  []pipeline.Record
}

// visit delivers events that are missing in minutes whose ids are in memory, and collects the ids of all.
func (c *checkup) visit(ctx context.Context) func([]types.FilteredLogEvent, bool) error {
	g := c.group
	return func(events []types.FilteredLogEvent, last bool) error {
		var late []pipeline.Record
		for i := range events {
			e := &events[i]
			m := aws.ToInt64(e.Timestamp) / minute
			id := g.src.hash.id(aws.ToString(e.LogStreamName), aws.ToString(e.EventId))
			set := c.seen[m]
			if set == nil {
				set = idSet{}
				c.seen[m] = set
			}
			set[id] = struct{}{}
			known, ok := g.land.set(m)
			if !ok && g.land.count(m) > 0 {
				continue
			}
			if _, old := known[id]; old {
				continue
			}
			g.land.add(m, id)
			g.src.metrics.late.Inc()
			late = append(late, g.record(e))
		}
		if last {
			c.last = append(c.last, late...)
			return nil
		}
		return g.deliver(ctx, late)
	}
}

// together is how many events of neighbouring minutes are repeated in one go.
const together = 100_000

// repeat delivers again the whole of the minutes that have more events than is known, and whose ids are not in memory.
func (g *group) repeat(ctx context.Context, c *checkup) error {
	var lost []span
	events := 0
	for _, m := range sortedKeys(c.seen) {
		n := len(c.seen[m])
		if n <= int(g.land.count(m)) {
			continue
		}
		if k := len(lost) - 1; k >= 0 && lost[k].To == m*minute && events+n <= together {
			lost[k].To += minute
			events += n
		} else {
			lost = append(lost, span{m * minute, (m + 1) * minute})
			events = n
		}
	}
	for _, piece := range lost {
		if err := g.deliver(ctx, c.last); err != nil {
			return err
		}
		var err error
		if c.last, err = g.again(ctx, piece); err != nil {
			return err
		}
	}
	return nil
}

// again reads whole minutes and delivers all of them, each event once; the records of the last page are returned.
func (g *group) again(ctx context.Context, piece span) ([]pipeline.Record, error) {
	var rest []pipeline.Record
	sets := map[int64]idSet{}
	_, err := g.pages(ctx, piece, longest, func(events []types.FilteredLogEvent, last bool) error {
		var records []pipeline.Record
		for i := range events {
			e := &events[i]
			m := aws.ToInt64(e.Timestamp) / minute
			id := g.src.hash.id(aws.ToString(e.LogStreamName), aws.ToString(e.EventId))
			if sets[m] == nil {
				sets[m] = idSet{}
			}
			if _, old := sets[m][id]; old {
				continue
			}
			sets[m][id] = struct{}{}
			records = append(records, g.record(e))
		}
		g.src.metrics.repeated.Add(float64(len(records)))
		if last {
			rest = records
			return nil
		}
		return g.deliver(ctx, records)
	})
	if err != nil {
		return nil, err
	}
	for m, set := range sets {
		if len(set) > int(g.land.count(m)) {
			g.land.replace(m, set)
		}
	}
	return rest, nil
}
