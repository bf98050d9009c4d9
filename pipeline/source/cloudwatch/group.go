package cloudwatch

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/auditwarden/auditwarden/pipeline"
)

const (
	// behind is how far the head may be behind before the rest is left to be read in between.
	behind = 15 * minute
	// future is how far ahead of its own time the service takes events.
	future = 120 * minute
	// firstSlice is the first guess of how much time to read in one go; it doubles and halves by how many pages come.
	firstSlice = minute
	longest    = 24 * 60 * minute
	// quietSave is how often the position of a group without news is saved.
	quietSave = 30 * time.Second
	// atOnce is how many groups are read at the same time.
	atOnce = 16
)

// group reads one log group: one request at a time.
type group struct {
	src  *Source
	name string
	meta map[string]string

	cur     cursors
	land    *territory
	ahead   map[eventID]int64 // delivered and not yet counted, with their time stamps
	streams map[string]streamPosition
	touched map[string]bool   // streams whose position is to be saved
	keys    map[string]string // by stream: Record.Stream

	slice   int64   // milliseconds read in one go
	checks  []int64 // the same for each verifier
	polled  int64   // when the head was last read
	quiet   int64   // looks in a row without news
	turn    bool    // whose turn it is: a verifier's or a range's
	fresh   bool    // nothing was known of it
	moved   bool    // cursors moved since they were last saved
	news    bool    // records were handed over since
	savedAt time.Time
}

func newGroup(s *Source, found *types.LogGroup) *group {
	g := &group{
		src: s, name: aws.ToString(found.LogGroupName), meta: map[string]string{"region": s.region},
		land: newTerritory(s.idLimit()), ahead: map[eventID]int64{}, streams: map[string]streamPosition{}, touched: map[string]bool{}, keys: map[string]string{},
		slice: firstSlice, checks: make([]int64, len(s.ages)), savedAt: s.clock.Now(),
	}
	if parts := strings.SplitN(aws.ToString(found.Arn), ":", 6); len(parts) == 6 {
		g.meta["account"] = parts[4]
	}
	for i := range g.checks {
		g.checks[i] = firstSlice
	}
	now := s.now()
	r := s.remembered(g.name)
	if r != nil {
		g.land.hours, g.streams = r.hours, r.streams
	}
	if r != nil && r.cursors != nil {
		g.cur = *r.cursors
	} else {
		g.cur, g.fresh = s.firstCursors(found, now), true
	}
	g.cur.fit(s.ages, now)
	return g
}

// firstCursors of a group that nothing is known of.
func (s *Source) firstCursors(found *types.LogGroup, now int64) cursors {
	created := aws.ToInt64(found.CreationTime)
	start := s.start(now)
	if created > s.started {
		start = 0 // everything in it came after we began
	}
	start = max(start, created-maxHorizon.Milliseconds())
	if days := aws.ToInt32(found.RetentionInDays); days > 0 {
		start = max(start, now-int64(days)*24*60*minute)
	}
	start = floorMinute(min(start, now))
	c := cursors{Floor: start, Head: start}
	for _, age := range s.ages {
		c.Verified = append(c.Verified, max(start, floorMinute(now-age)))
	}
	return c
}

// fit gives every verifier a cursor where the configuration has changed since the position was saved.
func (c *cursors) fit(ages []int64, now int64) {
	if len(c.Verified) == len(ages) {
		return
	}
	oldest := c.Head
	for _, v := range c.Verified {
		oldest = min(oldest, v)
	}
	oldest = floorMinute(max(oldest, c.Floor))
	c.Verified = nil
	for _, age := range ages {
		c.Verified = append(c.Verified, max(oldest, min(floorMinute(now-age), floorMinute(c.Head))))
	}
}

// earliest is where reading goes on.
func (c *cursors) earliest() int64 {
	if len(c.Back) > 0 {
		return c.Back[0].From
	}
	return c.Head
}

// unread is the first moment from at on that was not read yet.
func (c *cursors) unread(at int64) int64 {
	for _, b := range c.Back {
		if at < b.To {
			return max(at, b.From)
		}
	}
	return max(at, c.Head)
}

// leave turns what is between the head and to into a range that is read in between.
func (c *cursors) leave(to int64) {
	if n := len(c.Back); n > 0 && c.Back[n-1].To == c.Head {
		c.Back[n-1].To = to
	} else {
		c.Back = append(c.Back, span{c.Head, to})
	}
	c.Head = to
}

// run reads until ctx ends or the group is gone.
func (g *group) run(ctx context.Context) {
	// Where reading begins is saved at once: "now" must not be a later one after a crash.
	if g.fresh && g.src.hand(ctx, nil, g.snapshot()) != nil {
		return
	}
	failures := 0
	for ctx.Err() == nil {
		wait, err := g.turnTo(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
		case errors.Is(err, errGone):
			g.src.log.Warn("log group is gone", "group", g.name)
			g.src.metrics.forget(g.name)
			g.src.left(g)
			return
		default:
			failures++
			level := slog.LevelWarn
			if classify(err, false) == refused {
				level = slog.LevelError // somebody must act
			}
			g.src.log.Log(ctx, level, "read log group, retrying", "group", g.name, "error", err, "failures", failures)
			wait = backoff(failures + 3)
		}
		if sleep(ctx, g.src.clock, wait) != nil {
			return
		}
	}
}

