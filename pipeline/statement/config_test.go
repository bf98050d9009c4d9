package statement

import "testing"

func TestValidate(t *testing.T) {
	c := Default()
	if ps := c.Validate(); len(ps) > 0 {
		t.Fatal(ps)
	}
	c = Config{CacheEntries: -1, MaxParseBytes: 5, MaxTextBytes: 1}
	want := "cache_entries: must be from 0 (no cache) to 10000000\n" +
		"max_parse_bytes: must be from 1024 to 1048576\n" +
		"max_text_bytes: must be from max_parse_bytes to 268435456"
	if got := c.Validate().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
