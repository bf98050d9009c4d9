package embedded

import (
	"compress/gzip"
	"io"
	"net/http"

	"github.com/ClickHouse/ch-go/compress"
)

// decodeBody undoes Content-Encoding and decompress=1.
func decodeBody(r *http.Request) (io.Reader, error) {
	var body io.Reader = r.Body
	switch e := r.Header.Get("Content-Encoding"); e {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, exception(271, "CANNOT_DECOMPRESS", "Cannot read the gzip header of the request")
		}
		body = z
	default:
		return nil, exception(89, "UNKNOWN_COMPRESSION_METHOD", "Unknown Content-Encoding: "+e)
	}
	if r.URL.Query().Get("decompress") == "1" {
		body = compress.NewReader(body)
	}
	return body, nil
}
