package baseline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Chart is a week of a role, hour by hour, beside what was usual before each hour, and the alerts about the role.
type Chart struct {
	Entity
	Metric string
	Begin  time.Time // the first hour, in UTC
	Hours  []ChartHour
	Marks  []Mark
	Born   time.Time // of the role's profile
}

// ChartHour is one hour of a chart. Low, Usual and High are the 5th, 50th and 95th percentile of the hours at this time of
// day, those before and after included, in the history before the hour; hours without activity count as zero.
type ChartHour struct {
	Value            float64
	Low, Usual, High float64
	Learning         bool // too young to say what is usual
}

// Mark is an alert.
type Mark struct {
	At       time.Time
	Rule     string
	Severity string
	Title    string
}

// PlotMetrics are what can be drawn.
func PlotMetrics() []string {
	return []string{"events", "rows_read", "rows_written", "rows_max", "errors"}
}

const (
	chartDays  = 7
	chartHours = chartDays * 24
	// chartMarks is how many alerts a chart holds at most, the most severe.
	chartMarks = 200
)

// ErrNoVolume says that there is nothing to draw.
var ErrNoVolume = errors.New("the role did nothing in this week or before it")

// Chart reads the seven days that begin with first; if it is zero, those that end with the role's last one.
func (p *Profiles) Chart(ctx context.Context, e Entity, metric string, first time.Time) (*Chart, error) {
	if !slices.Contains(PlotMetrics(), metric) {
		return nil, fmt.Errorf("metric %q: must be one of %v", metric, PlotMetrics())
	}
	of := fmt.Sprintf("cluster = %s AND database = %s AND role = %s", Quote(e.Cluster), Quote(e.Database), Quote(e.Role))
	c := &Chart{Entity: e, Metric: metric}
	var last time.Time
	var buckets uint64
	if err := p.conn.QueryRow(ctx, "SELECT count(), max(bucket) FROM role_volume WHERE "+of).Scan(&buckets, &last); err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	if buckets == 0 {
		return nil, ErrNoVolume
	}
	if err := p.conn.QueryRow(ctx, "SELECT min(role_profile.first).1 FROM role_profile WHERE kind = '"+KindSeen+"' AND "+of).Scan(&c.Born); err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	if first.IsZero() {
		first = last.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-chartDays)
	}
	c.Begin = first.UTC().Truncate(24 * time.Hour)
	values, err := p.hourly(ctx, of, metric, c.Begin.AddDate(0, 0, -p.cfg.HistoryDays), c.Begin.AddDate(0, 0, chartDays))
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, ErrNoVolume
	}
	for n := range chartHours {
		c.Hours = append(c.Hours, p.cfg.chartHour(values, c.Born, c.Begin.Add(time.Duration(n)*time.Hour)))
	}
	c.Marks, err = p.marks(ctx, e, c.Begin)
	return c, err
}

// chartHour says what is usual at an hour, by what was before it.
func (c *Config) chartHour(values map[time.Time]float64, born, at time.Time) ChartHour {
	h := ChartHour{Value: values[at], Learning: born.IsZero() || at.Before(born.Add(c.Learning()))}
	if h.Learning {
		return h
	}
	var usual []float64
	for day := 1; day <= c.HistoryDays; day++ {
		for apart := -1; apart <= 1; apart++ {
			if t := at.AddDate(0, 0, -day).Add(time.Duration(apart) * time.Hour); !t.Before(born.Truncate(time.Hour)) {
				usual = append(usual, values[t])
			}
		}
	}
	slices.Sort(usual)
	h.Low, h.Usual, h.High = quantile(usual, 0.05), quantile(usual, 0.5), quantile(usual, 0.95)
	return h
}

// quantile of sorted values; 0 if there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (p *Profiles) hourly(ctx context.Context, of, metric string, from, to time.Time) (map[time.Time]float64, error) {
	sum := "sum"
	if metric == "rows_max" {
		sum = "max"
	}
	rows, err := p.conn.Query(ctx, fmt.Sprintf("SELECT toStartOfHour(bucket) AS hour, toFloat64(%s(%s)) FROM role_volume FINAL WHERE %s AND bucket >= toDateTime(%d, 'UTC') AND bucket < toDateTime(%d, 'UTC') GROUP BY hour",
		sum, metric, of, from.Unix(), to.Unix()))
	if err != nil {
		return nil, fmt.Errorf("read volume: %w", err)
	}
	defer rows.Close()
	out := map[time.Time]float64{}
	for rows.Next() {
		var at time.Time
		var v float64
		if err := rows.Scan(&at, &v); err != nil {
			return nil, fmt.Errorf("read volume: %w", err)
		}
		out[at.UTC()] = v
	}
	return out, rows.Err()
}

func (p *Profiles) marks(ctx context.Context, e Entity, begin time.Time) ([]Mark, error) {
	rows, err := p.conn.Query(ctx, fmt.Sprintf(`SELECT first_seen, rule, severity, title FROM alerts FINAL
WHERE cluster = %s AND role = %s AND database IN (%s, '') AND first_seen >= %s AND first_seen < %s
ORDER BY indexOf(['critical', 'error', 'warning', 'info'], CAST(severity, 'String')), first_seen LIMIT %d`,
		Quote(e.Cluster), Quote(e.Role), Quote(e.Database), Time(begin), Time(begin.AddDate(0, 0, chartDays)), chartMarks))
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	defer rows.Close()
	var out []Mark
	for rows.Next() {
		var m Mark
		if err := rows.Scan(&m.At, &m.Rule, &m.Severity, &m.Title); err != nil {
			return nil, fmt.Errorf("read alerts: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}
