package plain

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/pipeline"
)

func TestClean(t *testing.T) {
	tests := []struct {
		name, in    string
		limit       int
		name1, text string
	}{
		{"ordinary", "shop_app", 50, "shop_app", "shop_app"},
		{"umlauts and CJK stay", "Jürgen 東京", 50, "Jürgen 東京", "Jürgen 東京"},
		{"ANSI colour", "a\x1b[31mb", 50, `a\x1b[31mb`, `a\x1b[31mb`},
		{"C1 control", "a\u009b31mb", 50, `a\u009b31mb`, `a\u009b31mb`},
		{"line breaks", "a\r\n\tb", 50, `a\r\n\tb`, "a b"},
		{"line separator", "a\u2028b", 50, `a\u2028b`, "a b"},
		{"right-to-left override", "a\u202eb", 50, `a\u202eb`, `a\u202eb`},
		{"zero width", "a\u200bb\ufeffc", 50, `a\u200bb\ufeffc`, `a\u200bb\ufeffc`},
		{"tag characters", "a\U000e0041", 50, `a\U000e0041`, `a\U000e0041`},
		{"Hangul filler", "a\u3164", 50, `a\u3164`, `a\u3164`},
		{"invalid UTF-8", "a\xffb", 50, `a\xffb`, `a\xffb`},
		{"many marks", "e\u0301\u0301\u0301\u0301", 50, "e\u0301\u0301\u0301\\u0301", "e\u0301\u0301\u0301\\u0301"},
		{"cut at a border", "ääää", 6, "ä…", "ä…"},
		{"exact fit", "ääää", 8, "ääää", "ääää"},
		{"tiny limit", "abcdef", 2, "", ""},
		{"blanks around", "  a  b ", 50, "  a  b ", "a b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Name(tt.in, tt.limit); got != tt.name1 {
				t.Errorf("Name = %q, want %q", got, tt.name1)
			}
			if got := Prose(tt.in, tt.limit); got != tt.text {
				t.Errorf("Prose = %q, want %q", got, tt.text)
			}
		})
	}
}

func TestJSONKeepsValues(t *testing.T) {
	for _, s := range []string{"a\x1b[31m", "\u202e\u009b\x7f", "\U000e0041", "\"\\/", "東京", "\u2028"} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		out := JSON(text)
		var back string
		if err := json.Unmarshal(out, &back); err != nil || back != s {
			t.Errorf("%q became %s, which decodes to %q, %v", s, out, back, err)
		}
		for _, r := range string(out) {
			if !Printable(r) {
				t.Errorf("%q: output %q holds %U", s, out, r)
			}
		}
	}
}

func TestBoundedAlert(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	a := pipeline.Alert{ID: long, Role: "r\n" + long, Summary: long, Reason: long, Response: long, Query: long}
	for range 1000 {
		a.Evidence = append(a.Evidence, pipeline.Evidence{Normalized: long})
		a.Signals = append(a.Signals, long)
	}
	a.Numbers = map[string]string{}
	for i := range 1000 {
		a.Numbers[strings.Repeat("k", i)] = long
	}
	body, err := Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 100_000 {
		t.Errorf("%d bytes", len(body))
	}
	if len(a.Evidence[0].Normalized) != len(long) || len(a.Signals[0]) != len(long) {
		t.Error("the caller's alert was changed")
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31mb", 10)
	f.Add("e\u0301\u202e\xff", 3)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 0 || limit > 1<<16 {
			return
		}
		for _, got := range []string{Name(s, limit), Prose(s, limit)} {
			if len(got) > limit || !utf8.ValidString(got) {
				t.Fatalf("%q: %d bytes, limit %d", got, len(got), limit)
			}
			for _, r := range got {
				if !Printable(r) {
					t.Fatalf("%q holds %U", got, r)
				}
			}
		}
	})
}
