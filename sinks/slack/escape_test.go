package slack

import (
	"strings"
	"testing"

	"github.com/auditwarden/auditwarden/sinks/internal/plain"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, prose, code string }{
		{"markup", "a & <b>", "a &amp; &lt;b&gt;", "a &amp; &lt;b&gt;"},
		{"channel", "<!channel>", "&lt;!channel&gt;", "&lt;!channel&gt;"},
		{"entity", "&lt;!here&gt;", "&amp;lt;!here&amp;gt;", "&amp;lt;!here&amp;gt;"},
		{"link", "http://a.b/", "http[:]//a.b/", "http://a.b/"},
		{"bold and code", "*x* `y`", "∗x∗ ˋyˋ", "*x* ˋyˋ"},
		{"names keep their underscore", "shop_app", "shop_app", "shop_app"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := prose(tt.in, 100); got != tt.prose {
				t.Errorf("prose %q, want %q", got, tt.prose)
			}
			if got := inCode(tt.in, 100); got != tt.code {
				t.Errorf("code %q, want %q", got, tt.code)
			}
		})
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("&&&&<!channel>````", 10)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < len(plain.Ellipsis) || limit > 1<<16 {
			return
		}
		for _, got := range []string{prose(plain.Prose(s, 1<<16), limit), inCode(plain.Name(s, 1<<16), limit)} {
			if len(got) > limit {
				t.Fatalf("%d bytes, limit %d", len(got), limit)
			}
			if strings.ContainsAny(got, "<>`\n\r") || strings.Count(got, "&") != len(entity.FindAllString(got, -1)) {
				t.Fatalf("not neutral: %q", got)
			}
		}
	})
}
