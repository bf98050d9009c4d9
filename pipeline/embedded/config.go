package embedded

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"time"

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
	// MaxMemoryBytes bounds the engine; 0 means half of the machine's.
	MaxMemoryBytes uint64 `yaml:"max_memory_bytes"`
	// Fsync makes every insert wait for the disk, so that what was answered outlives a loss of power and not just of the
	// process.
	Fsync bool `yaml:"fsync"`
	// Analyst bounds the users that may only read.
	Analyst AnalystConfig `yaml:"analyst"`
}

// AnalystConfig bounds the users that may only read.
type AnalystConfig struct {
	// Databases are those they can read, system tables that hold others' statements and Hidden apart.
	Databases []string `yaml:"databases"`
	// Hidden are tables that they cannot read, in any database.
	Hidden []string `yaml:"hidden_tables"`
	// MaxMemoryBytes bounds one statement; 0 means a quarter of the engine's.
	MaxMemoryBytes uint64 `yaml:"max_memory_bytes"`
	// Timeout bounds one statement.
	Timeout time.Duration `yaml:"timeout"`
	// Queries is how many statements run at once; the others wait.
	Queries int `yaml:"queries"`
}

// Default listens where a ClickHouse server does.
func Default() Config {
	return Config{
		Path: filepath.Join("data", "clickhouse"), Listen: "127.0.0.1:8123", Fsync: true,
		Analyst: AnalystConfig{
			Databases: []string{"default"}, Hidden: []string{"unparsed"}, Timeout: 5 * time.Minute, Queries: 4,
		},
	}
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

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
		ps.Add("listen", "%q is not a loopback address: the embedded engine has no TLS; use 127.0.0.1, or a ClickHouse server", c.Listen)
	}
	if c.Library != "" {
		if _, err := os.Stat(c.Library); err != nil {
			ps.Add("library", "no library at %s; leave it empty to use the one that `make libchdb` fetches", c.Library)
		}
	}
	ps.Under("analyst", c.Analyst.validate())
	return ps
}

func (c *AnalystConfig) validate() pipeline.Problems {
	var ps pipeline.Problems
	for _, list := range []struct {
		path  string
		names []string
	}{{"databases", c.Databases}, {"hidden_tables", c.Hidden}} {
		for _, name := range list.names {
			if !plainName.MatchString(name) {
				ps.Add(list.path, "%q is not a plain name: letters, digits and _", name)
			} else if name == "system" {
				ps.Add(list.path, "must not hold system: what of it can be read is fixed")
			}
		}
	}
	if c.Timeout <= 0 {
		ps.Add("timeout", "must be longer than 0, for example 5m")
	}
	if c.Queries < 1 || c.Queries > 64 {
		ps.Add("queries", "is %d; must be from 1 to 64", c.Queries)
	}
	return ps
}
