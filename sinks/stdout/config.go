package stdout

import "github.com/auditwarden/auditwarden/pipeline"

// Config of the sink.
type Config struct {
	// Format is auto (text on a terminal, JSON lines elsewhere), text or json. Empty means auto.
	Format string `yaml:"format"`
	// Color is auto (on a terminal, unless NO_COLOR is set or TERM is dumb), always or never. Empty means auto.
	Color string `yaml:"color"`
}

// Validate lists what is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	switch c.Format {
	case "", "auto", "text", "json":
	default:
		ps.Add("format", "%q is not known; write auto, text or json", c.Format)
	}
	switch c.Color {
	case "", "auto", "always", "never":
	default:
		ps.Add("color", "%q is not known; write auto, always or never", c.Color)
	}
	return ps
}
