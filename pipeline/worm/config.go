package worm

import (
	"net/url"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/auditwarden/auditwarden/pipeline"
)

// The modes of Object Lock. In governance mode those with a special permission can lift the lock.
const (
	Compliance = "COMPLIANCE"
	Governance = "GOVERNANCE"
)

// Config says where and how to archive.
type Config struct {
	Bucket    string `yaml:"bucket"`     // must have Object Lock enabled
	Prefix    string `yaml:"prefix"`     // of all keys, without slashes at its ends
	Region    string `yaml:"region"`     // of the bucket
	Endpoint  string `yaml:"endpoint"`   // URL of an S3-compatible service; empty for AWS
	PathStyle bool   `yaml:"path_style"` // put the bucket into the path, not into the host name
	// AccessKeyID with its secret; empty for the usual chain: environment, shared files, web identity, instance role.
	AccessKeyID         string          `yaml:"access_key_id"`
	SecretAccessKey     pipeline.Secret `yaml:"secret_access_key"`
	SecretAccessKeyFile string          `yaml:"secret_access_key_file"`
	// KMSKeyID encrypts with that key (SSE-KMS); empty for the bucket's default encryption.
	KMSKeyID string `yaml:"kms_key_id"`

	RetentionDays int    `yaml:"retention_days"` // from the day of writing
	Mode          string `yaml:"mode"`           // COMPLIANCE or GOVERNANCE

	// Folder is used when no bucket is set. Files are read-only, but a folder is not immutable.
	Folder string `yaml:"folder"`

	SegmentBytes     int64         `yaml:"segment_bytes"`     // a segment is closed at so many bytes of raw records
	SegmentAge       time.Duration `yaml:"segment_age"`       // or when its first record is this old
	CompressionLevel int           `yaml:"compression_level"` // zstd, 1 (fast) to 4 (small)

	// SigningKey signs checkpoints: what `GenerateKey` gave as the private key. Without it they are not signed.
	SigningKey     pipeline.Secret `yaml:"signing_key"`
	SigningKeyFile string          `yaml:"signing_key_file"`
	// VerifyKeys are the public keys that checkpoints may be signed with; the signing key's own is always among them.
	VerifyKeys []string `yaml:"verify_keys"`

	RequestTimeout time.Duration `yaml:"request_timeout"` // of one request to S3
	DrainTimeout   time.Duration `yaml:"drain_timeout"`   // for the last segment when the process is asked to stop
}

// Default keeps records for a year in compliance mode; it names no place.
func Default() Config {
	return Config{
		RetentionDays:    365,
		Mode:             Compliance,
		SegmentBytes:     64 << 20,
		SegmentAge:       time.Minute,
		CompressionLevel: 1,
		RequestTimeout:   time.Minute,
		DrainTimeout:     20 * time.Second,
	}
}

func (c *Config) setDefaults() {
	d := Default()
	if c.RetentionDays == 0 {
		c.RetentionDays = d.RetentionDays
	}
	if c.Mode == "" {
		c.Mode = d.Mode
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = d.SegmentBytes
	}
	if c.CompressionLevel == 0 {
		c.CompressionLevel = d.CompressionLevel
	}
	for _, v := range []struct{ have, want *time.Duration }{
		{&c.SegmentAge, &d.SegmentAge}, {&c.RequestTimeout, &d.RequestTimeout}, {&c.DrainTimeout, &d.DrainTimeout},
	} {
		if *v.have == 0 {
			*v.have = *v.want
		}
	}
	c.Prefix = strings.Trim(c.Prefix, "/")
}

const (
	maxSegmentBytes = 256 << 20
	maxRetention    = 100 * 366
)

// Validate says all that is wrong with c. Zero values mean their defaults.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if c.Bucket == "" && c.Folder == "" {
		ps.Add("bucket", "must name an S3 bucket with Object Lock; or set folder to try the archive without one")
	}
	if c.Endpoint != "" {
		if u, err := url.Parse(c.Endpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			ps.Add("endpoint", "%q must be a URL like https://s3.example.com", c.Endpoint)
		}
	}
	if c.SecretAccessKey != "" && c.SecretAccessKeyFile != "" {
		ps.Add("secret_access_key", "set this or secret_access_key_file, not both")
	}
	if (c.AccessKeyID == "") != (c.SecretAccessKey == "" && c.SecretAccessKeyFile == "") {
		ps.Add("access_key_id", "access_key_id and secret_access_key (or secret_access_key_file) must be set together")
	}
	if c.Mode != "" && c.Mode != Compliance && c.Mode != Governance {
		ps.Add("mode", "%q must be COMPLIANCE or GOVERNANCE", c.Mode)
	}
	c.validateNumbers(&ps)
	c.validateKeys(&ps)
	return ps
}

func (c *Config) validateNumbers(ps *pipeline.Problems) {
	if c.RetentionDays < 0 || c.RetentionDays > maxRetention {
		ps.Add("retention_days", "%d must be between 1 and %d", c.RetentionDays, maxRetention)
	}
	if c.SegmentBytes != 0 && (c.SegmentBytes < 1<<10 || c.SegmentBytes > maxSegmentBytes) {
		ps.Add("segment_bytes", "%d must be between %d and %d", c.SegmentBytes, 1<<10, maxSegmentBytes)
	}
	if c.CompressionLevel < 0 || c.CompressionLevel > 4 {
		ps.Add("compression_level", "%d must be between 1 and 4", c.CompressionLevel)
	}
	for _, v := range []struct {
		path string
		d    time.Duration
	}{{"segment_age", c.SegmentAge}, {"request_timeout", c.RequestTimeout}, {"drain_timeout", c.DrainTimeout}} {
		if v.d < 0 {
			ps.Add(v.path, "%s must not be negative", v.d)
		}
	}
}

func (c *Config) validateKeys(ps *pipeline.Problems) {
	if c.SigningKey != "" && c.SigningKeyFile != "" {
		ps.Add("signing_key", "set this or signing_key_file, not both")
	}
	if c.SigningKey != "" {
		if _, err := note.NewSigner(c.SigningKey.Reveal()); err != nil {
			ps.Add("signing_key", "is not a private key as the archive's key generator prints it")
		}
	}
	for i, k := range c.VerifyKeys {
		if _, err := note.NewVerifier(k); err != nil {
			ps.Add("verify_keys", "entry %d is not a public key as the archive's key generator prints it", i)
		}
	}
}

// Place names where the archive is, for messages.
func (c *Config) Place() string {
	switch {
	case c.Bucket == "":
		return "folder " + c.Folder
	case c.Prefix == "":
		return "bucket " + c.Bucket
	default:
		return "bucket " + c.Bucket + ", prefix " + c.Prefix
	}
}
