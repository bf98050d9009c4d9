package stamp_test

import (
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// FuzzCivil compares with the time package wherever the text has a numeric zone or UTC.
func FuzzCivil(f *testing.F) {
	for _, s := range []string{"2024-05-02 10:11:12 UTC", "2024-02-30 10:11:12 UTC", "2024-05-02T10:11:12.345678901+05:30", "2024-05-02 10:11:60 UTC", "2024-05-02 10:11:12.5 CEST:", "0000-01-01 00:00:00 -0330"} {
		f.Add(s)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := stamp.NewClock(berlin)
		got, sure, n := c.Civil([]byte(s))
		again, sure2, n2 := c.Civil([]byte(s)) // now from what was kept
		if n != n2 || n > len(s) || !got.Equal(again) || sure != sure2 {
			t.Fatalf("%q: %v %s %d, then %v %s %d", s, got, sure, n, again, sure2, n2)
		}
		if l := stamp.Length([]byte(s)); n > 0 && l != n {
			t.Errorf("%q: read %d bytes, Length says %d", s, n, l)
		}
		for _, layout := range []string{"2006-01-02 15:04:05.999999999 MST", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700"} {
			want, err := time.Parse(layout, s)
			if err != nil || n != len(s) || layout[len(layout)-3:] == "MST" && s[len(s)-4:] != " UTC" {
				continue
			}
			if !got.Equal(want) {
				t.Errorf("%q: got %v, want %v", s, got, want)
			}
		}
	})
}
