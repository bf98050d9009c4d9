// Package syslog reads the headers of RFC 3164 and RFC 5424 messages, octet-counted or not, as far as database logs use
// them, and the sequence numbers that PostgreSQL puts before each chunk of a message.
//
// It guarantees that what follows the header is handed over untouched. It does not check priorities, and an RFC 3164
// time has no year: the caller says which instant it cannot be after.
package syslog

import (
	"bytes"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Header is what stands before the message.
type Header struct {
	Time      time.Time
	Sure      pipeline.TimeCertainty
	Host, Tag string
	PID       string
	Text      []byte
}

// Parse reads the header of b; ok is false if b does not start with one. Times without a year are taken as the last
// that is not more than a day after now; a zero now leaves them zero.
func Parse(b []byte, clock *stamp.Clock, now time.Time) (h Header, ok bool) {
	if d := field.Digits(b); d > 0 && d < 8 && d+1 < len(b) && b[d] == ' ' && b[d+1] == '<' {
		b = b[d+1:] // octet count
	}
	if len(b) > 3 && b[0] == '<' {
		d := field.Digits(b[1:])
		if d == 0 || d > 3 || 1+d >= len(b) || b[1+d] != '>' {
			return h, false
		}
		b = b[2+d:]
		if len(b) > 2 && b[0] == '1' && b[1] == ' ' {
			return parse5424(b[2:], clock)
		}
	}
	return parse3164(b, clock, now)
}

// parse5424 reads `TS HOST APP PROCID MSGID SD MSG`.
func parse5424(b []byte, clock *stamp.Clock) (h Header, ok bool) {
	var w [5][]byte
	for i := range w {
		j := bytes.IndexByte(b, ' ')
		if j <= 0 {
			return h, false
		}
		w[i], b = b[:j], b[j+1:]
	}
	if t, sure, n := clock.Civil(w[0]); n > 0 {
		h.Time, h.Sure = t, sure
	} else if string(w[0]) != "-" {
		return h, false
	}
	h.Host, h.Tag, h.PID = word(w[1]), word(w[2]), word(w[3])
	h.heroku()
	h.Text = structured(b)
	h.Text = bytes.TrimPrefix(h.Text, []byte("\xEF\xBB\xBF"))
	return h, true
}

func word(b []byte) string {
	if string(b) == "-" {
		return ""
	}
	return field.String(b)
}

// structured skips the structured data. A '[' that is none (Heroku's colour) is left alone.
func structured(b []byte) []byte {
	if rest, ok := bytes.CutPrefix(b, []byte("- ")); ok {
		return rest
	}
	for len(b) > 0 && b[0] == '[' {
		quoted := false
		end := 0
		for i := 1; i < len(b) && end == 0; i++ {
			switch {
			case b[i] == '\\' && quoted:
				i++
			case b[i] == '"':
				quoted = !quoted
			case b[i] == ']' && !quoted:
				end = i
			}
		}
		if end == 0 || bytes.IndexByte(b[:end], '=') < 0 {
			return b
		}
		b = b[end+1:]
	}
	return bytes.TrimPrefix(b, []byte{' '})
}

var months = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// parse3164 reads `Mmm dd hh:mm:ss HOST TAG[PID]: MSG`; newer senders write an RFC 3339 time instead.
func parse3164(b []byte, clock *stamp.Clock, now time.Time) (h Header, ok bool) {
	var rest []byte
	if t, sure, n := clock.Civil(b); n > 0 && n < len(b) && b[10] == 'T' && b[n] == ' ' {
		h.Time, h.Sure, rest = t, sure, b[n+1:]
	} else {
		month := 0
		for i, name := range months {
			if len(b) > 16 && string(b[:3]) == name {
				month = i + 1
			}
		}
		if month == 0 || b[3] != ' ' || b[6] != ' ' || b[9] != ':' || b[12] != ':' || b[15] != ' ' {
			return h, false
		}
		day, ok1 := number(b[4:6])
		hour, ok2 := number(b[7:9])
		minute, ok3 := number(b[10:12])
		sec, ok4 := number(b[13:15])
		if !ok1 || !ok2 || !ok3 || !ok4 || hour > 23 || minute > 59 || sec > 60 {
			return h, false
		}
		h.Time = withYear(clock, now, month, day, hour, minute, sec)
		h.Sure = pipeline.TimeYearAssumed
		rest = b[16:]
	}
	i := bytes.IndexByte(rest, ' ')
	if i <= 0 {
		return h, false
	}
	if h.Sure == pipeline.TimeYearAssumed || !bytes.HasSuffix(rest[:i], []byte("]:")) { // `heroku logs` names no host
		h.Host, rest = field.String(rest[:i]), rest[i+1:]
	}
	j := bytes.Index(rest, []byte(": "))
	if j < 0 && bytes.HasSuffix(rest, []byte{':'}) {
		j = len(rest) - 1
	}
	if j <= 0 || j > 64 || bytes.IndexByte(rest[:j], ' ') >= 0 {
		return h, false
	}
	tag := rest[:j]
	h.Text = rest[min(j+2, len(rest)):]
	if k := bytes.IndexByte(tag, '['); k > 0 && tag[len(tag)-1] == ']' {
		h.PID = field.String(tag[k+1 : len(tag)-1])
		tag = tag[:k]
	}
	h.Tag = field.String(tag)
	h.heroku()
	return h, true
}

// heroku takes the process out of `postgres.PID`, as logplex writes it.
func (h *Header) heroku() {
	if pid, ok := strings.CutPrefix(h.PID, "postgres."); ok {
		h.Tag, h.PID = "postgres", pid
	}
}

func number(b []byte) (int, bool) {
	n, ok := field.Int(bytes.TrimLeft(b, " "))
	return int(n), ok
}

// withYear finds the last year in which the date exists and is not more than a day after now.
func withYear(clock *stamp.Clock, now time.Time, month, day, hour, minute, sec int) time.Time {
	if now.IsZero() {
		return time.Time{}
	}
	for year := now.Year() + 1; year > now.Year()-9; year-- {
		t := clock.InZone(year, time.Month(month), day, hour, minute, sec)
		civil := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if civil.Day() == day && !t.After(now.Add(24*time.Hour)) {
			return t
		}
	}
	return time.Time{}
}

// Chunk reads `[SEQ-CHUNK] ` or `[SEQ] ` before the text of a PostgreSQL message, after Heroku's colour if there is one.
// chunk is 0 if there is none.
func Chunk(b []byte) (seq int64, chunk int, text []byte) {
	for range 2 {
		if len(b) < 4 || b[0] != '[' {
			return 0, 0, b
		}
		end := bytes.IndexByte(b[:min(len(b), 48)], ']')
		if end < 0 {
			return 0, 0, b
		}
		s, c, dash := bytes.Cut(b[1:end], []byte{'-'})
		n, ok := field.Int(s)
		rest := bytes.TrimPrefix(b[end+1:], []byte{' '})
		if !ok {
			if !colour(b[1:end]) {
				return 0, 0, b
			}
			b = rest
			continue
		}
		if !dash {
			return n, 1, rest
		}
		if m, ok := field.Int(c); ok && m > 0 && m < 1<<20 {
			return n, int(m), rest
		}
		return 0, 0, b
	}
	return 0, 0, b
}

// splitBytes is PostgreSQL's PG_SYSLOG_LIMIT, less what it may stay below it so as to cut no character in two.
const splitBytes = 900 - 3

// MayBeSplit reports whether PostgreSQL may have split text off before, for its length alone (write_syslog in elog.c): it fills a chunk
// up to the last blank, which then starts the next; only a chunk without a blank is cut inside a word. Everything else that
// starts a chunk starts a line.
func MayBeSplit(before, text []byte) bool {
	if len(before) == 0 || len(text) == 0 {
		return false
	}
	if strings.IndexByte(blanks, text[0]) < 0 {
		return len(before) >= splitBytes && !bytes.ContainsAny(before[1:], blanks)
	}
	word := bytes.IndexAny(text[1:], blanks)
	if word < 0 {
		word = len(text)
	}
	return len(before)+word+1 >= splitBytes
}

const blanks = " \t\n\v\f\r"

// colour reports whether b is a word of capitals, as Heroku names databases.
func colour(b []byte) bool {
	for _, c := range b {
		if c-'A' >= 26 && c != '_' {
			return false
		}
	}
	return len(b) > 0
}

// Plain undoes how senders write control characters: '#' and three octal digits (rsyslog). Most matters "#011" for the tab
// that starts a continuation. A text that itself holds these four characters cannot be told apart.
func Plain(b []byte) []byte {
	i := bytes.IndexByte(b, '#')
	if i < 0 {
		return b
	}
	var out []byte
	for ; i >= 0; i = bytes.IndexByte(b, '#') {
		if c, ok := control(b[i:]); ok {
			out = append(append(out, b[:i]...), c)
			b = b[i+4:]
			continue
		}
		out = append(out, b[:i+1]...)
		b = b[i+1:]
	}
	return append(out, b...)
}

// control reads `#ooo` of a control character. A line end ("#012") is none: see [Lines].
func control(b []byte) (byte, bool) {
	if len(b) < 4 || b[1]-'0' > 1 || b[2]-'0' > 7 || b[3]-'0' > 7 {
		return 0, false
	}
	c := (b[1]-'0')<<6 | (b[2]-'0')<<3 | (b[3] - '0')
	return c, c < 0x20 && c != 0 && c != '\n' || c == 0x7f
}

// Lines undoes how senders write line ends. They count only before a tab, as PostgreSQL writes them where syslog_split_messages is
// off: elsewhere "#012" is rather a text, such as a colour. A message that is split has none, so the text of a numbered chunk stays.
func Lines(b []byte) []byte {
	if _, chunk, text := Chunk(b); chunk > 0 && bytes.IndexByte(b[:len(b)-len(text)], '-') >= 0 || !bytes.Contains(b, escapedEnd) {
		return b
	}
	return bytes.ReplaceAll(b, escapedEnd, lineEnd)
}

var escapedEnd, lineEnd = []byte("#012#011"), []byte("\n\t")
