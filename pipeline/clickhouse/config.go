package clickhouse

import (
	"regexp"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Config says where ClickHouse is and how to keep rows there.
type Config struct {
	// DSN is http://, https:// (HTTP interface) or clickhouse:// (native TCP): user:password@host[,host…]/database.
	DSN     pipeline.Secret `yaml:"dsn"`
	DSNFile string          `yaml:"dsn_file"` // a file that holds the DSN, instead

	// CreateDatabase creates the DSN's database where it does not exist.
	CreateDatabase bool `yaml:"create_database"`
	// Cluster names a cluster of the server's remote_servers: tables become Replicated… and Distributed, made ON CLUSTER.
	Cluster string `yaml:"cluster"`

	// EventDays and UnparsedDays say how long rows are kept after they were ingested. 0 keeps events for ever;
	// the quarantine always expires.
	EventDays    int `yaml:"event_days"`
	UnparsedDays int `yaml:"unparsed_days"`
	// StoreStatementText keeps raw SQL, literals included, in events.statement_text.
	StoreStatementText bool `yaml:"store_statement_text"`

	DialTimeout   time.Duration `yaml:"dial_timeout"`
	QueryTimeout  time.Duration `yaml:"query_timeout"`  // one read, or one statement of a migration
	InsertTimeout time.Duration `yaml:"insert_timeout"` // one table's part of a commit
	Compression   string        `yaml:"compression"`    // auto (lz4, but none to loopback), none, lz4, zstd
	MaxConns      int           `yaml:"max_connections"`

	TLS TLSConfig `yaml:"tls"`
	// InsertSettings are ClickHouse settings sent with every insert, for example insert_quorum.
	InsertSettings map[string]string `yaml:"insert_settings"`
}

// TLSConfig sets up TLS for https:// and for clickhouse:// with ?secure=true.
type TLSConfig struct {
	CAFile             string `yaml:"ca_file"`
	CertFile           string `yaml:"cert_file"`
	KeyFile            string `yaml:"key_file"`
	ServerName         string `yaml:"server_name"`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify"`
}

// Default is the configuration of everything but the DSN.
func Default() Config {
	return Config{
		CreateDatabase: true,
		EventDays:      400,
		UnparsedDays:   14,
		DialTimeout:    5 * time.Second,
		QueryTimeout:   time.Minute,
		InsertTimeout:  time.Minute,
		Compression:    "auto",
		MaxConns:       8,
	}
}

var (
	clusterName = regexp.MustCompile(`^[A-Za-z0-9_.{}-]+$`)
	settingName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Validate lists all that is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	switch {
	case c.DSN == "" && c.DSNFile == "":
		ps.Add("dsn", "exactly one of dsn, dsn_file must be set; for example http://auditwarden@127.0.0.1:8123/default")
	case c.DSN != "" && c.DSNFile != "":
		ps.Add("dsn", "exactly one of dsn, dsn_file must be set; remove one")
	case c.DSN != "":
		if _, err := parseDSN(c.DSN, c); err != nil {
			ps.Add("dsn", "%s", err)
		}
	}
	if c.Cluster != "" && !clusterName.MatchString(c.Cluster) {
		ps.Add("cluster", "%q is no cluster's name; use letters, digits, _ and -, or a macro such as {cluster}", c.Cluster)
	}
	if c.EventDays < 0 {
		ps.Add("event_days", "must be 0 (for ever) or more, is %d", c.EventDays)
	}
	if c.UnparsedDays < 1 {
		ps.Add("unparsed_days", "must be 1 or more, is %d: unparsed lines may hold secrets and must expire", c.UnparsedDays)
	}
	positive(&ps, "dial_timeout", c.DialTimeout)
	positive(&ps, "query_timeout", c.QueryTimeout)
	positive(&ps, "insert_timeout", c.InsertTimeout)
	if c.InsertTimeout > maxInsertTimeout {
		ps.Add("insert_timeout", "must be at most %s, is %s: a batch without a ledger row is taken for abandoned after %s",
			maxInsertTimeout, c.InsertTimeout, AdoptAfter)
	}
	if _, ok := compressions[c.Compression]; !ok {
		ps.Add("compression", "must be auto, none, lz4 or zstd, is %q", c.Compression)
	}
	if c.MaxConns < 1 {
		ps.Add("max_connections", "must be 1 or more, is %d", c.MaxConns)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		ps.Add("tls", "cert_file and key_file must be set together")
	}
	for name := range c.InsertSettings {
		if !settingName.MatchString(name) || strings.HasPrefix(name, "insert_dedup") || name == "async_insert" {
			ps.Add("insert_settings."+name, "is not a setting that may be changed here")
		}
	}
	return ps
}

func positive(ps *pipeline.Problems, path string, d time.Duration) {
	if d <= 0 {
		ps.Add(path, "must be more than 0, is %s", d)
	}
}
