package webhook

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/auditwarden/auditwarden/pipeline"
	"github.com/auditwarden/auditwarden/sinks/internal/post"
)

// Config of the sink.
type Config struct {
	// URL to post to; it may hold a token, so it is a secret.
	URL     pipeline.Secret `yaml:"url"`
	URLFile string          `yaml:"url_file"`
	// HMACKey signs every body, see the package comment. None: no signature.
	HMACKey     pipeline.Secret `yaml:"hmac_key"`
	HMACKeyFile string          `yaml:"hmac_key_file"`
	// Headers are added to every request, for example Authorization.
	Headers map[string]pipeline.Secret `yaml:"headers"`
	// HeaderFiles are the same with the values in files.
	HeaderFiles map[string]string `yaml:"header_files"`
	// Timeout of one request. 0 means 10s.
	Timeout time.Duration `yaml:"timeout"`
	// CAFile holds further certificate authorities (PEM).
	CAFile string `yaml:"ca_file"`
	// AllowHTTP permits http:// to another machine.
	AllowHTTP bool `yaml:"allow_http"`
}

const defaultTimeout = 10 * time.Second

// minKey is the shortest HMAC key taken.
const minKey = 16

func (c *Config) url() post.Secret { return post.Secret{Value: c.URL, File: c.URLFile} }
func (c *Config) key() post.Secret { return post.Secret{Value: c.HMACKey, File: c.HMACKeyFile} }

// ours are the headers that the sink sets itself.
var ours = []string{"Content-Type", "Content-Length", "Host", "Transfer-Encoding", "User-Agent", signatureHeader, idHeader}

// Validate lists what is wrong.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if !c.url().Set() {
		ps.Add("", "exactly one of url, url_file must be set")
	} else if c.URL != "" {
		if wrong := post.CheckURL(c.URL.Reveal(), c.AllowHTTP); wrong != "" {
			ps.Add("url", "%s", wrong)
		}
	}
	if c.HMACKey != "" && c.HMACKeyFile != "" {
		ps.Add("", "only one of hmac_key, hmac_key_file may be set")
	}
	if n := len(c.HMACKey); n > 0 && n < minKey {
		ps.Add("hmac_key", "too short: use at least %d characters", minKey)
	}
	if c.Timeout < 0 {
		ps.Add("timeout", "must not be negative")
	}
	c.validateHeaders(&ps)
	return ps
}

func (c *Config) validateHeaders(ps *pipeline.Problems) {
	var names []string
	for name, value := range c.Headers {
		names = append(names, name)
		if !httpguts.ValidHeaderFieldValue(value.Reveal()) {
			ps.Add("headers."+name, "the value holds a character that HTTP does not allow")
		}
	}
	for name := range c.HeaderFiles {
		names = append(names, name)
		if _, both := c.Headers[name]; both {
			ps.Add("header_files."+name, "is set in headers too; keep one")
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		own := slices.ContainsFunc(ours, func(o string) bool { return strings.EqualFold(o, name) })
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			ps.Add("headers", "%q is not a header's name", name)
		case own:
			ps.Add("headers."+http.CanonicalHeaderKey(name), "is set by the sink itself; remove it")
		}
	}
}
