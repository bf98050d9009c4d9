package embedded

import (
	"errors"
	"io"
	"net/http"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// pieceSize is how much of an insert is handed to the engine at once.
const pieceSize = 1 << 20

// insert runs an INSERT with data from the request. The engine takes them as they arrive and holds the client back when
// it is behind. If the request breaks off, the insert is cancelled; blocks already written stay, as in ClickHouse, and
// insert_deduplication_token makes the repetition exact.
func (s *Server) insert(r *reply, c *call, conn *chdb.Conn) error {
	if !c.writes() {
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode")
	}
	if c.ask.Method == http.MethodGet {
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly")
	}
	if c.stmt.format == "" {
		return exception(codeSyntaxError, "SYNTAX_ERROR", "Syntax error: the INSERT has neither SELECT nor VALUES nor FORMAT")
	}
	i, err := conn.Insert(c.stmt.head, c.stmt.format, c.params...)
	if err != nil {
		return err
	}
	defer i.Close()
	rest := []byte(c.text[c.stmt.data:])
	c.text = ""
	if err := feed(i, rest, c.body); err != nil {
		return readError(err)
	}
	if err := c.ask.Context().Err(); err != nil {
		return err // the client left with the last byte: nobody hears the answer, and the insert may be undone
	}
	stats, err := i.Done()
	if err != nil {
		return err
	}
	r.stats = stats
	s.metrics.inserted.Add(float64(stats.WrittenRows))
	return r.end()
}

// feed hands over all data. That the engine takes no more is no error here: Done tells why. A request that breaks off is an
// error, told apart from one that ends.
func feed(i *chdb.Insert, begun []byte, rest io.Reader) error {
	if !i.Append(begun) {
		return nil
	}
	piece := make([]byte, pieceSize)
	for {
		n, err := fill(rest, piece)
		if n > 0 && !i.Append(piece[:n]) {
			return nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill reads until p is full or the reader gives an error, which it passes on as it is; io.ReadFull makes the same error
// of a reader's end and of one that is cut short.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}
