package syslog_test

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/parsers/syslog"
)

// octal is a control character as rsyslog writes it, but NUL and the line feed.
var octal = regexp.MustCompile(`#0(?:0[1-7]|1[013-7]|[23][0-7])|#177`)

// FuzzParse checks that the message handed over is the end of the input, untouched.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"<134>Feb 29 23:15:40 dbhost postgres[10819]: [7-1] x", "<134>1 2024-05-02T10:11:12Z h a p - [x y=\"]\"] msg", "188 <134>1 - - - - - - m", "Feb  1 00:00:00 h t: x", "a#011#015#012#011#177#200##011#01", "<999>", "<1>1 ",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, ok := syslog.Parse(b, stamp.NewClock(nil), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
		if ok && !bytes.HasSuffix(b, h.Text) {
			t.Errorf("%q: message %q", b, h.Text)
		}
		_, chunk, rest := syslog.Chunk(b)
		if chunk < 0 || !bytes.HasSuffix(b, rest) {
			t.Errorf("%q: chunk %d, rest %q", b, chunk, rest)
		}
		plain := syslog.Plain(b)
		if want := octal.ReplaceAllFunc(b, func(e []byte) []byte {
			n, err := strconv.ParseUint(string(e[1:]), 8, 8)
			if err != nil {
				t.Fatal(err)
			}
			return []byte{byte(n)}
		}); !bytes.Equal(plain, want) {
			t.Errorf("%q: plain %q, want %q", b, plain, want)
		}
	})
}
