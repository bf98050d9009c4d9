package baseline

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestChartHour shows which window the band is taken from: before the hour, of its time of day, since the profile was born.
func TestChartHour(t *testing.T) {
	cfg := Default()
	born := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	at := born.AddDate(0, 0, 10).Add(9 * time.Hour)
	values := map[time.Time]float64{}
	for d := range 10 {
		for h := -1; h <= 1; h++ {
			values[born.AddDate(0, 0, d).Add(time.Duration(9+h)*time.Hour)] = 100
		}
		values[born.AddDate(0, 0, d).Add(12*time.Hour)] = 1e6 // another time of day
	}
	values[at] = 7
	values[at.Add(-time.Hour)] = 1e6            // today is not history
	values[at.AddDate(0, 0, 1)] = 1e6           // nor is tomorrow
	values[born.AddDate(0, 0, -1).Add(9)] = 1e6 // nor what was before the profile
	want := ChartHour{Value: 7, Low: 100, Usual: 100, High: 100}
	if got := cfg.chartHour(values, born, at); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for h := 8; h <= 10; h++ {
		delete(values, born.AddDate(0, 0, 3).Add(time.Duration(h)*time.Hour))
	}
	if got := cfg.chartHour(values, born, at); got.Low != 0 || got.Usual != 100 {
		t.Errorf("an hour without activity counts as zero: %+v", got)
	}
	if got := cfg.chartHour(values, born, born.AddDate(0, 0, 4)); !got.Learning {
		t.Errorf("on its fifth day a role is still being learnt: %+v", got)
	}
}

func TestWriteSVG(t *testing.T) {
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	c := &Chart{Entity: Entity{Cluster: "c", Database: "d", Role: `<script>alert("x")</script>`}, Metric: "events", Begin: begin, Born: begin}
	for n := range chartHours {
		c.Hours = append(c.Hours, ChartHour{Value: float64(n), Low: 1, Usual: 5, High: 50, Learning: n < 48})
	}
	for n := range 20 {
		c.Marks = append(c.Marks, Mark{At: begin.Add(100 * time.Hour), Rule: "R", Severity: "error", Title: "t" + strings.Repeat("&", n)})
	}
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	circles := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			if e.Name.Local == "script" {
				t.Error("a role's name became an element")
			}
			if e.Name.Local == "circle" {
				circles++
			}
		}
	}
	if circles != 2*listedMarks {
		t.Errorf("%d circles for %d marks, want two for each of %d", circles, len(c.Marks), listedMarks)
	}
	for _, want := range []string{"learning", "and 12 more", "NaN"} {
		if got := strings.Contains(b.String(), want); got != (want != "NaN") {
			t.Errorf("the picture contains %q: %v", want, got)
		}
	}
}

func TestParsePeriod(t *testing.T) {
	for text, want := range map[string]string{"2026-03-02..2026-03-08": "2026-03-02..2026-03-08", "2026-03-02": "2026-03-02..2026-03-02", "2026-03-08..2026-03-02": "", "march": "", "2026-03-02..": ""} {
		p, err := ParsePeriod(text)
		if (err == nil) != (want != "") || (err == nil && p.String() != want) {
			t.Errorf("%q is read as %v, %v; want %q", text, p, err, want)
		}
	}
}

func TestDiffSort(t *testing.T) {
	p := func(days int) Period {
		from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		return Period{from, from.AddDate(0, 0, days-1)}
	}
	for _, test := range []struct {
		name      string
		kind      string
		then, now uint64
		days      int
		want      string
	}{
		{"not before", KindShape, 0, 1, 7, "new"},
		{"not any more", KindShape, 7, 0, 7, "gone"},
		{"much oftener", KindShape, 1, 7, 7, "changed"},
		{"as ever", KindShape, 6, 7, 7, ""},
		{"another hour of the week, on one day", KindHour, 0, 1, 1, ""},
		{"another hour of the week, in a week", KindHour, 0, 1, 7, "new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := Diff{Before: p(test.days), After: p(test.days), DaysThen: 7, DaysNow: 7, New: map[string][]Span{}, Gone: map[string][]Span{}, Changed: map[string][]Span{}}
			d.sort(test.kind, Span{Item: "x", Then: test.then, Now: test.now})
			got := ""
			for name, of := range map[string]map[string][]Span{"new": d.New, "gone": d.Gone, "changed": d.Changed} {
				if len(of[test.kind]) > 0 {
					got += name
				}
			}
			if got != test.want {
				t.Errorf("is %q, want %q", got, test.want)
			}
		})
	}
}
