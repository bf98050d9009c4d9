package embedded

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/frame"
)

// reply writes the answer to one call. Headers go out with the first piece of output.
type reply struct {
	w       http.ResponseWriter
	c       *call
	server  *Server
	begun   bool
	encoded io.WriteCloser // Content-Encoding
	out     io.Writer      // and frames
	stats   chdb.Stats
	tag     string // X-ClickHouse-Exception-Tag
}

func newReply(s *Server, w http.ResponseWriter, c *call) *reply {
	return &reply{w: w, c: c, server: s, tag: strings.ToLower(rand.Text()[:16])}
}

// headers sets those that every answer to a statement has, errors too.
func (r *reply) headers() {
	h := r.w.Header()
	h.Set("X-ClickHouse-Query-Id", r.c.queryID)
	h.Set("X-ClickHouse-Server-Display-Name", displayName)
	h.Set("X-ClickHouse-Timezone", r.server.engineZone)
	summary, _ := json.Marshal(map[string]string{ // strings, as ClickHouse writes them
		"read_rows": number(r.stats.ReadRows), "read_bytes": number(r.stats.ReadBytes),
		"written_rows": number(r.stats.WrittenRows), "written_bytes": number(r.stats.WrittenBytes),
		"result_rows": number(r.stats.Rows), "result_bytes": number(r.stats.Bytes),
		"elapsed_ns": strconv.FormatInt(r.stats.Elapsed.Nanoseconds(), 10),
	})
	h.Set("X-ClickHouse-Summary", string(summary))
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// begin sends the headers.
func (r *reply) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	r.headers()
	format := first(r.c.stmt.format, r.c.format)
	h := r.w.Header()
	h.Set("X-ClickHouse-Format", format)
	h.Set("Content-Type", contentType(format))
	h.Set("X-ClickHouse-Exception-Tag", r.tag)
	if r.c.reply.encoding != "" {
		h.Set("Content-Encoding", r.c.reply.encoding)
	}
	r.w.WriteHeader(http.StatusOK)
	var err error
	if r.encoded, err = encoder(r.w, r.c.reply.encoding); err != nil {
		return fmt.Errorf("encode reply: %w", err)
	}
	r.out = r.encoded
	if r.c.reply.frames {
		if r.out, err = frame.NewWriter(r.encoded, r.c.reply.method, r.c.reply.level); err != nil {
			return fmt.Errorf("compress reply: %w", err)
		}
	}
	return nil
}

// Write sends a piece of output.
func (r *reply) Write(p []byte) (int, error) {
	if err := r.begin(); err != nil {
		return 0, err
	}
	return r.out.Write(p)
}

// end completes an answer without error. One without any output has headers and, by them, no body.
func (r *reply) end() error {
	if !r.begun {
		r.c.reply.encoding, r.c.reply.frames = "", false
		r.w.Header().Set("Content-Length", "0")
	}
	if err := r.begin(); err != nil {
		return err
	}
	return r.encoded.Close()
}

// fail tells the client of an error: as a status if nothing was sent yet, or else as ClickHouse does it, with a marked
// block at the end of the output and a connection that breaks.
func (r *reply) fail(err error) {
	e := asException(err)
	if !r.begun {
		r.headers()
		writeError(r.w, e)
		return
	}
	message := e.Message + "\n"
	block := fmt.Sprintf("\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n", r.tag, message, len(message), r.tag)
	_, _ = io.WriteString(r.encoded, block) // past the frames: that is where clients look
	_ = r.encoded.Close()
	_ = http.NewResponseController(r.w).Flush()
	panic(http.ErrAbortHandler)
}

func writeError(w http.ResponseWriter, err error) {
	e := asException(err)
	w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	if e.Code == codeRequiredPassword {
		w.Header().Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	w.WriteHeader(statusOf(e.Code))
	_, _ = io.WriteString(w, e.Message+"\n")
}

// contentType is that of a format, as its class in ClickHouse's src/Processors/Formats/Impl says.
func contentType(format string) string {
	f := strings.ToLower(format)
	switch {
	case strings.Contains(f, "jsoneachrow"), strings.HasSuffix(f, "ndjson"), f == "jsonlines", f == "jsoncompacteachrow":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(f, "json"):
		return "application/json; charset=UTF-8"
	case strings.HasPrefix(f, "csv"):
		return "text/csv; charset=UTF-8; header=" + presence(strings.Contains(f, "withnames"))
	case strings.HasPrefix(f, "tsv"), strings.HasPrefix(f, "tabseparated"):
		return "text/tab-separated-values; charset=UTF-8"
	case f == "xml":
		return "application/xml; charset=UTF-8"
	case f == "native", f == "parquet", f == "arrow", f == "arrowstream", f == "orc", f == "avro", f == "npy", f == "msgpack",
		f == "rawblob", strings.HasPrefix(f, "rowbinary"), strings.HasPrefix(f, "protobuf"), f == "bsoneachrow":
		return "application/octet-stream"
	}
	return "text/plain; charset=UTF-8"
}

func presence(yes bool) string {
	if yes {
		return "present"
	}
	return "absent"
}
