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
	first  time.Time
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
	pred := d.linear.predict(p.At)
	v := Verdict{Expected: d.linear.expect(&pred)}
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		return v
	}
	x := min(max(p.Value, -huge), huge)
	if d.first.IsZero() {
		d.first = p.At
	}
	d.quiet.tick()
	alarm, odd := d.measure(p.At, x, &pred, v.Expected)
	v.Surprise, v.Gauge, v.Rise = odd.surprise, odd.gauge, odd.rise
	v.Score = d.score(d.quiet.damp(v.Surprise))
	if alarm.surprise >= d.needed(p.At) && d.matters(x, v.Expected, alarm.rise) && d.quiet.allow(alarm.surprise) {
		v.Alert, v.Gauge, v.Rise = true, alarm.gauge, alarm.rise
		v.Score = max(v.Score, d.score(alarm.surprise))
		v.Surprise = max(v.Surprise, alarm.surprise)
		d.drift.reset()
	}
	return v
}

// needed is the surprise that an alert needs: a hundred times the rarity as long as no week is known.
func (d *Detector) needed(at time.Time) float64 {
	n := -math.Log10(d.cfg.FalseAlarm)
	if at.Sub(d.first) < 7*24*time.Hour {
		n += 2
	}
	return n
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
	levelHandicap   = 1.0
	textureHandicap = 0.4
	driftHandicap   = 1.0
	logHandicap     = 0.2
)

// measure reads all gauges, and teaches them. alarm is what may raise an alert: of the two residuals the more surprising
// counts, and falls only if they are looked for. odd is what the score says: both residuals count half, and falls always.
func (d *Detector) measure(at time.Time, x float64, pred *prediction, expected float64) (alarm, odd finding) {
	floor := 1e-3 * math.Abs(d.linear.long.median())
	known := pred.seasonal() || d.cfg.Off.Season && pred.known[0] // before, most departures are those of the day's rhythm
	d.linear.add(at, x, pred)
	y := signedLog(x)
	inLog := d.log.predict(at)
	expectedLog := d.log.expect(&inLog)
	d.log.add(at, y, &inLog)
	consider := func(r reading, handicap float64, g Gauge) {
		alarm.consider(d.alarming(r)-handicap, g, r.rise)
		odd.consider(r.any-handicap, g, r.rise)
	}
	if known {
		r := d.value.surprise(x-expected, floor)
		alarm.consider(d.alarming(r), Value, r.rise)
		if !d.cfg.Off.Log {
			l := d.inLog.surprise(y-expectedLog, 1e-3)
			alarm.consider(d.alarming(l)-logHandicap, Value, l.rise)
			r.any = (r.any + l.any) / 2
		}
		odd.consider(r.any, Value, r.rise)
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
	return alarm, odd
}

// alarming is the surprise that counts for an alert.
func (d *Detector) alarming(r reading) float64 {
	switch {
	case d.cfg.TwoSided:
		return r.any
	case r.rise:
		return r.up
	}
	return 0
}

func signedLog(x float64) float64 {
	if x < 0 {
		return -math.Log1p(-x)
	}
	return math.Log1p(x)
}