// turnTo makes a step when fewer than atOnce groups are making theirs: each holds a page in memory.
func (g *group) turnTo(ctx context.Context) (time.Duration, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case g.src.slots <- struct{}{}:
	}
	defer func() { <-g.src.slots }()
	return g.step(ctx)
}

// step does the next thing: the head when it is due, otherwise a verifier or a range in turn. It says how long there is
// nothing to do.
func (g *group) step(ctx context.Context) (time.Duration, error) {
	now := g.src.now()
	g.land.limit = g.src.idLimit()
	g.observe(now)
	poll := g.src.cfg.Poll.Milliseconds() * min(1+g.quiet/4, 4)
	if now >= g.polled+poll || now < g.polled {
		return 0, g.readHead(ctx, now)
	}
	g.turn = !g.turn
	verifier, due := g.due(now)
	switch {
	case due && (g.turn || len(g.cur.Back) == 0):
		return 0, g.verify(ctx, verifier, now)
	case len(g.cur.Back) > 0:
		return 0, g.readBack(ctx)
	}
	return time.Duration(g.polled+poll-now) * time.Millisecond, nil
}

func (g *group) readHead(ctx context.Context, now int64) error {
	overlap := g.src.cfg.Overlap.Milliseconds()
	if now-g.cur.Head > behind+overlap {
		g.cur.leave(now - overlap)
		g.moved = true
	}
	read, head := span{g.cur.Head, now + future}, max(now-overlap, g.cur.Head)
	caughtUp := true
	if now-g.cur.Head > g.slice+overlap {
		read.To, caughtUp = g.cur.Head+g.slice, false
		head = read.To
	}
	if read.From >= read.To {
		read.To = read.From + 1 // the clock went back by hours
	}
	result, err := g.read(ctx, read)
	if err != nil {
		return err
	}
	if !result.complete {
		return nil // the slice is shorter now
	}
	if caughtUp {
		g.polled = now
		g.quiet++
	}
	if result.fresh > 0 {
		g.quiet = 0
	}
	g.settle(span{g.cur.Head, head})
	g.moved = g.moved || head != g.cur.Head
	g.cur.Head = head
	return g.commit(ctx, result.last)
}

func (g *group) readBack(ctx context.Context) error {
	b := &g.cur.Back[0]
	read := span{b.From, min(b.To, b.From+g.slice)}
	result, err := g.read(ctx, read)
	if err != nil || !result.complete {
		return err
	}
	g.settle(read)
	if b.From = read.To; b.From >= b.To {
		g.cur.Back = append([]span(nil), g.cur.Back[1:]...)
	}
	g.moved = true
	return g.commit(ctx, result.last)
}

// settle counts what was delivered from a piece that is now read to its end.
func (g *group) settle(piece span) {
	for id, at := range g.ahead {
		if at >= piece.From && at < piece.To {
			g.land.add(at/minute, id)
			delete(g.ahead, id)
		}
	}
}

// commit hands over the last records of a piece together with the positions after it. If the piece had none that is done
// now and then only.
func (g *group) commit(ctx context.Context, last []pipeline.Record) error {
	now := g.src.clock.Now()
	if !g.news && (!g.moved || now.Sub(g.savedAt) < quietSave) {
		return nil
	}
	g.savedAt, g.moved, g.news = now, false, false
	return g.src.hand(ctx, last, g.snapshot())
}

// snapshot is what changed since the last one.
func (g *group) snapshot() map[string]string {
	out := map[string]string{groupKey(g.name): encode(g.cur)}
	for hour, text := range g.land.changed() {
		out[hourKey(g.name, hour)] = text
	}
	for name := range g.touched {
		out[streamKey(g.name, name)] = encode(g.streams[name])
	}
	clear(g.touched)
	old := g.cur.Verified[len(g.cur.Verified)-1] // nothing older is ever delivered again
	for name, p := range g.streams {
		if p.Time < old && out[streamKey(g.name, name)] == "" {
			out[streamKey(g.name, name)] = ""
			delete(g.streams, name)
			delete(g.keys, name)
		}
	}
	return out
}

// observe sets the gauges.
func (g *group) observe(now int64) {
	waiting := int64(0)
	for _, b := range g.cur.Back {
		waiting += b.To - b.From
	}
	g.src.metrics.lag.WithLabelValues(g.name).Set(float64(now-g.cur.Head) / 1000)
	g.src.metrics.backlog.WithLabelValues(g.name).Set(float64(waiting) / 1000)
}
