package clickhouse

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitStatements(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"none", " -- nothing; here\n/* ; */ ;;", nil},
		{"two", "SELECT 1;\nSELECT 2", []string{"SELECT 1", "SELECT 2"}},
		{"leading comment", "-- a; b\nSELECT 1 -- c; d\n;", []string{"SELECT 1 -- c; d"}},
		{"quotes", "SELECT ';', \"a;b\", `c;d`, 'it''s;', 'a\\';b'; SELECT 2", []string{"SELECT ';', \"a;b\", `c;d`, 'it''s;', 'a\\';b'", "SELECT 2"}},
		{"heredoc", "SELECT $x$ ; ' $x$; SELECT $1;", []string{"SELECT $x$ ; ' $x$", "SELECT $1"}},
		{"open quote", "SELECT 'a; b", []string{"SELECT 'a; b"}},
		{"open comment", "SELECT 1 /* a; b", []string{"SELECT 1 /* a; b"}},
	} {
		if got := splitStatements(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzSplitStatements(f *testing.F) {
	f.Add("SELECT 1; -- x\nSELECT ';' $a$ ; $a$ /* ; */")
	f.Fuzz(func(t *testing.T, text string) {
		rest := text
		for _, s := range splitStatements(text) {
			i := strings.Index(rest, s)
			if s == "" || i < 0 {
				t.Fatalf("%q is no part of %q", s, text)
			}
			rest = rest[i+len(s):]
		}
	})
}
