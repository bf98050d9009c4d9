package worm

import (
	"strings"
	"testing"
	"time"
)

func TestValidate(t *testing.T) {
	private, public, err := GenerateKey("archive.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"good", func(*Config) {}, ""},
		{"good keys", func(c *Config) { c.SigningKey, c.VerifyKeys = private, []string{public} }, ""},
		{"no place", func(c *Config) { c.Folder = "" },
			"bucket: must name an S3 bucket with Object Lock; or set folder to try the archive without one"},
		{"endpoint", func(c *Config) { c.Endpoint = "s3.example.com" }, `endpoint: "s3.example.com" must be a URL like https://s3.example.com`},
		{"half a key pair", func(c *Config) { c.AccessKeyID = "x" },
			"access_key_id: access_key_id and secret_access_key (or secret_access_key_file) must be set together"},
		{"two secrets", func(c *Config) { c.AccessKeyID, c.SecretAccessKey, c.SecretAccessKeyFile = "x", "y", "z" },
			"secret_access_key: set this or secret_access_key_file, not both"},
		{"mode", func(c *Config) { c.Mode = "compliance" }, `mode: "compliance" must be COMPLIANCE or GOVERNANCE`},
		{"retention", func(c *Config) { c.RetentionDays = -1 }, "retention_days: -1 must be between 1 and 36600"},
		{"segment", func(c *Config) { c.SegmentBytes = 1 }, "segment_bytes: 1 must be between 1024 and 268435456"},
		{"level", func(c *Config) { c.CompressionLevel = 9 }, "compression_level: 9 must be between 1 and 4"},
		{"age", func(c *Config) { c.SegmentAge = -time.Second }, "segment_age: -1s must not be negative"},
		{"signing key", func(c *Config) { c.SigningKey = "not a key" }, "signing_key: is not a private key as the archive's key generator prints it"},
		{"verify key", func(c *Config) { c.VerifyKeys = []string{public, "x"} },
			"verify_keys: entry 1 is not a public key as the archive's key generator prints it"},
		{"everything at once", func(c *Config) { c.Folder, c.Mode = "", "x" },
			"bucket: must name an S3 bucket with Object Lock; or set folder to try the archive without one\nmode: \"x\" must be COMPLIANCE or GOVERNANCE"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := Default()
			c.Folder = "archive"
			tc.change(&c)
			got := ""
			if err := c.Validate().Err(); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if strings.Contains(got, "not a key") {
				t.Error("the key is in the message")
			}
		})
	}
}

func TestPublicKey(t *testing.T) {
	private, public, err := GenerateKey("archive.example")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := PublicKey(private); err != nil || got != public {
		t.Errorf("got %q, %v; want %q", got, err, public)
	}
	if _, err := PublicKey("PRIVATE+KEY+x+y+z"); err == nil {
		t.Error("a malformed key was read")
	}
	if _, _, err := GenerateKey("two words"); err == nil {
		t.Error("a name with a space was taken")
	}
}
