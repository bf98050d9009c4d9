package volume

// pulse measures residuals in units of what is usual at their level, one by one and as means over the last few: a short
// spike must be high, a longer one need not.
type pulse struct {
	spread spread
	of     [len(pulsePoints)]pulseGauge
}

type pulseGauge struct {
	gauge
	last  recent
	value float64
	fresh bool // value has not been taught
}

var pulsePoints = [...]int{1, 3, 12}

func (p *pulse) init() {
	for i := range p.of {
		p.of[i].last.ring = make([]float64, pulsePoints[i])
	}
}

// surprise judges a residual; sd is the least standard deviation that is believed. What it judged is taught by learn.
func (p *pulse) surprise(residual, level, sd float64) (out [len(pulsePoints)]reading) {
	usual, known := p.spread.at(level)
	p.spread.add(level, residual)
	if !known {
		return out
	}
	z := residual / max(usual, sd, 1e-12)
	for i := range p.of {
		g := &p.of[i]
		g.last.push(z)
		if g.last.full() {
			g.value, g.fresh = g.last.mean(), true
			out[i] = g.judge(g.value, pulseFloor)
		}
	}
	return out
}

const pulseFloor = 0.05 // least scale of a tail, in standard deviations

func (p *pulse) forgetFresh() {
	for i := range p.of {
		p.of[i].fresh = false
	}
}

func (p *pulse) learn() {
	for i := range p.of {
		if g := &p.of[i]; g.fresh {
			g.fresh = false
			g.teach(g.value)
		}
	}
}
