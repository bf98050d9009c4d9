package embedded

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// call is one request for a statement.
type call struct {
	user     string
	queryID  string
	database string
	format   string // the format when the statement names none
	revision int    // client_protocol_version
	compress bool   // answer in compressed blocks

	settings []chdb.Param
	params   []chdb.Param

	text  string    // what has been read of the statement
	body  io.Reader // the rest of the request, decoded
	stmt  statement
	asked *http.Request
}

// notSettings are the URL parameters of the HTTP interface itself.
var notSettings = []string{
	"query", "query_id", "database", "default_format", "user", "password", "quota_key", "compress", "decompress",
	"stacktrace", "role", "session_id", "session_timeout", "session_check", "client_protocol_version", "buffer_size",
	"wait_end_of_query", "no_cache", "close_session", "framing",
}

const maxQuery = 1 << 20

func newCall(r *http.Request) (*call, error) {
	q := r.URL.Query()
	c := &call{asked: r, database: q.Get("database"), format: q.Get("default_format"), queryID: q.Get("query_id")}
	if c.database == "" {
		c.database = r.Header.Get("X-ClickHouse-Database")
	}
	if f := r.Header.Get("X-ClickHouse-Format"); c.format == "" {
		c.format = f
	}
	if c.format == "" {
		c.format = "TabSeparated"
	}
	c.revision = atoi(q.Get("client_protocol_version"))
	c.compress = q.Get("compress") == "1"
	for name, values := range q {
		if p, ok := strings.CutPrefix(name, "param_"); ok {
			c.params = append(c.params, chdb.Param{Name: p, Value: values[len(values)-1]})
		} else if !slices.Contains(notSettings, name) {
			c.settings = append(c.settings, chdb.Param{Name: name, Value: values[len(values)-1]})
		}
	}
	body, err := decodeBody(r)
	if err != nil {
		return nil, err
	}
	c.body = body
	return c, c.readStatement(q.Get("query"))
}

// readStatement reads the text of the statement: all of it, or for an insert the piece that holds its head.
func (c *call) readStatement(inURL string) error {
	c.text = inURL
	if inURL != "" {
		c.text += "\n"
		if c.stmt = look(c.text); c.stmt.insert && c.stmt.format != "" {
			return nil
		}
	}
	head, err := io.ReadAll(io.LimitReader(c.body, maxQuery))
	if err != nil {
		return exception(33, "CANNOT_READ_ALL_DATA", "Cannot read the request: "+err.Error())
	}
	c.text += string(head)
	c.stmt = look(c.text)
	return nil
}

func atoi(s string) int {
	n := 0
	for i := 0; i < len(s) && i < 9; i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
