package statement

import "github.com/auditwarden/auditwarden/pipeline"

// Config bounds what the analysis may use.
type Config struct {
	// CacheEntries is how many shapes are remembered. Each takes about 1 to 4 KiB.
	CacheEntries int `yaml:"cache_entries"`
	// MaxParseBytes is the longest canonical text that is given to a grammar; longer ones are read lexically.
	MaxParseBytes int `yaml:"max_parse_bytes"`
	// MaxTextBytes is how much of a text is read at all; what follows is ignored.
	MaxTextBytes int `yaml:"max_text_bytes"`
}

// Default gives the values that suit a production server.
func Default() Config {
	return Config{CacheEntries: 16_384, MaxParseBytes: 256 << 10, MaxTextBytes: 16 << 20}
}

// Validate reports what is wrong with c.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if c.CacheEntries < 0 || c.CacheEntries > 10_000_000 {
		ps.Add("cache_entries", "must be from 0 (no cache) to 10000000")
	}
	if c.MaxParseBytes < 1024 || c.MaxParseBytes > 1<<20 {
		ps.Add("max_parse_bytes", "must be from 1024 to 1048576")
	}
	if c.MaxTextBytes < c.MaxParseBytes || c.MaxTextBytes > 256<<20 {
		ps.Add("max_text_bytes", "must be from max_parse_bytes to 268435456")
	}
	return ps
}
