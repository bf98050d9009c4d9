package baseline

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// The picture's measures, in pixels.
const (
	chartWidth  = 920.0
	plotLeft    = 62.0
	plotRight   = chartWidth - 18
	plotTop     = 62.0
	plotBottom  = 300.0
	listTop     = 356.0
	listLine    = 18.0
	listedMarks = 8
)

var severityColours = map[string]string{"critical": "#a50026", "error": "#d73027", "warning": "#e08214", "info": "#4575b4"}

// WriteSVG draws the chart: the value of each hour as a line, what is usual as a band, alerts as numbered lines. The upward
// axis is logarithmic, as spikes are judged.
func (c *Chart) WriteSVG(w io.Writer) error {
	d := drawing{chart: c, top: 10}
	something := false
	for _, h := range c.Hours {
		d.top = max(d.top, 1.5*h.Value, 1.5*h.High)
		something = something || h.Value > 0
	}
	marks := slices.Clone(c.Marks)
	left := max(len(marks)-listedMarks, 0)
	marks = marks[:len(marks)-left]
	slices.SortStableFunc(marks, func(a, b Mark) int { return a.At.Compare(b.At) })
	height := listTop + listLine*float64(len(marks))
	if left > 0 {
		height += listLine
	}
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" viewBox="0 0 %g %g" font-family="system-ui, sans-serif" font-size="12" fill="#333">`, chartWidth, height, chartWidth, height)
	d.put(`<rect width="100%%" height="100%%" fill="#fff"/>`)
	d.text(plotLeft, 22, "font-size=\"15\" font-weight=\"600\"", fmt.Sprintf("%s on %s@%s: %s an hour", c.Role, c.Database, c.Cluster, c.metricName()))
	d.text(plotLeft, 40, `fill="#666"`, fmt.Sprintf("%s to %s, UTC", c.Begin.Format("Mon 2 Jan 2006"), c.Begin.AddDate(0, 0, chartDays-1).Format("Mon 2 Jan 2006")))
	d.axes()
	if !something {
		d.text((plotLeft+plotRight)/2, (plotTop+plotBottom)/2, `text-anchor="middle" fill="#999"`, "none in this week, or none logged")
	}
	d.band()
	d.line()
	d.alerts(marks)
	d.legend()
	if left > 0 {
		d.text(plotLeft, height-6, `fill="#666"`, fmt.Sprintf("and %d more", left))
	}
	d.put("</svg>")
	_, err := w.Write(d.out.Bytes())
	return err
}

func (c *Chart) metricName() string {
	switch c.Metric {
	case "events":
		return "statements"
	case "rows_max":
		return "rows of the largest result"
	}
	return strings.ReplaceAll(c.Metric, "_", " ")
}

type drawing struct {
	chart *Chart
	top   float64
	out   bytes.Buffer
}

func (d *drawing) put(format string, args ...any) {
	fmt.Fprintf(&d.out, format, args...)
	d.out.WriteByte('\n')
}

// text escapes what it writes: names come from logs.
func (d *drawing) text(x, y float64, attributes, text string) {
	fmt.Fprintf(&d.out, `<text x="%g" y="%g" %s>`, x, y, attributes)
	_ = xml.EscapeText(&d.out, []byte(text)) // a bytes.Buffer takes everything
	d.put("</text>")
}

func (d *drawing) x(hours float64) float64 { return plotLeft + (plotRight-plotLeft)*hours/chartHours }

func (d *drawing) y(value float64) float64 {
	return round1(plotBottom - (plotBottom-plotTop)*math.Log1p(max(value, 0))/math.Log1p(d.top))
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }

func (d *drawing) axes() {
	for day := range chartDays {
		x := round1(d.x(float64(24 * day)))
		d.put(`<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#ddd"/>`, x, plotTop, x, plotBottom)
		d.text(round1(d.x(float64(24*day)+12)), plotBottom+18, `text-anchor="middle"`, d.chart.Begin.AddDate(0, 0, day).Format("Mon 2"))
	}
	for v, step := 0.0, 0; v <= d.top; step++ {
		d.put(`<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#eee"/>`, plotLeft, d.y(v), plotRight, d.y(v))
		d.text(plotLeft-6, d.y(v)+4, `text-anchor="end" fill="#666"`, short(v))
		if v == 0 {
			v = 10
		} else {
			v *= 10
		}
	}
}

// short writes 12000 as 12k.
func short(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%gG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%g", v)
}

