package envelope_test

import (
	"testing"

	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// FuzzUnwrap checks that any text is survived and that unpacking keeps its limit.
func FuzzUnwrap(f *testing.F) {
	for _, s := range []string{
		`{"message":"x","host":{"name":"h"},"@timestamp":"2024-05-02T10:11:12Z"}`, `{"MESSAGE":[76,79,71]}`, `{"body":{"stringValue":"x"}}`, `{"log":{"file":{"path":"p"}},"message":"m"}`,
		"2024-05-02T10:11:12.1Z stderr P x", "H4sIAAAAAAAAA6tWqlSyUqpUqgUAJkjrZwkAAAA=",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a field.Arena
		clock := stamp.NewClock(nil)
		_, _ = envelope.Unwrap(b, &a)
		_, _, _ = envelope.CRI(b, clock)
		_, _ = envelope.TimePrefixed(b, clock)
		if envelope.Packed(b) {
			if out, err := envelope.Unpack(b, 4096); err == nil && len(out) > 4096 {
				t.Errorf("unpacked %d bytes, limit 4096", len(out))
			}
		}
	})
}
