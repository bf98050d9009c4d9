package baseline

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	steady := []float64{100, 110, 95, 105, 90, 100, 120}
	tests := []struct {
		name    string
		usual   []float64
		missing int
		value   float64
		want    bool
	}{
		{"the usual", steady, 0, 115, false},
		{"twice the usual", steady, 0, 210, false},
		{"five times the usual", steady, 0, 550, true},
		{"nothing before", nil, 0, 10, true},
		{"a constant", []float64{50, 50, 50, 50}, 0, 60, false},
		{"mostly idle", []float64{10}, 20, 5000, true},
		{"one bad hour in the history hides nothing", append([]float64{90000}, steady...), 0, 900, true},
		{"far below is not odd", steady, 0, 1, false},
		{"noisy history", []float64{10, 1000, 30, 700, 5, 2000, 60}, 0, 4000, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := Judge(test.usual, test.missing, test.value, 4, 3)
			if v.Spike != test.want {
				t.Errorf("spike %v, want %v: %+v", v.Spike, test.want, v)
			}
			if math.IsNaN(v.Score) || math.IsNaN(v.Threshold) {
				t.Errorf("not a number: %+v", v)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	c := Default()
	if err := c.Validate().Err(); err != nil {
		t.Fatalf("the default is refused: %v", err)
	}
	c = Config{LearningDays: 2, ActiveDays: 9, StaleDays: 1, RecentDays: 1, HistoryDays: 1}
	if got := len(c.Validate()); got != 4 {
		t.Errorf("%d problems, want 4: %v", got, c.Validate())
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"a": "'a'", `a'b\c`: `'a\'b\\c'`, "'; DROP TABLE events --": `'\'; DROP TABLE events --'`} {
		if got := Quote(in); got != want {
			t.Errorf("%q is quoted as %s, want %s", in, got, want)
		}
	}
}

// TestSeries judges a fortnight with two odd hours, one after the other, at once and hour by hour: the answers must be the
// same, and the first odd hour must not excuse the second.
func TestSeries(t *testing.T) {
	born := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	cfg := Default()
	w := Watch{Name: "r", Metric: "rows_read", MinValue: 1000, Factor: 3}
	hours := func() []Hour {
		var list []Hour
		for i := range 14 * 24 {
			v := 500.0 + float64(i%7)*20
			if i == 250 || i == 251 {
				v = 9000
			}
			list = append(list, Hour{At: born.Add(time.Duration(i) * time.Hour), Value: v})
		}
		return list
	}
	at := func(found []Spike) []int {
		var out []int
		for _, f := range found {
			out = append(out, int(f.Hour.At.Sub(born).Hours()))
		}
		return out
	}
	whole := Series{Hours: hours(), Born: born, Settled: born}
	got := at(whole.Spikes(born, w, &cfg))
	if !slices.Equal(got, []int{250, 251}) {
		t.Errorf("odd hours %v, want 250 and 251", got)
	}
	step := Series{Born: born, Settled: born}
	var one []int
	for _, h := range hours() {
		step.Hours = append(step.Hours, h)
		one = append(one, at(step.Spikes(h.At, w, &cfg))...)
	}
	if !slices.Equal(got, one) {
		t.Errorf("hour by hour %v are odd, at once %v", one, got)
	}
	young := Series{Hours: hours(), Born: born.AddDate(0, 0, 10), Settled: born.AddDate(0, 0, 10)}
	if got := at(young.Spikes(born, w, &cfg)); len(got) != 0 {
		t.Errorf("a profile still being learnt has odd hours %v", got)
	}
	newcomer := Series{Hours: hours()[245:], Born: born.AddDate(0, 0, 10), Settled: born}
	if got := at(newcomer.Spikes(born, w, &cfg)); len(got) != 2 {
		t.Errorf("a newcomer on a settled cluster has odd hours %v, want both", got)
	}
}