// band draws what is usual, and greys out where that is not known yet.
func (d *drawing) band() {
	for i := 0; i < len(d.chart.Hours); {
		j := i
		for j < len(d.chart.Hours) && d.chart.Hours[j].Learning == d.chart.Hours[i].Learning {
			j++
		}
		if d.chart.Hours[i].Learning {
			d.put(`<rect x="%g" y="%g" width="%g" height="%g" fill="#f4f4f4"/>`, round1(d.x(float64(i))), plotTop, round1(d.x(float64(j))-d.x(float64(i))), plotBottom-plotTop)
			d.text(round1(d.x(float64(i+j)/2)), plotTop+16, `text-anchor="middle" fill="#999"`, "learning")
		} else {
			var high, low, mid []string
			for n := i; n < j; n++ {
				h := d.chart.Hours[n]
				for _, x := range []float64{d.x(float64(n)), d.x(float64(n + 1))} {
					high = append(high, fmt.Sprintf("%g,%g", round1(x), d.y(h.High)))
					low = append(low, fmt.Sprintf("%g,%g", round1(x), d.y(h.Low)))
					mid = append(mid, fmt.Sprintf("%g,%g", round1(x), d.y(h.Usual)))
				}
			}
			slices.Reverse(low)
			d.put(`<polygon points="%s %s" fill="#c6dbef" fill-opacity="0.8"/>`, strings.Join(high, " "), strings.Join(low, " "))
			d.put(`<polyline points="%s" fill="none" stroke="#6baed6" stroke-dasharray="3 2"/>`, strings.Join(mid, " "))
		}
		i = j
	}
}

func (d *drawing) line() {
	points := make([]string, 0, 2*len(d.chart.Hours))
	for n, h := range d.chart.Hours {
		points = append(points, fmt.Sprintf("%g,%g %g,%g", round1(d.x(float64(n))), d.y(h.Value), round1(d.x(float64(n+1))), d.y(h.Value)))
	}
	d.put(`<polyline points="%s" fill="none" stroke="#08519c" stroke-width="1.4"/>`, strings.Join(points, " "))
}

// alerts draws marks, which are in order of time, and lists them below.
func (d *drawing) alerts(marks []Mark) {
	places := d.apart(marks)
	for i, m := range marks {
		colour := severityColours[m.Severity]
		if colour == "" {
			colour = "#333"
		}
		x := round1(d.x(m.At.Sub(d.chart.Begin).Hours()))
		d.put(`<polyline points="%g,%g %g,%g %g,%g" fill="none" stroke="%s" stroke-dasharray="4 2"/>`, places[i], plotTop-12, x, plotTop, x, plotBottom, colour)
		d.put(`<circle cx="%g" cy="%g" r="7.5" fill="%s"/>`, places[i], plotTop-12, colour)
		d.text(places[i], plotTop-8, `text-anchor="middle" fill="#fff" font-size="10"`, fmt.Sprint(i+1))
		at := listTop + listLine*float64(i)
		d.put(`<circle cx="%g" cy="%g" r="7.5" fill="%s"/>`, plotLeft+8, at-4, colour)
		d.text(plotLeft+8, at, `text-anchor="middle" fill="#fff" font-size="10"`, fmt.Sprint(i+1))
		d.text(plotLeft+22, at, "", fmt.Sprintf("%s  %s, %s: %s", m.At.UTC().Format("Mon 2 Jan 15:04"), m.Rule, m.Severity, m.Title))
	}
}

// apart says where the marks' numbers go: above their lines, but not upon each other.
func (d *drawing) apart(marks []Mark) []float64 {
	const room = 18
	out := make([]float64, len(marks))
	for i, m := range marks {
		out[i] = round1(d.x(m.At.Sub(d.chart.Begin).Hours()))
		if i > 0 {
			out[i] = max(out[i], out[i-1]+room)
		}
	}
	most := plotRight + 6
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = min(out[i], most)
		most = out[i] - room
	}
	return out
}

func (d *drawing) legend() {
	y := plotBottom + 36
	d.put(`<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="#08519c" stroke-width="1.4"/>`, plotLeft, y-4, plotLeft+22, y-4)
	d.text(plotLeft+28, y, "", "the hour")
	d.put(`<rect x="%g" y="%g" width="22" height="10" fill="#c6dbef"/>`, plotLeft+100, y-9)
	d.text(plotLeft+128, y, "", fmt.Sprintf("usual at this time of day: 5 to 95 %% of the hours before it (median dashed); known since %s", d.chart.Born.UTC().Format("2 Jan 15:04")))
}
