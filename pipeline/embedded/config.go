package embedded

import (
	"net"
	"os"
	"path/filepath"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Config of the embedded engine.
type Config struct {
	// Library is the path of libchdb.so. Empty: $AUDITWARDEN_LIBCHDB, then the cache that `make libchdb` fills.
	Library string `yaml:"library"`
	// Path is the folder that holds the data. One process at a time.
	Path string `yaml:"path"`
	// Listen is the address of the HTTP interface; a loopback address, since there is no TLS.
	Listen string `yaml:"listen"`
	// MaxMemory bounds the engine, in bytes; 0 means half of the machine's.
	MaxMemory uint64 `yaml:"max_memory_bytes"`
}

// Default listens where a ClickHouse server does.
func Default() Config {
	return Config{Path: filepath.Join("data", "clickhouse"), Listen: "127.0.0.1:8123"}
}

// Validate reports all that is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if c.Path == "" {
		ps.Add("path", "must name the folder that holds the data")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	switch ip := net.ParseIP(host); {
	case err != nil:
		ps.Add("listen", "%q is not host:port; write for example 127.0.0.1:8123", c.Listen)
	case host != "localhost" && (ip == nil || !ip.IsLoopback()):
		ps.Add("listen", "%q is not a loopback address: the embedded engine has no TLS; use 127.0.0.1 or a ClickHouse server", c.Listen)
	}
	if c.Library != "" {
		if _, err := os.Stat(c.Library); err != nil {
			ps.Add("library", "no library at %s; leave it empty to use the one that `make libchdb` fetches", c.Library)
		}
	}
	return ps
}
