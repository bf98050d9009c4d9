package embedded

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// call is one request for a statement.
type call struct {
	user     string
	queryID  string
	database string
	format   string // the format when the statement names none
	revision int    // the client's client_protocol_version
	settings []chdb.Param
	params   []chdb.Param
	reply    replyOptions

	text string         // what has been read of the statement
	stmt statement      // what it is
	body io.ReadCloser  // the rest of the request, decoded; nothing for all but inserts
	ask  *http.Request  // for its context and method
	tag  string         // marks the engine's side of it; see kill
	read countingReader // under body
}

func (c *call) writes() bool { return c.user == Writer }

// limits on what is held of a request in memory.
const (
	maxStatement       = 16 << 20 // of a statement that is no insert; the engine's max_query_size is far lower by default
	maxReaderStatement = 2 << 20
	maxInsertHead      = 1 << 20 // of an insert, up to its data
	maxWriterFrame     = 1 << 30 // one compressed block: clickhouse-go sends a whole batch as one
	maxReaderFrame     = 4 << 20
)

// newCall reads a request up to the data of an insert.
func newCall(r *http.Request, user string) (*call, error) {
	q := r.URL.Query()
	c := &call{
		ask: r, user: user, queryID: q.Get("query_id"), tag: rand.Text(),
		database: first(q.Get("database"), r.Header.Get("X-ClickHouse-Database")),
		format:   first(q.Get("default_format"), r.Header.Get("X-ClickHouse-Format"), "TabSeparated"),
	}
	if c.queryID == "" {
		c.queryID = c.tag
	}
	c.revision, _ = strconv.Atoi(q.Get("client_protocol_version"))
	c.settings, c.params = readSettings(q)
	if err := c.refuse(); err != nil {
		return nil, err
	}
	c.reply = newReplyOptions(r, c.settings)
	if err := c.openBody(); err != nil {
		return nil, err
	}
	return c, c.readStatement(q.Get("query"))
}

// refuse turns away what a server could do and this one cannot, rather than ignore it.
func (c *call) refuse() error {
	q := c.ask.URL.Query()
	switch {
	case q.Get("session_id") != "":
		return exception(codeNotImplemented, "NOT_IMPLEMENTED", "The embedded engine has no HTTP sessions (session_id)")
	case q.Get("role") != "":
		return exception(codeNotGranted, "SET_NON_GRANTED_ROLE", "The embedded engine has no roles to choose from")
	case strings.HasPrefix(c.ask.Header.Get("Content-Type"), "multipart/form-data"):
		return exception(codeNotImplemented, "NOT_IMPLEMENTED", "The embedded engine takes no external tables (multipart/form-data)")
	}
	return nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// readStatement reads the text of the statement: all of it, or for an insert the piece that holds its head.
func (c *call) readStatement(inURL string) error {
	if inURL != "" {
		c.text = inURL + "\n"
		if c.stmt = look(c.text); c.stmt.insert && c.stmt.format != "" {
			return nil
		}
	}
	if err := c.readUntil(maxInsertHead); err != nil {
		return err
	}
	c.stmt = look(c.text)
	if c.stmt.insert {
		return nil
	}
	limit := maxStatement
	if !c.writes() {
		limit = maxReaderStatement
	}
	if err := c.readUntil(limit); err != nil {
		return err
	}
	c.stmt = look(c.text)
	if c.stmt.verb == "" {
		return exception(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: the query is empty or does not begin with a word")
	}
	if len(c.text) >= limit {
		return exception(codeTooLarge, "QUERY_IS_TOO_LARGE", "The statement is longer than "+strconv.Itoa(limit)+" bytes")
	}
	return nil
}

// readUntil reads on until the text is of that size or the request ends.
func (c *call) readUntil(size int) error {
	if len(c.text) >= size {
		return nil
	}
	more, err := io.ReadAll(io.LimitReader(c.body, int64(size-len(c.text))))
	c.text += string(more)
	if err != nil {
		return readError(err)
	}
	return nil
}

// countingReader counts what the client sent.
type countingReader struct {
	io.Reader
	n int64
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	return n, err
}

// openBody undoes Content-Encoding and decompress=1.
func (c *call) openBody() error {
	c.read.Reader = c.ask.Body
	var err error
	limit := maxReaderFrame
	if c.writes() {
		limit = maxWriterFrame
	}
	c.body, err = decode(&c.read, c.ask.Header.Get("Content-Encoding"), c.ask.URL.Query().Get("decompress") == "1", limit)
	return err
}

// readError gives a failure to read a request the engine's shape.
func readError(err error) error {
	var e *chdb.Error
	if errors.As(err, &e) {
		return e
	}
	return exception(codeCannotReadAll, "CANNOT_READ_ALL_DATA", "Cannot read the request: "+err.Error())
}
