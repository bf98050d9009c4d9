package series

import (
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/auditwarden/auditwarden/baseline/volume"
)

func TestNext(t *testing.T) {
	at := time.Date(2014, 4, 1, 0, 5, 0, 0, time.UTC)
	tests := []struct {
		name, in string
		want     []volume.Point
		err      string
	}{
		{"header", "timestamp,value\n2014-04-01 00:05:00,2\n", []volume.Point{{At: at, Value: 2}}, ""},
		{"no header", "2014-04-01 00:05:00,2", []volume.Point{{At: at, Value: 2}}, ""},
		{"quoted, CRLF, byte order mark", "\ufeff\"time\",\"n\"\r\n\"2014-04-01T00:05:00Z\", \"-2e3\"\r\n\r\n", []volume.Point{{At: at, Value: -2000}}, ""},
		{"seconds", "1396310700,1", []volume.Point{{At: at, Value: 1}}, ""},
		{"milliseconds", "1396310700000,1", []volume.Point{{At: at, Value: 1}}, ""},
		{"zone", "2014-04-01T02:05:00+02:00,1", []volume.Point{{At: at, Value: 1}}, ""},
		{"empty", "", nil, ""},
		{"two headers", "a,b\nc,d\n", nil, `line 2: time stamp "c" is neither like 2006-01-02 15:04:05, nor RFC 3339, nor seconds since 1970`},
		{"no comma", "2014-04-01 00:05:00,1\n2014-04-01\n", []volume.Point{{At: at, Value: 1}}, `line 2: want "timestamp,value"`},
		{"three fields", "2014-04-01,1,2\n", nil, `line 1: want "timestamp,value", found more than two fields`},
		{"no number", "2014-04-01,x\n", nil, `line 1: value "x" is no number`},
		{"too long", "2014-04-01," + strings.Repeat("1", maxLine), nil, "line 1: longer than 65536 bytes"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader(strings.NewReader(tc.in))
			var got []volume.Point
			for {
				p, _, err := r.Next()
				if errors.Is(err, io.EOF) {
					err = nil
				} else if err == nil {
					got = append(got, p)
					continue
				}
				if text := errorText(err); text != tc.err {
					t.Errorf("error %q, want %q", text, tc.err)
				}
				break
			}
			if len(got) != len(tc.want) {
				t.Fatalf("points %v, want %v", got, tc.want)
			}
			for i := range got {
				if !got[i].At.Equal(tc.want[i].At) || got[i].Value != tc.want[i].Value {
					t.Errorf("point %v, want %v", got[i], tc.want[i])
				}
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestGoesOnAfterBadLine(t *testing.T) {
	r := NewReader(strings.NewReader("2014-04-01,1\nbad\n2014-04-02,\n"))
	r.Next()
	_, _, err := r.Next()
	var bad *LineError
	if !errors.As(err, &bad) || bad.Line != 2 {
		t.Fatalf("error %v, want one of line 2", err)
	}
	p, stamp, err := r.Next()
	if err != nil || stamp != "2014-04-02" || !math.IsNaN(p.Value) {
		t.Errorf("then %v %q %v", p, stamp, err)
	}
}

func FuzzNext(f *testing.F) {
	for _, s := range []string{"timestamp,value\n2014-04-01 00:05:00,2\n", "1396310700000,1\n", "\"a\",\"b\"\n1e18,NaN\n", "-9e18,inf\n2014-04-01,1e999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r := NewReader(strings.NewReader(in))
		d := volume.New(volume.Default())
		lines := 0
		for {
			p, stamp, err := r.Next()
			var bad *LineError
			if err != nil && !errors.As(err, &bad) {
				break
			}
			if lines++; lines > strings.Count(in, "\n")+1 {
				t.Fatal("more points than lines")
			}
			if err == nil {
				if !strings.Contains(in, stamp) {
					t.Fatalf("stamp %q is not in the input", stamp)
				}
				d.Push(p)
			}
		}
	})
}
