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

// rhythms reads those of the metrics of which there was anything, of the roles that the names select; empty ones select all.
func (p *Profiles) rhythms(ctx context.Context, cluster, database, role string) (map[Entity][]Rhythm, error) {
	rows, err := p.conn.Query(ctx, "SELECT cluster, database, role, metric, hour_of_week, p05, median, p95, level, trend FROM v_role_rhythm WHERE 1"+named(cluster, database, role)+
		" ORDER BY cluster, database, role, metric, hour_of_week")
	if err != nil {
		return nil, fmt.Errorf("read rhythm: %w", err)
	}
	defer rows.Close()
	out := map[Entity][]Rhythm{}
	for rows.Next() {
		var of Entity
		var r Rhythm
		var hour uint16
		var low, median, high float64
		if err := rows.Scan(&of.Cluster, &of.Database, &of.Role, &r.Metric, &hour, &low, &median, &high, &r.Level, &r.Trend); err != nil {
			return nil, fmt.Errorf("read rhythm: %w", err)
		}
		list := out[of]
		if n := len(list); n == 0 || list[n-1].Metric != r.Metric {
			list = append(list, r)
		}
		at := &list[len(list)-1]
		at.Low[hour], at.Median[hour], at.High[hour] = low, median, high
		out[of] = list
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
