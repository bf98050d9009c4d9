package baseline

import (
	"math"
	"testing"
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
