package parsers

import (
	"time"

	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Config says what a source's records are. The zero value recognises everything by itself.
type Config struct {
	// Format is "auto" (or empty), or a name that [Formats] lists.
	Format string `yaml:"format"`
	// Prefix is the server's log_line_prefix, for stderr and syslog; empty: recognised among the known ones.
	Prefix string `yaml:"prefix"`
	// TimeZone is the IANA name of the zone of timestamps that state none; empty: UTC.
	TimeZone string `yaml:"time_zone"`
	// Cluster names the database cluster in every event, unless an envelope knows better.
	Cluster string `yaml:"cluster"`
	// MaxRecordBytes bounds one record joined of several pieces; what is over is counted, not kept. Empty: 16 MiB.
	MaxRecordBytes int `yaml:"max_record_bytes"`
	// MaxHeldBytes bounds all pieces waiting at once; past it the oldest are released. The texts remembered of sessions
	// have the same bound, past which the oldest sessions are forgotten. Empty: 64 MiB.
	MaxHeldBytes int `yaml:"max_held_bytes"`
	// MaxStreams and MaxSessions bound how many streams and database sessions are remembered. Empty: 4096 and 65536.
	MaxStreams  int `yaml:"max_streams"`
	MaxSessions int `yaml:"max_sessions"`
	// JoinTimeout is how long a piece waits for the next. Empty: 2 s.
	JoinTimeout time.Duration `yaml:"join_timeout"`
	// QueryLogLimit is MariaDB's server_audit_query_log_limit; queries exactly that long are marked as cut. Empty: 1024.
	QueryLogLimit int `yaml:"query_log_limit"`
}

// Default is the configuration that the empty one means.
func Default() Config {
	return Config{
		Format: "auto", MaxRecordBytes: 16 << 20, MaxHeldBytes: 64 << 20, MaxStreams: 4096, MaxSessions: 65536,
		JoinTimeout: 2 * time.Second, QueryLogLimit: 1024,
	}
}

// minStreams is more than one record can use at once: every envelope inside another has a stream of its own.
const minStreams = 16

// withDefaults fills in what is empty.
func (c Config) withDefaults() Config {
	d := Default()
	if c.Format == "" {
		c.Format = d.Format
	}
	for _, f := range []struct{ have, def *int }{
		{&c.MaxRecordBytes, &d.MaxRecordBytes},
		{&c.MaxHeldBytes, &d.MaxHeldBytes},
		{&c.MaxStreams, &d.MaxStreams},
		{&c.MaxSessions, &d.MaxSessions},
		{&c.QueryLogLimit, &d.QueryLogLimit},
	} {
		if *f.have == 0 {
			*f.have = *f.def
		}
	}
	if c.JoinTimeout == 0 {
		c.JoinTimeout = d.JoinTimeout
	}
	return c
}

// Validate says all that is wrong with c, with paths relative to it.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if c.Format != "" && c.Format != "auto" {
		if _, ok := formatNamed(c.Format); !ok {
			ps.Add("format", "unknown format %q; write auto or one that `auditwarden parse -format list` shows", c.Format)
		}
	}
	if _, err := postgresql.CompilePrefix(c.Prefix); err != nil {
		ps.Add("prefix", "%v", err)
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		ps.Add("time_zone", "unknown time zone %q; write an IANA name such as Europe/Berlin", c.TimeZone)
	}
	for _, f := range []struct {
		path     string
		got, low int
	}{
		{"max_record_bytes", c.MaxRecordBytes, 1024},
		{"max_held_bytes", c.MaxHeldBytes, 1024},
		{"max_streams", c.MaxStreams, minStreams},
		{"max_sessions", c.MaxSessions, 1},
		{"query_log_limit", c.QueryLogLimit, 1},
	} {
		if f.got != 0 && f.got < f.low {
			ps.Add(f.path, "must be at least %d; leave it out for the default", f.low)
		}
	}
	if c.JoinTimeout < 0 {
		ps.Add("join_timeout", "must not be negative; leave it out for 2s")
	}
	return ps
}
