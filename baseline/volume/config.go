package volume

import (
	"math"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Config is the detector's only parameter set; the defaults are meant for every series.
type Config struct {
	// FalseAlarm is the nominal probability that an ordinary point raises an alert.
	FalseAlarm float64 `yaml:"false_alarm"`
	// MinFactor is how many times the expected value a rise must reach to raise an alert; a fall must reach its inverse.
	MinFactor float64 `yaml:"min_factor"`
	// MinValue is the least departure from the expected value that raises an alert, in units of the series.
	MinValue float64 `yaml:"min_value"`
	// Learn is how many points are only learnt from.
	Learn int `yaml:"learn"`
	// Refractory is for how many points after an alert there is no other, unless it is far less likely.
	Refractory int `yaml:"refractory"`
	// TwoSided says that falls raise alerts as well as rises.
	TwoSided bool `yaml:"two_sided"`

	// Off takes ingredients away, to measure what each adds.
	Off Ingredients `yaml:"-"`
}

// Ingredients are parts of the method that can be left out.
type Ingredients struct {
	Season, Tail, Refractory                              bool // of score and alerts
	Week, Log, Pair, Habit, Level, Texture, Drift, Robust bool // of the score
	Shift, Sums, Spread, Excess, Doubt                    bool // of alerts
}

// needed is -log10 of FalseAlarm.
func (c *Config) needed() float64 { return -math.Log10(c.FalseAlarm) }

// Default is the parameter set that docs/volume.md measures.
func Default() Config {
	return Config{FalseAlarm: 3e-5, MinFactor: 1.5, MinValue: 5, Learn: 100, Refractory: 120}
}

// Validate says all that is wrong with c.
func (c *Config) Validate() pipeline.Problems {
	var p pipeline.Problems
	if !(c.FalseAlarm > 0 && c.FalseAlarm < 1) {
		p.Add("false_alarm", "%v must be above 0 and below 1", c.FalseAlarm)
	}
	if !(c.MinFactor >= 1) || math.IsInf(c.MinFactor, 0) {
		p.Add("min_factor", "%v must be 1 or more", c.MinFactor)
	}
	if !(c.MinValue >= 0) || math.IsInf(c.MinValue, 0) {
		p.Add("min_value", "%v must be 0 or more", c.MinValue)
	}
	if c.Learn < minLearn || c.Learn > maxLearn {
		p.Add("learn", "%d must be %d to %d", c.Learn, minLearn, maxLearn)
	}
	if c.Refractory < 0 || c.Refractory > maxRefractory {
		p.Add("refractory", "%d must be 0 to %d", c.Refractory, maxRefractory)
	}
	return p
}

const (
	minLearn      = 20
	maxLearn      = 100_000
	maxRefractory = 10_000
)
