package kafka

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Where a group without a committed offset begins.
const (
	FromStart = "start"
	FromEnd   = "end"
)

// Config says which topics to read, and how to reach the brokers.
type Config struct {
	Brokers []string `yaml:"brokers"` // host:port each; one that answers is enough
	Topics  []string `yaml:"topics"`
	// TopicPattern is a regular expression that a topic's whole name must match; topics made later are found within
	// DiscoverInterval. Either Topics or TopicPattern is set.
	TopicPattern     string        `yaml:"topic_pattern"`
	DiscoverInterval time.Duration `yaml:"discover_interval"`
	// Group is the consumer group. Ingest and archive MUST NOT share one: the archive adds "-archive" by itself.
	Group string `yaml:"group"`
	// From is "start" or "end": where to begin in a partition of which the group has no offset.
	From string `yaml:"from"`
	// SplitLines takes each line of a message as a record. Messages that begin with { or [ are never split.
	SplitLines bool `yaml:"split_lines"`
	// MaxRecordBytes cuts longer records, and marks them.
	MaxRecordBytes int `yaml:"max_record_bytes"`
	// BatchRecords and BatchWait limit one batch.
	BatchRecords   int           `yaml:"batch_records"`
	BatchWait      time.Duration `yaml:"batch_wait"`
	FetchBytes     int           `yaml:"fetch_bytes"` // most bytes a broker sends at once
	SessionTimeout time.Duration `yaml:"session_timeout"`
	TLS            *TLS          `yaml:"tls"`
	SASL           *SASL         `yaml:"sasl"`
}

// TLS settings; the broker's certificate is always verified.
type TLS struct {
	CAFile     string `yaml:"ca_file"` // PEM; empty: the system's authorities
	CertFile   string `yaml:"cert_file"`
	KeyFile    string `yaml:"key_file"`
	ServerName string `yaml:"server_name"` // empty: the broker's host name
}

// SASL mechanisms.
const (
	Plain       = "plain"
	ScramSHA256 = "scram-sha-256"
	ScramSHA512 = "scram-sha-512"
	MSKIAM      = "aws_msk_iam"
)

// SASL says how to log in to the brokers.
type SASL struct {
	Mechanism    string          `yaml:"mechanism"`
	Username     string          `yaml:"username"`
	Password     pipeline.Secret `yaml:"password"`
	PasswordFile string          `yaml:"password_file"`
	Region       string          `yaml:"region"` // aws_msk_iam; credentials come from AWS's default chain
}

// Default reads from the start.
func Default() Config {
	return Config{
		Group: "auditwarden", From: FromStart, SplitLines: true, MaxRecordBytes: 8 << 20, BatchRecords: 16384,
		BatchWait: 100 * time.Millisecond, FetchBytes: 16 << 20, SessionTimeout: 30 * time.Second, DiscoverInterval: time.Minute,
	}
}

// Validate says all that is wrong with c.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if len(c.Brokers) == 0 {
		ps.Add("brokers", "must name at least one broker as host:port")
	}
	for i, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			ps.Add("brokers["+strconv.Itoa(i)+"]", "%q is not host:port; write for example kafka-1.example.com:9092", b)
		}
	}
	if (len(c.Topics) == 0) == (c.TopicPattern == "") {
		ps.Add("topics", "exactly one of topics, topic_pattern must be set")
	}
	if slices.Contains(c.Topics, "") {
		ps.Add("topics", "must not hold an empty name")
	}
	if _, err := regexp.Compile(c.TopicPattern); err != nil {
		ps.Add("topic_pattern", "%q is not a regular expression: %s", c.TopicPattern, err)
	}
	if c.Group == "" {
		ps.Add("group", "must name the consumer group")
	}
	if c.From != FromStart && c.From != FromEnd {
		ps.Add("from", `%q must be "start" or "end"`, c.From)
	}
	c.validateLimits(&ps)
	c.validateSecurity(&ps)
	return ps
}

func (c *Config) validateLimits(ps *pipeline.Problems) {
	for _, v := range []struct {
		path         string
		have, lo, hi int
	}{
		{"max_record_bytes", c.MaxRecordBytes, 1024, 256 << 20},
		{"batch_records", c.BatchRecords, 1, 1 << 20},
		{"fetch_bytes", c.FetchBytes, 1 << 16, 1 << 30},
	} {
		if v.have < v.lo || v.have > v.hi {
			ps.Add(v.path, "%d must be between %d and %d", v.have, v.lo, v.hi)
		}
	}
	for _, v := range []struct {
		path         string
		have, lo, hi time.Duration
	}{
		{"batch_wait", c.BatchWait, time.Millisecond, time.Minute},
		{"session_timeout", c.SessionTimeout, time.Second, 30 * time.Minute},
		{"discover_interval", c.DiscoverInterval, 100 * time.Millisecond, time.Hour},
	} {
		if v.have < v.lo || v.have > v.hi {
			ps.Add(v.path, "%s must be between %s and %s", v.have, v.lo, v.hi)
		}
	}
}

func (c *Config) validateSecurity(ps *pipeline.Problems) {
	if c.TLS != nil && (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		ps.Add("tls", "cert_file and key_file must be set together")
	}
	if c.SASL == nil {
		return
	}
	switch c.SASL.Mechanism {
	case Plain, ScramSHA256, ScramSHA512:
		if c.SASL.Username == "" {
			ps.Add("sasl.username", "must be set for %s", c.SASL.Mechanism)
		}
		if (c.SASL.Password == "") == (c.SASL.PasswordFile == "") {
			ps.Add("sasl", "exactly one of password, password_file must be set")
		}
	case MSKIAM:
		if c.SASL.Region == "" {
			ps.Add("sasl.region", "must name the AWS region of the cluster")
		}
	default:
		ps.Add("sasl.mechanism", "%q must be one of %s, %s, %s, %s", c.SASL.Mechanism, Plain, ScramSHA256, ScramSHA512, MSKIAM)
	}
	if c.TLS == nil && (c.SASL.Mechanism == Plain || c.SASL.Mechanism == MSKIAM) {
		ps.Add("tls", "must be set with sasl.mechanism %s, which would send the secret in the clear; \"tls: {}\" takes the system's authorities", c.SASL.Mechanism)
	}
}
