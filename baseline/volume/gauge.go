package volume

import "math"

// single turns sizes into surprises by the tail of its own past.
type single struct {
	tail
	learn int
}

func (s *single) surprise(u, floor float64) (v float64) {
	if s.seen < s.learn {
		s.add(u)
		return 0
	}
	v = s.judge(u, floor)
	s.add(min(u, s.believed))
	return v
}

// gauge turns departures into surprises: how far it is for a rise, and how far for a departure in either direction. Two
// tails, because a series that falls often and rises never is odd when it rises.
type gauge struct {
	up, any tail
	learn   int
}

// reading is what a gauge says of a point: -log10 of the probabilities.
type reading struct {
	up, any float64
	rise    bool
}

func (g *gauge) judge(u, floor float64) reading {
	r := reading{rise: u > 0}
	if g.up.seen >= g.learn {
		r.up, r.any = g.up.judge(u, floor), g.any.judge(math.Abs(u), floor)
	}
	return r
}

func (g *gauge) teach(u float64) {
	up, any := u, math.Abs(u)
	if g.up.seen >= g.learn {
		up, any = min(up, g.up.believed), min(any, g.any.believed)
	}
	g.up.add(up)
	g.any.add(any)
}

// recent is the last few values.
type recent struct {
	ring []float64
	next int
	n    int
}

func (r *recent) push(x float64) (gone float64, full bool) {
	full = r.full()
	gone = r.ring[r.next]
	r.ring[r.next] = x
	r.next = (r.next + 1) % len(r.ring)
	r.n = min(r.n+1, len(r.ring))
	return gone, full
}

func (r *recent) full() bool { return r.n == len(r.ring) }

func (r *recent) mean() float64 {
	if r.n == 0 {
		return 0
	}
	s := 0.0
	for i := range r.n {
		s += r.ring[i]
	}
	return s / float64(r.n)
}

// pairGauge judges the mean of the last two residuals.
type pairGauge struct {
	single
	last recent
}

func (g *pairGauge) surprise(residual float64) float64 {
	if g.last.push(residual); !g.last.full() {
		return 0
	}
	return g.single.surprise(math.Abs(g.last.mean()), logFloor)
}

// levelGauge compares the mean of the last points with the median of those before them.
type levelGauge struct {
	single
	last recent
	long *window
}

func (g *levelGauge) init(points int) {
	g.last.ring = make([]float64, points)
	g.long = newWindow(longKept)
}

func (g *levelGauge) surprise(x, floor float64) (s float64, rise bool) {
	gone, full := g.last.push(x)
	if full {
		g.long.push(gone)
	}
	if g.long.len() == 0 {
		return 0, false
	}
	u := g.last.mean() - g.long.median()
	return g.single.surprise(math.Abs(u), floor), u > 0
}

// textureGauge compares how much the last points jump about with how much they usually do, as a logarithm.
type textureGauge struct {
	single
	jumps recent
	long  *window
	prev  float64
	begun bool
}

func (g *textureGauge) init(points int) {
	g.jumps.ring = make([]float64, points)
	g.long = newWindow(longKept)
}

func (g *textureGauge) surprise(x, floor float64) (s float64, rise bool) {
	if g.begun {
		g.jumps.push(math.Abs(x - g.prev))
	}
	g.prev, g.begun = x, true
	if g.jumps.n < texturePoints {
		return 0, false
	}
	mean := g.jumps.mean()
	if g.long.len() > 0 {
		usual := g.long.median()
		slack := 0.02*usual + floor + 1e-12
		u := math.Log((mean + slack) / (usual + slack))
		s, rise = g.single.surprise(math.Abs(u), logFloor), u > 0
	}
	g.long.push(mean)
	return s, rise
}

// driftGauge is a pair of cumulative sums of residuals, each in units of the usual residual and clipped, so that many
// small departures in one direction count and a single large one does not.
type driftGauge struct {
	single
	usual     *window
	high, low float64
}

const (
	driftAllowance = 1.0
	driftClip      = 4.0
	driftMost      = 1e4
)

func (g *driftGauge) init() { g.usual = newWindow(longKept) }

func (g *driftGauge) surprise(residual float64) (s float64, rise bool) {
	scale := max(1.4826*g.usual.median(), logFloor)
	n := g.usual.len()
	g.usual.push(math.Abs(residual))
	if n < g.learn/2 {
		return 0, false
	}
	z := min(max(residual/scale, -driftClip), driftClip)
	g.high = min(max(g.high+z-driftAllowance, 0), driftMost)
	g.low = min(max(g.low-z-driftAllowance, 0), driftMost)
	return g.single.surprise(max(g.high, g.low), 1), g.high >= g.low
}
