package embedded

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/frame"
)

// decode undoes the encoding of a request's body: first HTTP's, then ClickHouse's frames.
func decode(body io.Reader, encoding string, frames bool, limit int) (io.ReadCloser, error) {
	out := io.NopCloser(body)
	var err error
	switch encoding {
	case "", "identity":
	case "gzip":
		out, err = gzip.NewReader(body)
	case "deflate":
		out, err = zlib.NewReader(body)
	case "lz4":
		out = io.NopCloser(lz4.NewReader(body))
	case "zstd":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20)); err == nil {
			out = z.IOReadCloser()
		}
	default:
		return nil, exception(codeNotImplemented, "NOT_IMPLEMENTED", "Unknown Content-Encoding: "+cut(encoding)+"; known are gzip, deflate, lz4, zstd")
	}
	if err != nil {
		return nil, exception(codeCannotDecompress, "CANNOT_DECOMPRESS", "The request is not "+encoding+": "+err.Error())
	}
	if frames {
		out = &framedBody{Reader: frame.NewReader(out, limit), under: out}
	}
	return out, nil
}

// framedBody gives frame errors the engine's shape.
type framedBody struct {
	*frame.Reader
	under io.Closer
}

func (f *framedBody) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, frame.ErrCorrupt) {
		err = exception(codeCannotDecompress, "CANNOT_DECOMPRESS", err.Error())
	}
	return n, err
}

func (f *framedBody) Close() error {
	return errors.Join(f.Reader.Close(), f.under.Close())
}

// replyOptions is how the client wants the answer.
type replyOptions struct {
	frames   bool // compress=1
	method   frame.Method
	level    int
	encoding string // Content-Encoding, or ""
}

func newReplyOptions(r *http.Request, settings []chdb.Param) replyOptions {
	q := r.URL.Query()
	o := replyOptions{frames: q.Get("compress") == "1"}
	for _, s := range settings {
		switch s.Name {
		case "network_compression_method":
			if strings.EqualFold(s.Value, "ZSTD") {
				o.method = frame.ZSTD
			}
		case "network_zstd_compression_level":
			o.level, _ = strconv.Atoi(s.Value)
		}
	}
	if q.Get("enable_http_compression") != "0" {
		o.encoding = accepted(r.Header.Get("Accept-Encoding"))
	}
	return o
}

// accepted chooses a Content-Encoding from an Accept-Encoding header.
func accepted(header string) string {
	best := ""
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(weight) == "q=0" {
			continue
		}
		switch name = strings.TrimSpace(name); name {
		case "gzip":
			return name
		case "deflate", "zstd":
			best = first(best, name)
		}
	}
	return best
}

// encoder wraps w with the Content-Encoding. Its Close ends the encoding, not w.
func encoder(w io.Writer, encoding string) (io.WriteCloser, error) {
	switch encoding {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "deflate":
		return zlib.NewWriterLevel(w, flate.BestSpeed)
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	}
	return nopCloser{w}, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
