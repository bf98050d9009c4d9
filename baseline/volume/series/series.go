// Package series reads lines of a time stamp and a value, and writes what the detector says of them.
//
// It guarantees: a line that is not understood is named by its number, with the reason; a line longer than a limit is an
// error, not memory. Points are given in the order of the file.
package series

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

// maxLine is the longest line that is read.
const maxLine = 1 << 16

// Reader reads points. Make it with [NewReader].
type Reader struct {
	lines *bufio.Scanner
	line  int
	read  bool // whether a line that is not empty has been seen
}

// NewReader reads from r: one "timestamp,value" a line, empty lines left out. The first line may be a header.
func NewReader(r io.Reader) *Reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), maxLine)
	return &Reader{lines: s}
}

// LineError is a line that is no point.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// Next gives the next point and its time stamp as it was written. At the end it returns [io.EOF]; after a [LineError]
// reading may go on.
func (r *Reader) Next() (volume.Point, string, error) {
	for r.lines.Scan() {
		r.line++
		text := strings.TrimSpace(strings.TrimPrefix(r.lines.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		first := !r.read
		r.read = true
		p, stamp, err := parse(text)
		if err == nil {
			return p, stamp, nil
		}
		if first && isHeader(text) {
			continue
		}
		return volume.Point{}, "", &LineError{Line: r.line, Err: err}
	}
	switch err := r.lines.Err(); {
	case err == nil:
		return volume.Point{}, "", io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return volume.Point{}, "", fmt.Errorf("line %d: longer than %d bytes", r.line+1, maxLine)
	default:
		return volume.Point{}, "", fmt.Errorf("read line %d: %w", r.line+1, err)
	}
}

// Line is the number of the line that the last point came from.
func (r *Reader) Line() int { return r.line }

// isHeader says whether a line names columns: no field of it begins like a number.
func isHeader(text string) bool {
	for _, f := range strings.Split(text, ",") {
		f = unquote(f)
		if f == "" || strings.ContainsAny(f[:1], "0123456789+-.") {
			return false
		}
	}
	return true
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	return s
}

func parse(text string) (volume.Point, string, error) {
	stamp, rest, ok := strings.Cut(text, ",")
	if !ok {
		return volume.Point{}, "", errors.New(`want "timestamp,value"`)
	}
	if strings.Contains(rest, ",") {
		return volume.Point{}, "", errors.New(`want "timestamp,value", found more than two fields`)
	}
	stamp = unquote(stamp)
	at, err := ParseTime(stamp)
	if err != nil {
		return volume.Point{}, "", err
	}
	number := unquote(rest)
	value, err := strconv.ParseFloat(number, 64)
	if number == "" { // a missing measurement
		value, err = math.NaN(), nil
	}
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return volume.Point{}, "", fmt.Errorf("value %q is no number", clip(number))
	}
	return volume.Point{At: at, Value: value}, stamp, nil
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

var layouts = []string{
	time.RFC3339Nano, // also without a fraction
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z07",
	"2006-01-02 15:04",
	"2006-01-02",
}

// ParseTime understands RFC 3339, "2006-01-02 15:04:05" with or without fraction and zone (UTC if none), dates, and
// seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
func ParseTime(s string) (time.Time, error) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return t, nil
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(n) < 1e19 {
		for limit := 1e11; ; limit *= 1e3 { // 1e11 s is the year 5138, 1e11 ms is 1973
			if math.Abs(n) < limit || limit > 1e18 {
				scale := 1e11 / limit
				sec, frac := math.Modf(n * scale)
				return time.Unix(int64(sec), int64(frac*1e9)).UTC(), nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("time stamp %q is neither like 2006-01-02 15:04:05, nor RFC 3339, nor seconds since 1970", clip(s))
}
