package volume

import (
	"math"
	"time"
)

// alarm is what alerts are judged by: rises above the rhythm of the role, in units of what is usual at that level, within
// minutes (pulse) or days (excess); and, if falls are looked for, silence.
type alarm struct {
	cfg     *Config
	rhythm  rhythm
	pulse   pulse
	excess  excess
	silence silence
	long    *window
	hushed  int // points for which nothing is taught, after an alert
}

func newAlarm(cfg *Config) alarm {
	a := alarm{cfg: cfg, long: newWindow(longKept)}
	a.rhythm.slack = cfg.MinValue
	a.pulse.init()
	doubt := alarmDoubt
	if cfg.Off.Doubt {
		doubt = 0
	}
	for i := range a.pulse.of {
		g := &a.pulse.of[i].gauge
		g.learn = cfg.Learn
		g.up.normal, g.any.normal = cfg.Off.Tail, cfg.Off.Tail
		g.up.heaviest, g.any.heaviest = alarmHeaviest, alarmHeaviest
		g.up.doubt, g.any.doubt = doubt, doubt
	}
	a.silence.learn, a.silence.normal, a.silence.heaviest, a.silence.doubt = cfg.Learn, cfg.Off.Tail, alarmHeaviest, doubt
	return a
}

// sighting is a finding with what it compares.
type sighting struct {
	finding
	value, expected float64
}

// judge says what is most surprising, of what has the minimum effect, and what was expected, if the time is known.
func (a *alarm) judge(at time.Time, x float64) (s sighting, expected float64, known bool) {
	usual, now, known := a.rhythm.expect(at)
	if a.cfg.Off.Season {
		usual, known = a.long.median(), a.long.len() > 0
		now = usual
	}
	if a.cfg.Off.Shift {
		now = usual
	}
	if known {
		level := now
		if a.cfg.Off.Spread {
			level = 0
		}
		floor := 1e-3 * math.Abs(a.long.median())
		for i, r := range a.pulse.surprise(x-now, level, max(floor, a.cfg.MinValue/5)) {
			if i == 0 || !a.cfg.Off.Sums {
				a.consider(&s, a.surprising(r), Value, r.rise, x, now)
			}
		}
		if v, sum := a.silence.surprise(x, now); a.cfg.TwoSided {
			a.consider(&s, v, Silence, false, 0, sum)
		}
	}
	if sum, share := a.excess.add(at, x); share >= 1 && !a.cfg.Off.Excess {
		a.consider(&s, share*a.cfg.needed(), Drift, true, sum, 0)
	}
	a.rhythm.add(at, x)
	a.long.push(x)
	return s, now, known
}

func (a *alarm) consider(s *sighting, surprise float64, g Gauge, rise bool, x, expected float64) {
	if surprise > s.surprise && a.cfg.matters(x, expected, rise) {
		*s = sighting{finding{surprise, g, rise}, x, expected}
	}
}

// surprising is the surprise that counts for an alert.
func (a *alarm) surprising(r reading) float64 {
	switch {
	case a.cfg.TwoSided:
		return r.any
	case r.rise:
		return r.up
	}
	return 0
}

func (c *Config) matters(x, expected float64, rise bool) bool {
	if !rise {
		x, expected = expected, x
	}
	return x-expected >= c.MinValue && (expected <= 0 || x >= c.MinFactor*expected)
}

// learn teaches what was judged, unless an alert was raised shortly before: what is part of a spike must not hide the next.
func (a *alarm) learn(alerted bool, g Gauge) {
	if alerted {
		if g == Drift {
			a.excess.reset()
		}
		a.hushed = a.cfg.Refractory
	} else if a.hushed > 0 {
		a.hushed--
		a.pulse.forgetFresh()
		return
	}
	a.pulse.learn()
}
