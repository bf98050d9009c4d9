package volume

import (
	"math"
	"time"
)

// Point is the value of one bucket.
type Point struct {
	At    time.Time
	Value float64
}

// Gauge is what departs most from what is expected.
type Gauge uint8

// The gauges.
const (
	None    Gauge = iota
	Value         // one point
	Level         // the mean of the last points
	Texture       // how much the last points jump about
	Drift         // small departures over days
)

func (g Gauge) String() string {
	return [...]string{"none", "value", "level", "texture", "drift"}[g]
}

// Verdict is what the detector says of a point.
type Verdict struct {
	Expected float64 // what was expected of it
	Score    float64 // 0…1 how unusual it is in either direction; 0.5 is Config.FalseAlarm
	Surprise float64 // -log10 of its probability, before what the refractory period takes away
	Rise     bool    // whether more than usual is what is unusual
	Gauge    Gauge   // what is unusual
	Alert    bool
}

// Detector judges the points of one series in order. Make it with [New].
type Detector struct {
	cfg    Config
	linear *season
	log    *season
	value  gauge
	inLog  gauge
	level  levelGauge
	text   textureGauge
	drift  driftGauge
	quiet  quiet
	last   time.Time
	step   time.Duration // usual distance of two points
	count  int
}

// New makes a detector. cfg must be valid.
func New(cfg Config) *Detector {
	d := &Detector{cfg: cfg, linear: newSeason(cfg.Off), log: newSeason(cfg.Off)}
	for _, g := range []*gauge{&d.value, &d.inLog, &d.level.gauge, &d.text.gauge, &d.drift.gauge} {
		g.learn = cfg.Learn
		g.up.normal, g.any.normal = cfg.Off.Tail, cfg.Off.Tail
	}
	d.level.init()
	d.text.init()
	d.drift.init()
	d.quiet.length = cfg.Refractory
	if cfg.Off.Refractory {
		d.quiet.length = 0
	}
	return d
}

// Judge gives the verdicts of a whole series.
func Judge(cfg Config, points []Point) []Verdict {
	d := New(cfg)
	out := make([]Verdict, len(points))
	for i, p := range points {
		out[i] = d.Push(p)
	}
	return out
}

const huge = 1e100 // values beyond it are taken for it, so that no sum overflows

// Push judges p by the points before it and learns from it. A value that is no number is judged as missing: it has score
// 0 and teaches nothing.
func (d *Detector) Push(p Point) Verdict {
	pred, ok := d.linear.predictions(p.At)
	v := Verdict{Expected: d.linear.expect(pred, ok)}
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return v
	}
	x := min(max(p.Value, -huge), huge)
	d.tick(p.At)
	up, any := d.measure(p.At, x, pred, ok, v.Expected)
	d.count++
	v.Surprise, v.Gauge, v.Rise = any.surprise, any.gauge, any.rise
	v.Score = d.score(d.quiet.damp(v.Surprise))
	alarm := up
	if d.cfg.TwoSided {
		alarm = any
	}
	if alarm.surprise >= -math.Log10(d.cfg.FalseAlarm) && d.matters(x, v.Expected, alarm.rise) && d.quiet.allow(alarm.surprise) {
		v.Alert, v.Gauge, v.Rise = true, alarm.gauge, alarm.rise
		v.Score = max(v.Score, d.score(alarm.surprise))
		d.drift.reset()
	}
	return v
}

// score maps a surprise to 0…1 so that Config.FalseAlarm is 0.5.
func (d *Detector) score(surprise float64) float64 {
	return surprise / (surprise - math.Log10(d.cfg.FalseAlarm))
}

func (d *Detector) matters(x, expected float64, rise bool) bool {
	if !rise {
		x, expected = expected, x
	}
	return x-expected >= d.cfg.MinValue && (expected <= 0 || x >= d.cfg.MinFactor*expected)
}

// tick follows the distance of the points, and forgets the last ones after a gap.
func (d *Detector) tick(at time.Time) {
	if d.count > 0 {
		gap := at.Sub(d.last)
		if d.step == 0 || gap < d.step && gap > 0 {
			d.step = gap
		}
		if d.step > 0 && gap > 12*d.step {
			d.level.clear()
			d.text.clear()
		}
		d.quiet.tick()
	}
	d.last = at
}

// finding is the most surprising gauge.
type finding struct {
	surprise float64
	gauge    Gauge
	rise     bool
}

func (f *finding) consider(surprise float64, g Gauge, rise bool) {
	if surprise > f.surprise {
		f.surprise, f.gauge, f.rise = surprise, g, rise
	}
}

// What the less specific gauges must be more surprising by.
const (
	levelHandicap   = 0.8
	textureHandicap = 0.4
	driftHandicap   = 0.8
)

// measure reads all gauges, and teaches them. up looks at rises only, any at falls as well.
func (d *Detector) measure(at time.Time, x float64, pred [3]float64, ok [3]bool, expected float64) (up, any finding) {
	floor := 1e-3 * math.Abs(d.linear.long.median())
	known := ok[1] || d.cfg.Off.Season && ok[0] // before, most departures are those of the day's rhythm
	d.linear.add(at, x, pred, ok)
	y := signedLog(x)
	predLog, okLog := d.log.predictions(at)
	expectedLog := d.log.expect(predLog, okLog)
	d.log.add(at, y, predLog, okLog)
	consider := func(r reading, handicap float64, g Gauge) {
		if r.rise {
			up.consider(r.up-handicap, g, true)
		}
		any.consider(r.any-handicap, g, r.rise)
	}
	if known {
		r := d.value.surprise(x-expected, floor)
		if !d.cfg.Off.Log {
			l := d.inLog.surprise(y-expectedLog, 1e-3)
			r.up, r.any = (r.up+l.up)/2, (r.any+l.any)/2
		}
		consider(r, 0, Value)
	}
	if !d.cfg.Off.Level {
		consider(d.level.surprise(x, floor), levelHandicap, Level)
	}
	if !d.cfg.Off.Texture {
		consider(d.text.surprise(x, floor), textureHandicap, Texture)
	}
	if known && !d.cfg.Off.Drift {
		consider(d.drift.surprise(x-expected, floor), driftHandicap, Drift)
	}
	return up, any
}

func signedLog(x float64) float64 {
	if x < 0 {
		return -math.Log1p(-x)
	}
	return math.Log1p(x)
}
