package lexer

import (
	"strings"
	"testing"
)

var kindNames = [...]string{"eof", "word", "quoted", "string", "int", "float", "hex", "bit", "param", "var", "op", "punct", "comment", "bad"}

// tokens writes a text's tokens as kind:text, an unterminated one with an exclamation mark.
func tokens(src string, d Dialect) string {
	sc := New(src, d)
	var out []string
	for t := sc.Next(); t.Kind != EOF; t = sc.Next() {
		s := kindNames[t.Kind] + ":" + src[t.Start:t.End]
		if t.Is(Unterminated) {
			s += "!"
		}
		out = append(out, s)
	}
	return strings.Join(out, " | ")
}

func TestTokens(t *testing.T) {
	const pg, my = PostgreSQL, MySQL
	tests := []struct {
		d         Dialect
		src, want string
	}{
		{pg, `a=-1`, `word:a | op:= | op:- | int:1`},
		{pg, `a!=-1`, `word:a | op:!=- | int:1`},
		{pg, `a<--x`, `word:a | op:< | comment:--x`},
		{pg, `a/*b/*c*/d*/e`, `word:a | comment:/*b/*c*/d*/ | word:e`},
		{pg, `'a\' 'b''c'`, `string:'a\' | string:'b''c'`},
		{pg, "'a' \n 'b'", "string:'a' \n 'b'"},
		{pg, `E'a\'b' N'c' U&'d' x'1F' b'01'`, `string:E'a\'b' | string:N'c' | string:U&'d' | hex:x'1F' | bit:b'01'`},
		{pg, `$$a'b$$ $t$ $$ $t$ $1 $x`, `string:$$a'b$$ | string:$t$ $$ $t$ | param:$1 | bad:$ | word:x`},
		{pg, `"a""b" "c`, `quoted:"a""b" | quoted:"c!`},
		{pg, `1 1.5 .5 1e5 0x1F 1_000 1..2 1abc`, `int:1 | float:1.5 | float:.5 | float:1e5 | hex:0x1F | int:1_000 | int:1 | punct:. | float:.2 | int:1abc`},
		{pg, `a::int[1:2]`, `word:a | op::: | word:int | punct:[ | int:1 | punct:: | int:2 | punct:]`},
		{pg, `a ? 'b' @> c #>> d`, `word:a | param:? | string:'b' | op:@> | word:c | op:#>> | word:d`},
		{pg, `'abc`, `string:'abc!`},
		{pg, `/* a`, `comment:/* a!`},
		{my, `'a\'b' "c\"d" 'e''f'`, `string:'a\'b' | string:"c\"d" | string:'e''f'`},
		{my, "`a``b` `c", "quoted:`a``b` | quoted:`c!"},
		{my, "a--1 -- b\nc # d", "word:a | op:- | op:- | int:1 | comment:-- b | word:c | comment:# d"},
		{my, `/*!50001 a*/ /*M! b */ /*c*/ */`, `comment:/*!50001 | word:a | comment:*/ | comment:/*M! | word:b | comment:*/ | comment:/*c*/ | op:* | op:/`},
		{my, `@a @@b.c @'x y' :=`, `var:@a | var:@@b | punct:. | word:c | var:@'x y' | op::=`},
		{my, `a<=>b a->>'$.x' a||b !c`, `word:a | op:<=> | word:b | word:a | op:->> | string:'$.x' | word:a | op:|| | word:b | op:! | word:c`},
		{my, `0x1F x'1F' b'1' 1a`, `hex:0x1F | hex:x'1F' | bit:b'1' | word:1a`},
		{my, `"a\`, `string:"a\!`},
	}
	for _, tt := range tests {
		if got := tokens(tt.src, tt.d); got != tt.want {
			t.Errorf("%d %s\n got %s\nwant %s", tt.d, tt.src, got, tt.want)
		}
	}
}

// Tokens stand in order, do not overlap, are never empty, and leave only white space between them.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{"SELECT 'a', \"b\" -- c\n/* d */ $$e$$", "`x` /*! y */ @@z 0x1 1e5", "E'\\", "\x00\xff$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, d := range []Dialect{PostgreSQL, MySQL} {
			sc := New(src, d)
			end := 0
			for k := sc.Next(); k.Kind != EOF; k = sc.Next() {
				if k.Start < end || k.End <= k.Start || k.End > len(src) || strings.TrimLeft(src[end:k.Start], " \t\n\r\f\v") != "" {
					t.Fatalf("%d: token %+v after %d in %q", d, k, end, src)
				}
				end = k.End
			}
		}
	})
}
