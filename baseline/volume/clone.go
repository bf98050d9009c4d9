package volume

import "slices"

// Clone gives a detector with the same past that goes its own way: what one is given, the other does not learn. It is how
// a value is judged that must not teach.
func (d *Detector) Clone() *Detector {
	c := *d
	c.linear, c.log = d.linear.clone(), d.log.clone()
	for _, g := range []*gauge{&c.value, &c.inLog, &c.level.gauge, &c.text.gauge, &c.drift.gauge} {
		g.up.top, g.any.top = slices.Clone(g.up.top), slices.Clone(g.any.top)
	}
	c.level.last.ring, c.level.long = slices.Clone(d.level.last.ring), d.level.long.clone()
	c.text.jumps.ring, c.text.long = slices.Clone(d.text.jumps.ring), d.text.long.clone()
	c.drift.usual = d.drift.usual.clone()
	c.quiet.peaks = slices.Clone(d.quiet.peaks)
	return &c
}

func (s *season) clone() *season {
	c := *s
	for i := range s.slots {
		c.slots[i] = make([]*window, len(s.slots[i]))
		for j, w := range s.slots[i] {
			c.slots[i][j] = w.clone()
		}
	}
	c.long = s.long.clone()
	return &c
}

func (w *window) clone() *window {
	if w == nil {
		return nil
	}
	c := *w
	c.ring, c.sorted = slices.Clone(w.ring), slices.Clone(w.sorted)
	return &c
}
