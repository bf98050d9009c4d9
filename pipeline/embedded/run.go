package embedded

import (
	"net/http"
	"sync"
	"time"

	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// run executes a statement on a session of its own and answers.
func (s *Server) run(w http.ResponseWriter, c *call) {
	r := newReply(s, w, c)
	if isHello(c) {
		if _, err := r.Write(s.hello(c.revision)); err == nil {
			_ = r.end()
		}
		return
	}
	if err := s.execute(r, c); err != nil {
		s.metrics.exceptions.Inc()
		r.fail(err)
	}
}

func (s *Server) execute(r *reply, c *call) error {
	release, err := s.admit(c)
	if err != nil {
		return err
	}
	defer release()
	if err := c.ask.Context().Err(); err != nil {
		return err // the client left while it waited
	}
	conn, err := s.session(c)
	if err != nil {
		return err
	}
	defer conn.Close()

	defer s.killWhen(c)()
	switch {
	case c.stmt.insert:
		return s.insert(r, c, conn)
	case !c.writes():
		err = guard(conn, c)
	default:
		err = allow(conn, c)
	}
	if err != nil {
		return err
	}
	if c.stmt.streams() && c.pieces() != inOne {
		return stream(r, c, conn)
	}
	return whole(r, c, conn)
}

// killWhen ends the call's statement in the engine when the client leaves, or for a reader when the server is to stop. The
// function it gives is called when the statement is over; it waits for a kill under way.
func (s *Server) killWhen(c *call) func() {
	over := make(chan struct{})
	var kills sync.WaitGroup
	kills.Go(func() {
		stopping := s.stopping.Done()
		if c.writes() {
			stopping = nil
		}
		select {
		case <-over:
			return
		case <-c.ask.Context().Done():
		case <-stopping:
		}
		s.metrics.cancelled.Inc()
		s.killUntil(over, c)
	})
	return func() {
		close(over)
		kills.Wait()
	}
}

// killUntil kills again and again: the first time, the statement may not have begun.
func (s *Server) killUntil(over <-chan struct{}, c *call) {
	pause := 20 * time.Millisecond
	for {
		s.kill(c)
		select {
		case <-over:
			return
		case <-time.After(pause):
			pause = min(2*pause, time.Second)
		}
	}
}

// allow checks what even a writer may not do: several statements in one request, or changes by GET.
func allow(conn *chdb.Conn, c *call) error {
	a, err := conn.Classify(c.text)
	switch {
	case err != nil:
		return err
	case a.Statements > 1:
		return severalStatements()
	case a.Class != chdb.ReadOnly && a.Class != chdb.Unknown && c.ask.Method == http.MethodGet:
		return exception(codeReadOnly, "READONLY", "Cannot execute query in readonly mode. For queries over HTTP, method GET implies "+
			"readonly. You should use method POST for modifying queries")
	}
	return nil
}

// whole runs a statement whose output cannot come in pieces: all but SELECT, whose output is small, and a SELECT in a
// format with a frame around its rows, whose size is bounded by max_memory_usage.
func whole(r *reply, c *call, conn *chdb.Conn) error {
	out, err := conn.Query(c.text, c.format, c.params...)
	if err != nil {
		return err
	}
	defer out.Close()
	r.stats = out.Stats
	if len(out.Data()) > 0 {
		if _, err := r.Write(out.Data()); err != nil {
			return nil // the client has left
		}
	}
	return r.end()
}

// stream runs a SELECT and hands over its output piece by piece. One piece is held back, so that an error in a short
// result still gets its status, and a short result its summary.
func stream(r *reply, c *call, conn *chdb.Conn) error {
	q, err := conn.Stream(c.text, c.format, c.params...)
	if err != nil {
		return err
	}
	defer q.Close()
	var held chdb.Result
	defer func() { held.Close() }()
	kind := c.pieces()
	for {
		piece, err := q.Fetch()
		if err != nil {
			return err
		}
		r.stats.Add(piece.Stats)
		if data := held.Data(); len(data) > 0 {
			if r.begun {
				data = data[kind.head(data):] // each piece has the format's head
			}
			if _, err := r.Write(data); err != nil {
				piece.Close()
				return nil // the client has left
			}
		}
		held.Close()
		held = piece
		if len(piece.Data()) == 0 {
			return r.end()
		}
	}
}
