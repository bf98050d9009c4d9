package volume

import "slices"

// Clone gives a detector with the same past that goes its own way: what one is given, the other does not learn. It is how
// a value is judged that must not teach.
func (d *Detector) Clone() *Detector {
	c := *d
	c.odd.linear, c.odd.log = d.odd.linear.clone(), d.odd.log.clone()
	c.odd.pair.last.ring = slices.Clone(d.odd.pair.last.ring)
	c.odd.level.last.ring, c.odd.level.long = slices.Clone(d.odd.level.last.ring), d.odd.level.long.clone()
	c.odd.texture = d.odd.texture.clone()
	c.odd.textures = d.odd.textures.clone()
	c.odd.drift.usual = d.odd.drift.usual.clone()
	for _, s := range c.odd.singles() {
		s.top = slices.Clone(s.top)
	}
	c.alarm = d.alarm.clone()
	c.alarm.cfg = &c.cfg
	c.quiet.peaks = slices.Clone(d.quiet.peaks)
	return &c
}

func (g textureGauge) clone() textureGauge {
	g.jumps.ring, g.long = slices.Clone(g.jumps.ring), g.long.clone()
	return g
}

func (s *season) clone() *season {
	c := *s
	for i := range s.slots {
		c.slots[i] = cloneAll(s.slots[i])
	}
	c.long = s.long.clone()
	return &c
}

func (a alarm) clone() alarm {
	for i, w := range a.rhythm.quarters {
		a.rhythm.quarters[i] = w.clone()
	}
	for i, w := range a.rhythm.fives {
		a.rhythm.fives[i] = w.clone()
	}
	for i, o := range a.pulse.spread.octaves {
		if o != nil {
			a.pulse.spread.octaves[i] = &octave{o.levels.clone(), o.residuals.clone()}
		}
	}
	for i := range a.pulse.of {
		g := &a.pulse.of[i]
		g.last.ring = slices.Clone(g.last.ring)
		g.up.top, g.any.top = slices.Clone(g.up.top), slices.Clone(g.any.top)
	}
	for i, w := range a.excess.totals {
		a.excess.totals[i] = w.clone()
	}
	a.silence.top = slices.Clone(a.silence.top)
	a.long = a.long.clone()
	return a
}

func cloneAll(ws []*window) []*window {
	out := make([]*window, len(ws))
	for i, w := range ws {
		out[i] = w.clone()
	}
	return out
}

func (w *window) clone() *window {
	if w == nil {
		return nil
	}
	c := *w
	c.ring, c.sorted = slices.Clone(w.ring), slices.Clone(w.sorted)
	return &c
}
