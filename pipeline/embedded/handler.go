package embedded

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/compress"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ping", "/replicas_status":
		_, _ = io.WriteString(w, "Ok.\n")
		return
	case "/", "/query":
	default:
		http.NotFound(w, r)
		return
	}
	if r.URL.RawQuery == "" && r.Method == http.MethodGet {
		_, _ = io.WriteString(w, "Ok.\n")
		return
	}
	user, err := s.authenticate(r)
	if err != nil {
		fail(w, err)
		return
	}
	c, err := newCall(r)
	if err != nil {
		fail(w, err)
		return
	}
	c.user = user
	if err := s.run(w, c); err != nil {
		fail(w, err)
	}
}

func fail(w http.ResponseWriter, err error) {
	e := asException(err)
	w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(statusOf(e.Code))
	_, _ = io.WriteString(w, e.Message+"\n")
}

// run executes a statement on a session of its own.
func (s *Server) run(w http.ResponseWriter, c *call) error {
	if strings.TrimSuffix(strings.TrimSpace(c.text), ";") == helloQuery && c.format == "Native" {
		out := newWriter(w, c)
		_, err := out.Write(s.hello(c.revision))
		return err
	}
	conn, err := s.session(c)
	if err != nil {
		return err
	}
	defer conn.Close()
	if c.stmt.insert {
		return s.insert(w, c, conn)
	}
	a, err := conn.Classify(c.text)
	if err != nil {
		return err
	}
	if c.user != Writer && a.Class != chdb.ReadOnly {
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode")
	}
	if a.Class != chdb.ReadOnly || !c.stmt.streams() {
		r, err := conn.Query(c.text, c.format, c.params...)
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = newWriter(w, c).Write(r.Data())
		return err
	}
	return stream(w, c, conn)
}

// session opens a session with the call's database and settings.
func (s *Server) session(c *call) (*chdb.Conn, error) {
	conn, err := s.lib.Connect("--path=" + s.cfg.Path)
	if err != nil {
		return nil, err
	}
	if err := prepare(conn, c); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func prepare(conn *chdb.Conn, c *call) error {
	if c.database != "" {
		if err := conn.Exec("USE " + quoteName(c.database)); err != nil {
			return err
		}
	}
	if len(c.settings) == 0 {
		return nil
	}
	set := make([]string, len(c.settings))
	for i, p := range c.settings {
		set[i] = quoteName(p.Name) + " = " + quoteText(p.Value)
	}
	return conn.Exec("SET " + strings.Join(set, ", "))
}

func quoteName(s string) string {
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(s) + "`"
}

func quoteText(s string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'").Replace(s) + "'"
}

func stream(w http.ResponseWriter, c *call, conn *chdb.Conn) error {
	q, err := conn.Stream(c.text, c.format, c.params...)
	if err != nil {
		return err
	}
	defer q.Close()
	var out io.Writer
	for {
		r, err := q.Fetch()
		if err != nil {
			if out == nil {
				return err
			}
			panic(http.ErrAbortHandler)
		}
		if out == nil {
			out = newWriter(w, c)
		}
		if len(r.Data()) == 0 {
			r.Close()
			return nil
		}
		_, err = out.Write(r.Data())
		r.Close()
		if err != nil {
			return nil // the client has left
		}
	}
}

func (s *Server) insert(w http.ResponseWriter, c *call, conn *chdb.Conn) error {
	if c.user != Writer {
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode")
	}
	i, err := conn.Insert(c.stmt.head, c.stmt.format, c.params...)
	if err != nil {
		return err
	}
	defer i.Close()
	if !i.Append([]byte(c.text[c.stmt.data:])) {
		_, err := i.Done()
		return err
	}
	buf := make([]byte, 1<<18)
	for {
		n, err := c.body.Read(buf)
		if n > 0 && !i.Append(buf[:n]) {
			break
		}
		if err != nil {
			if !isEOF(err) {
				return exception(33, "CANNOT_READ_ALL_DATA", "Cannot read the request: "+err.Error())
			}
			break
		}
	}
	stats, err := i.Done()
	if err != nil {
		return err
	}
	w.Header().Set("X-ClickHouse-Summary", `{"written_rows":"`+strconv.FormatUint(stats.WrittenRows, 10)+`"}`)
	return nil
}

// blockWriter frames what is written as compressed blocks.
type blockWriter struct {
	w io.Writer
	c *compress.Writer
}

func (b *blockWriter) Write(p []byte) (int, error) {
	total := 0
	for len(p) > 0 {
		piece := p[:min(len(p), 1<<20)]
		if err := b.c.Compress(piece); err != nil {
			return total, err
		}
		if _, err := b.w.Write(b.c.Data); err != nil {
			return total, err
		}
		total += len(piece)
		p = p[len(piece):]
	}
	return total, nil
}

func newWriter(w http.ResponseWriter, c *call) io.Writer {
	w.Header().Set("Content-Type", "application/octet-stream")
	if c.compress {
		return &blockWriter{w: w, c: compress.NewWriter(0, compress.LZ4)}
	}
	return w
}

func isEOF(err error) bool {
	for e := err; e != nil; {
		if e == io.EOF {
			return true
		}
		u, ok := e.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		e = u.Unwrap()
	}
	return false
}
