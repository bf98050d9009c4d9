package jsonscan_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
)

// FuzzWalk compares with encoding/json wherever that accepts the object.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"a":"b"}`, `{"a":1,"b":[1,{"c":"}"}],"d":null,"e":true}`, `{"a":"\ud83d\ude00\ud800\n\/\\"}`, `{"a":"\\\\"}`, `{"a":9007199254740993}`, `{"a"`, `{"a":"`, `{"a":1,}`, ` { "a" : "x" , "b" : 2 } `, `{"é":"\u00e9"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !utf8.Valid(b) {
			return
		}
		got := map[string]string{}
		var a field.Arena
		s := jsonscan.Walk(b)
		for key, v, ok := s.Next(); ok; key, v, ok = s.Next() {
			text := v.Text(&a)
			if !utf8.Valid(text) {
				t.Errorf("%q: value %q is not valid UTF-8", b, text)
			}
			if v.Kind == jsonscan.Object || v.Kind == jsonscan.Array {
				if len(text) > 0 {
					t.Errorf("%q: an object or array has the text %q", b, text)
				}
				text = v.Raw
			}
			got[string(jsonscan.Unescape(key, &a))] = string(text)
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(b, &want); err != nil || want == nil {
			return
		}
		if s.Err != nil {
			t.Fatalf("%q: %v, but encoding/json reads it", b, s.Err)
		}
		for key, raw := range want {
			text := string(raw)
			var str string
			if json.Unmarshal(raw, &str) == nil {
				text = str
			}
			if got[key] != text {
				t.Errorf("%q: %q is %q, want %q", b, key, got[key], text)
			}
		}
	})
}
