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
	Silence       // nothing, when much was expected
)

func (g Gauge) String() string {
	return [...]string{"none", "value", "level", "texture", "drift", "silence"}[g]
}

// Verdict is what the detector says of a point.
type Verdict struct {
	Expected float64 // what was expected of it: by the rhythm that alerts are judged by, once it knows the time of day
	Score    float64 // 0…1 how unusual it is in either direction; 0.5 is Config.FalseAlarm. Alerts are judged apart from it
	Surprise float64 // -log10 of its probability, before what the refractory period takes away; of an alert, its own
	Rise     bool    // whether more than usual is what is unusual
	Gauge    Gauge   // what is unusual
	Alert    bool
}

// Detector judges the points of one series in order. Make it with [New].
type Detector struct {
	cfg   Config
	odd   odd
	alarm alarm
	quiet quiet
	first time.Time
}

// New makes a detector. cfg must be valid.
func New(cfg Config) *Detector {
	d := &Detector{cfg: cfg}
	d.odd = newOdd(&d.cfg)
	d.alarm = newAlarm(&d.cfg)
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
func (d *Detector) Push(p Point) (v Verdict) {
	if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
		v.Expected = d.expected(p.At)
		return v
	}
	x := min(max(p.Value, -huge), huge)
	if d.first.IsZero() {
		d.first = p.At
	}
	d.quiet.tick()
	f, usual := d.odd.judge(p.At, x)
	s, expected, known := d.alarm.judge(p.At, x)
	v = Verdict{Expected: usual, Surprise: f.surprise, Gauge: f.gauge, Rise: f.rise}
	if known {
		v.Expected = expected
	}
	v.Score = d.score(d.quiet.damp(f.surprise))
	if s.surprise >= d.needed(p.At) && d.quiet.allow(s.surprise) {
		v.Alert, v.Gauge, v.Rise = true, s.gauge, s.rise
		v.Surprise = s.surprise
	}
	d.alarm.learn(v.Alert, v.Gauge)
	return v
}

// expected is what a missing value would have been compared with.
func (d *Detector) expected(at time.Time) float64 {
	if _, now, known := d.alarm.rhythm.expect(at); known {
		return now
	}
	pred := d.odd.linear.predict(at)
	return d.odd.linear.expect(&pred)
}

// firstWeek is the surprise that an alert needs besides as long as no week is known: 1.6 times the rarity.
const firstWeek = 0.2

func (d *Detector) needed(at time.Time) float64 {
	n := d.cfg.needed()
	if at.Sub(d.first) < 7*24*time.Hour {
		n += firstWeek
	}
	return n
}

// score maps a surprise to 0…1 so that Config.FalseAlarm is 0.5.
func (d *Detector) score(surprise float64) float64 {
	return surprise / (surprise + d.cfg.needed())
}
