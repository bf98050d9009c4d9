package volume

// quiet is the refractory period: after an unusual point, those that are no more unusual say less.
type quiet struct {
	length int
	now    int
	peaks  []peak // surprises of the period, each higher than all later ones

	alerted   bool
	alertAt   int
	alertPeak float64
}

type peak struct {
	at       int
	surprise float64
}

const (
	damping    = 0.25 // of a surprise that is no record of the period
	advance    = 0.1  // that a record has on the one before it, if that was above noise
	noise      = 1.0
	escalation = 2 // times the surprise of the alert before it that an alert must have within the period
)

func (q *quiet) tick() { q.now++ }

// damp gives the surprise itself if it is the highest of the period, and a share of it if not.
func (q *quiet) damp(s float64) float64 {
	for len(q.peaks) > 0 && q.peaks[0].at < q.now-q.length {
		q.peaks = q.peaks[1:]
	}
	record := true
	if len(q.peaks) > 0 {
		highest := q.peaks[0].surprise
		record = s > highest && (highest <= noise || s > highest+advance)
	}
	for len(q.peaks) > 0 && q.peaks[len(q.peaks)-1].surprise <= s {
		q.peaks = q.peaks[:len(q.peaks)-1]
	}
	if q.length > 0 {
		q.peaks = append(q.peaks, peak{q.now, s})
	}
	if record {
		return s
	}
	return s * damping
}

// allow says whether an alert of this surprise may be raised, and remembers it if so.
func (q *quiet) allow(s float64) bool {
	if q.alerted && q.now-q.alertAt <= q.length && s < escalation*q.alertPeak {
		q.alertPeak = max(q.alertPeak, s)
		return false
	}
	q.alerted, q.alertAt, q.alertPeak = true, q.now, s
	return true
}
