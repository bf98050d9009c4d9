package post

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Secret is a value given directly or in a file.
type Secret struct {
	Value pipeline.Secret
	File  string
}

// Set reports whether exactly one of the two is given.
func (s Secret) Set() bool { return (s.Value == "") != (s.File == "") }

// Given reports whether any of the two is.
func (s Secret) Given() bool { return s.Value != "" || s.File != "" }

// Load returns the value. A file is read anew every time, so that a replaced secret counts at once; white space around
// its content is dropped.
func (s Secret) Load() (string, error) {
	if s.File == "" {
		return s.Value.Reveal(), nil
	}
	b, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", fmt.Errorf("read secret: %s is empty", s.File)
	}
	return v, nil
}

// CheckURL says what is wrong with an address to post to, without repeating it, or "". Plain HTTP is allowed to this machine and,
// if insecure, to any.
func CheckURL(text string, insecure bool) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "not a URL; write https://HOST/PATH"
	case u.Scheme == "https":
		return ""
	case u.Scheme != "http":
		return "must begin with https://"
	case insecure || loopback(u.Hostname()):
		return ""
	}
	return "must begin with https:// (http:// would send the alert and its secrets readable to anybody on the way)"
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
