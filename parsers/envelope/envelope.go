// Package envelope finds the log line inside what shippers wrap around it: JSON objects of Filebeat, Fluent Bit, Vector,
// Logstash, journald, Docker, Kafka Connect and their like, CRI lines, and compressed or encoded blobs.
//
// It guarantees bounded work: one level at a time, decompression up to a limit. It does not know what the line means.
package envelope

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"time"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/stamp"
)

// Inner is what one envelope held.
type Inner struct {
	Text   []byte // the line, or an object or array if Object
	Object bool
	Time   time.Time // of the shipper; zero if none
	Host   string    // that wrote the line
	Sub    string    // what else keeps its lines apart from others': file, container, unit

	mark        byte // of a container runtime: 'P' for a part of a line, 'F' for a whole one or the last part
	log, stream bool // Docker's keys are there
}

// dockerPart is how much Docker puts into one object.
const dockerPart = 16 << 10

// GoesOn reports whether the text is a part of a line that goes on in the next object: by its mark, or, in Docker's own files, by its
// size and because it has no line end. A shipper that takes line ends off (stripped) leaves no such sign.
func (in *Inner) GoesOn(stripped bool) bool {
	n := len(in.Text)
	switch {
	case in.Object || n == 0:
		return false
	case in.mark != 0:
		return in.mark == 'P'
	case !in.log || !in.stream || stripped || in.Text[n-1] == '\n':
		return false
	}
	return n == dockerPart || n > dockerPart && bytes.Contains(in.Text, replacement)
}

// Marked says that a mark tells a part from a whole line.
func (in *Inner) Marked() bool { return in.mark != 0 }

// replacement stands for bytes that are no text, and is longer than they.
var replacement = []byte("\uFFFD")

// keys that hold the line, best first.
var textKeys = [...]string{"message", "log", "MESSAGE", "msg", "event_message", "full_message", "short_message", "body", "line", "textPayload", "_raw", "payload", "event", "data", "kinesis", "awslogs"}

// Unwrap finds the text of a wrapper object; ok is false if it has none.
func Unwrap(b []byte, a *field.Arena) (in Inner, ok bool) {
	best := len(textKeys)
	s := jsonscan.Walk(b)
	for key, v, more := s.Next(); more; key, v, more = s.Next() {
		for i, name := range textKeys {
			if i < best && string(key) == name && in.take(v, a) {
				best = i
			}
		}
		in.describe(string(key), v, a)
	}
	return in, best < len(textKeys) && s.Err == nil
}

// take makes v the text, if it can be one.
func (in *Inner) take(v jsonscan.Value, a *field.Arena) bool {
	switch v.Kind {
	case jsonscan.String:
		in.Text, in.Object = v.Text(a), false
		return true
	case jsonscan.Object:
		if inner, ok := jsonscan.Get(v.Raw, "stringValue"); ok { // OTLP
			in.Text, in.Object = inner.Text(a), false
			return true
		}
		if _, file := jsonscan.Get(v.Raw, "file"); file { // Filebeat's "log" describes the file
			return false
		}
		in.Text, in.Object = v.Raw, true
		return true
	case jsonscan.Array: // journald writes bytes that are not text as numbers
		text, ok := bytesOf(v.Raw)
		in.Text, in.Object = text, false
		return ok
	}
	return false
}

func bytesOf(b []byte) ([]byte, bool) {
	var out []byte
	s := jsonscan.Walk(b)
	for _, v, ok := s.Next(); ok; _, v, ok = s.Next() {
		n, ok := v.Int()
		if !ok || n < 0 || n > 255 {
			return nil, false
		}
		out = append(out, byte(n))
	}
	return out, s.Err == nil
}

