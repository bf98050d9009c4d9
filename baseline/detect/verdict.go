package detect

import (
	"strconv"
	"time"
)

// verdict is what a volume was judged by, besides what was observed and expected and the threshold.
type verdict struct {
	score      float64
	falseAlarm float64 // probability allowed; 0 where it was not judged by one
	seconds    float64 // length of the bucket
	days       float64 // of history
	gauge      string
}

func (v *verdict) within() string { return within(time.Duration(v.seconds) * time.Second) }

// into puts the numbers of a volume's verdict among those that an alert shows.
func (v *verdict) into(m map[string]string) {
	if v.seconds == 0 {
		return
	}
	m["bucket"], m["gauge"], m["history_days"] = v.within(), v.gauge, figure(v.days)
	m["score"] = strconv.FormatFloat(v.score, 'g', 3, 64)
	if v.falseAlarm > 0 {
		m["false_alarm"] = strconv.FormatFloat(v.falseAlarm, 'g', 2, 64)
	}
}
