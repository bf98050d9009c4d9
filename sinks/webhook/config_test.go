package webhook

import (
	"encoding/pem"
	"testing"

	"github.com/auditwarden/auditwarden/pipeline"
)

func pemOf(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }

func TestValidate(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"good", Config{URL: "https://siem.example/in"}, ""},
		{"nothing", Config{}, "exactly one of url, url_file must be set"},
		{"both", Config{URL: "https://a/", URLFile: "f"}, "exactly one of url, url_file must be set"},
		{"not a URL", Config{URL: "siem"}, "url: not a URL; write https://HOST/PATH"},
		{"plain HTTP", Config{URL: "http://siem/x"}, "url: must begin with https:// (http:// would send the alert and its secrets readable to anybody on the way)"},
		{"plain HTTP allowed", Config{URL: "http://siem/x", AllowHTTP: true}, ""},
		{"other scheme", Config{URL: "ftp://siem/x"}, "url: must begin with https://"},
		{"two keys", Config{URL: "https://a/", HMACKey: "0123456789abcdef", HMACKeyFile: "f"}, "only one of hmac_key, hmac_key_file may be set"},
		{"short key", Config{URL: "https://a/", HMACKey: "short"}, "hmac_key: too short: use at least 16 characters"},
		{"negative", Config{URL: "https://a/", Timeout: -1}, "timeout: must not be negative"},
		{"header name", Config{URL: "https://a/", Headers: map[string]pipeline.Secret{"a b": "x"}}, `headers: "a b" is not a header's name`},
		{"header value", Config{URL: "https://a/", Headers: map[string]pipeline.Secret{"X": "s3cret\n"}}, "headers.X: the value holds a character that HTTP does not allow"},
		{"our header", Config{URL: "https://a/", Headers: map[string]pipeline.Secret{"content-type": "x"}}, "headers.Content-Type: is set by the sink itself; remove it"},
		{"header twice", Config{URL: "https://a/", Headers: map[string]pipeline.Secret{"X": "x"}, HeaderFiles: map[string]string{"X": "f"}}, "header_files.X: is set in headers too; keep one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.cfg.Validate().Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
