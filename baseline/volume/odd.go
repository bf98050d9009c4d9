package volume

import (
	"math"
	"time"
)

// odd is what the score says: how unusual a value is for the series, in either direction. Of four gauges the one decides that
// finds it least likely, after a handicap for those that are less specific.
type odd struct {
	linear, log       *season
	inLinear, inLog   single
	pair              pairGauge
	habit             habit
	level             levelGauge
	texture, textures textureGauge // over one and two hours of five-minute buckets
	drift             driftGauge
	off               Ingredients
}

// What the less specific gauges must be more surprising by.
const (
	levelHandicap   = 1.0
	textureHandicap = 0.2
	driftHandicap   = 1.0
)

const (
	levelPoints   = 24
	texturePoints = 12
)

func newOdd(cfg *Config) odd {
	o := odd{linear: newSeason(cfg.Off), log: newSeason(cfg.Off), off: cfg.Off}
	for _, s := range o.singles() {
		s.learn, s.normal, s.heaviest = cfg.Learn, cfg.Off.Tail, oddHeaviest
	}
	o.pair.last.ring = make([]float64, 2)
	o.level.init(levelPoints)
	o.texture.init(texturePoints)
	o.textures.init(2 * texturePoints)
	o.drift.init()
	return o
}

func (o *odd) singles() []*single {
	return []*single{&o.inLinear, &o.inLog, &o.pair.single, &o.level.single, &o.texture.single, &o.textures.single, &o.drift.single}
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

// judge reads all gauges, and teaches them.
func (o *odd) judge(at time.Time, x float64) (f finding, expected float64) {
	floor := 1e-3 * math.Abs(o.linear.long.median())
	y := signedLog(x)
	pred, predLog := o.linear.predict(at), o.log.predict(at)
	expected = o.linear.expect(&pred)
	expectedLog := o.log.expect(&predLog)
	o.linear.add(at, x, &pred)
	o.log.add(at, y, &predLog)
	if pred.seasonal() || o.off.Season && pred.known[0] { // before, most departures are those of the day's rhythm
		f.consider(o.value(at, x-expected, y-expectedLog, floor), Value, x > expected)
		if !o.off.Drift {
			s, rise := o.drift.surprise(y - expectedLog)
			f.consider(s-driftHandicap, Drift, rise)
		}
	}
	if !o.off.Level {
		s, rise := o.level.surprise(x, floor)
		f.consider(s-levelHandicap, Level, rise)
	}
	if !o.off.Texture {
		s, rise := o.texture.surprise(x, floor)
		t, _ := o.textures.surprise(x, floor)
		f.consider((s+t)/2-textureHandicap, Texture, rise)
	}
	return f, expected
}

// value is the mean surprise of a residual, of that of the logarithm, and of the mean of the last two of the logarithm: one
// point alone, of many, says less than two.
func (o *odd) value(at time.Time, residual, ofLog, floor float64) float64 {
	v, n := o.inLinear.surprise(math.Abs(residual), floor), 1.0
	if !o.off.Log {
		v, n = v+o.inLog.surprise(math.Abs(ofLog), logFloor), n+1
	}
	if !o.off.Pair {
		v, n = v+o.pair.surprise(ofLog), n+1
	}
	v /= n
	if o.off.Habit {
		return v
	}
	return o.habit.damp(at, v, math.Abs(residual))
}

const logFloor = 1e-3 // least scale of a tail of logarithms

func signedLog(x float64) float64 {
	if x < 0 {
		return -math.Log1p(-x)
	}
	return math.Log1p(x)
}