// describe keeps what tells where and when the line was written.
func (in *Inner) describe(key string, v jsonscan.Value, a *field.Arena) {
	switch key {
	case "@timestamp", "timestamp", "time", "date", "ts", "__REALTIME_TIMESTAMP", "timeUnixNano":
		if t, ok := instant(v.Text(a)); ok {
			in.Time = t
		}
	case "host", "hostname", "_HOSTNAME":
		switch v.Kind {
		case jsonscan.String:
			in.Host = field.String(v.Text(a))
		case jsonscan.Object:
			if in.Host = jsonscan.Text(v.Raw, a, "name"); in.Host == "" {
				in.Host = jsonscan.Text(v.Raw, a, "hostname")
			}
		}
	case "_p", "logtag": // Fluent Bit's, of CRI
		if text := v.Text(a); len(text) == 1 {
			in.mark = text[0]
		}
	case "_partial": // Vector's
		if string(v.Raw) == "true" {
			in.mark = 'P'
		}
	case "log":
		in.log = true
		if v.Kind == jsonscan.Object {
			in.Sub += "\x00" + jsonscan.Text(v.Raw, a, "file", "path")
		}
	case "kubernetes":
		if v.Kind == jsonscan.Object {
			in.Sub += "\x00" + jsonscan.Text(v.Raw, a, "pod_name") + "/" + jsonscan.Text(v.Raw, a, "container_name")
		}
	case "stream":
		in.stream = true
		if v.Kind == jsonscan.String {
			in.Sub += "\x00" + field.String(v.Text(a))
		}
	case "file", "filename", "path", "container_id", "_SYSTEMD_UNIT", "source", "logging_pod", "logStream", "logStreamName":
		if v.Kind == jsonscan.String {
			in.Sub += "\x00" + field.String(v.Text(a))
		}
	}
}

// instant reads a shipper's time: RFC 3339 or an epoch.
func instant(b []byte) (time.Time, bool) {
	if t, ok := stamp.Epoch(b); ok {
		return t, true
	}
	if len(b) > 10 && b[4] == '-' {
		if t, err := time.Parse(time.RFC3339Nano, string(b)); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// CRI reads a line of the container runtimes' log: `TIME stdout F text`. partial says that the text goes on in the next
// line of the same stream.
func CRI(b []byte, clock *stamp.Clock) (in Inner, partial, ok bool) {
	if len(b) < 30 || b[4] != '-' || b[10] != 'T' {
		return in, false, false
	}
	t, _, n := clock.Civil(b)
	if n == 0 {
		return in, false, false
	}
	rest := b[n:]
	for _, name := range [...]string{" stdout ", " stderr "} {
		if tail, found := bytes.CutPrefix(rest, []byte(name)); found && len(tail) > 1 && tail[1] == ' ' && (tail[0] == 'F' || tail[0] == 'P') {
			return Inner{Text: tail[2:], Time: t, Sub: "\x00" + name[1:7]}, tail[0] == 'P', true
		}
	}
	return in, false, false
}

// TimePrefixed reads a line with an RFC 3339 time before it, as `aws logs` and exports to S3 write them.
func TimePrefixed(b []byte, clock *stamp.Clock) (in Inner, ok bool) {
	if len(b) < 22 || b[4] != '-' || b[10] != 'T' {
		return in, false
	}
	t, _, n := clock.Civil(b)
	if n == 0 || n+1 >= len(b) || (b[n] != ' ' && b[n] != '\t') {
		return in, false
	}
	return Inner{Text: b[n+1:], Time: t, Sub: "\x00export"}, true
}

// ErrBomb says that a blob unpacks to more than the limit.
var ErrBomb = &field.Fault{Reason: "oversized", Sentence: "compressed record unpacks to more than max_record_bytes"}

// ErrGzip says that a blob is damaged.
var ErrGzip = &field.Fault{Reason: "bad_gzip", Sentence: "compressed record is damaged"}

// Packed reports whether b is gzip, or the base64 of it.
func Packed(b []byte) bool {
	return len(b) > 18 && (b[0] == 0x1f && b[1] == 0x8b || string(b[:4]) == "H4sI")
}

// Unpack undoes base64 and gzip, up to limit bytes of output.
func Unpack(b []byte, limit int) ([]byte, error) {
	if b[0] != 0x1f {
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
		n, err := base64.StdEncoding.Decode(raw, bytes.TrimSpace(b))
		if err != nil {
			return nil, ErrGzip
		}
		b = raw[:n]
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, ErrGzip
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, ErrGzip
	}
	if len(out) > limit {
		return nil, ErrBomb
	}
	if err != nil {
		return nil, ErrGzip
	}
	return out, nil
}
