package baseline

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// hoursOfWeek begin with Monday 00:00 UTC.
const hoursOfWeek = 7 * 24

// Rhythm is what is usual of a metric in each hour of the week, over the last four weeks; see v_role_rhythm.
type Rhythm struct {
	Metric string  `json:"metric"`
	Level  float64 `json:"level"` // mean of an hour, in the last week
	// Trend is the level over that of the weeks before; nil while there is no second week.
	Trend  *float64             `json:"trend"`
	Low    [hoursOfWeek]float64 `json:"p05"`
	Median [hoursOfWeek]float64 `json:"median"`
	High   [hoursOfWeek]float64 `json:"p95"`
}

// rhythms reads those of the metrics of which there was anything.
func (p *Profiles) rhythms(ctx context.Context, of *Profile) ([]Rhythm, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT metric, hour_of_week, p05, median, p95, level, trend FROM v_role_rhythm
WHERE cluster = %s AND database = %s AND role = %s ORDER BY metric, hour_of_week`, Quote(of.Cluster), Quote(of.Database), Quote(of.Role)))
	if err != nil {
		return nil, fmt.Errorf("read rhythm: %w", err)
	}
	defer rows.Close()
	var out []Rhythm
	for rows.Next() {
		var r Rhythm
		var hour uint16
		var low, median, high float64
		if err := rows.Scan(&r.Metric, &hour, &low, &median, &high, &r.Level, &r.Trend); err != nil {
			return nil, fmt.Errorf("read rhythm: %w", err)
		}
		if n := len(out); n == 0 || out[n-1].Metric != r.Metric {
			out = append(out, r)
		}
		at := &out[len(out)-1]
		at.Low[hour], at.Median[hour], at.High[hour] = low, median, high
	}
	return out, rows.Err()
}

// tide says how the level of the last week compares with before; "" if nothing is known of before.
func (r *Rhythm) tide() string {
	if r.Trend == nil {
		return ""
	}
	return fmt.Sprintf("; last week %.3g on average, %.2f of the weeks before", r.Level, *r.Trend)
}

var shades = []rune("▁▂▃▄▅▆▇█")

// days draws the median of each hour, a line of 24 characters for each day, on the scale of the square root: a dot is nothing.
func (r *Rhythm) days() [7]string {
	var top float64
	for _, v := range r.Median {
		top = max(top, v)
	}
	var out [7]string
	for d := range out {
		var b strings.Builder
		for h := range 24 {
			v := r.Median[24*d+h]
			if v <= 0 {
				b.WriteRune('·')
				continue
			}
			b.WriteRune(shades[int(math.Round(math.Sqrt(v/top)*float64(len(shades)-1)))])
		}
		out[d] = b.String()
	}
	return out
}
