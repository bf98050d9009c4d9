package volume

import "math"

// gauge turns departures into surprises by the tails of its own past: how far it is for a rise, and how far for a
// departure in either direction. Two tails, because a series that falls often and rises never is odd when it rises.
type gauge struct {
	up, any tail
	learn   int
}

// surprise is of a departure u, rises being positive. A fall has none as a rise.
func (g *gauge) surprise(u, floor float64) reading {
	return g.surprises(u, math.Abs(u), floor)
}

func (g *gauge) surprises(up, any, floor float64) reading {
	return reading{up: g.up.surprise(up, floor, g.learn), any: g.any.surprise(any, floor, g.learn), rise: up > 0}
}

// reading is what a gauge says of a point: -log10 of the probabilities.
type reading struct {
	up, any float64
	rise    bool
}

// recent is the sum of the last few values.
type recent struct {
	ring []float64
	next int
	n    int
}

func (r *recent) push(x float64) (gone float64, full bool) {
	full = r.n == len(r.ring)
	gone = r.ring[r.next]
	r.ring[r.next] = x
	r.next = (r.next + 1) % len(r.ring)
	r.n = min(r.n+1, len(r.ring))
	return gone, full
}

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

// levelGauge compares the mean of the last points with the median of those before them.
type levelGauge struct {
	gauge
	last recent
	long *window
}

const levelPoints = 6

func (g *levelGauge) init() {
	g.last.ring = make([]float64, levelPoints)
	g.long = newWindow(longKept)
}

func (g *levelGauge) surprise(x, floor float64) reading {
	gone, full := g.last.push(x)
	if full {
		g.long.push(gone)
	}
	if g.long.len() == 0 || g.last.n < levelPoints {
		return reading{}
	}
	return g.gauge.surprise(g.last.mean()-g.long.median(), floor)
}

// textureGauge compares how much the last points jump about with how much they usually do, as a logarithm.
type textureGauge struct {
	gauge
	jumps recent
	long  *window
	prev  float64
	begun bool
}

const texturePoints = 12

func (g *textureGauge) init() {
	g.jumps.ring = make([]float64, texturePoints)
	g.long = newWindow(longKept)
}

func (g *textureGauge) surprise(x, floor float64) (r reading) {
	if g.begun {
		g.jumps.push(math.Abs(x - g.prev))
	}
	g.prev, g.begun = x, true
	if g.jumps.n < texturePoints {
		return reading{}
	}
	mean := g.jumps.mean()
	if g.long.len() > 0 {
		usual := g.long.median()
		slack := 0.02*usual + floor + 1e-12
		r = g.gauge.surprise(math.Log((mean+slack)/(usual+slack)), 1e-3)
	}
	g.long.push(mean)
	return r
}

// driftGauge is a pair of cumulative sums of residuals, each in units of the usual residual and clipped, so that many
// small departures in one direction count and a single large one does not.
type driftGauge struct {
	gauge
	usual     *window
	high, low float64
}

const (
	driftAllowance = 1.0
	driftClip      = 4.0
	driftMost      = 1e4
)

func (g *driftGauge) init() { g.usual = newWindow(longKept) }

func (g *driftGauge) reset() { g.high, g.low = 0, 0 }

func (g *driftGauge) surprise(residual, floor float64) reading {
	scale := max(1.4826*g.usual.median(), floor, 1e-12)
	n := g.usual.len()
	g.usual.push(math.Abs(residual))
	if n < g.learn/2 {
		return reading{}
	}
	z := min(max(residual/scale, -driftClip), driftClip)
	g.high = min(max(g.high+z-driftAllowance, 0), driftMost)
	g.low = min(max(g.low-z-driftAllowance, 0), driftMost)
	r := g.surprises(g.high, max(g.high, g.low), 1)
	r.rise = g.high >= g.low
	return r
}
