package embedded

import (
	"github.com/auditwarden/auditwarden/pipeline/embedded/internal/chdb"
)

// sessionSettings are what every session starts with; clients may change them. Inserts are synchronous, so that an
// answered insert is in a part on disk; an expression is no statement; functions that show addresses are off.
var sessionSettings = []string{
	"--async_insert=0", "--implicit_select=0", "--allow_introspection_functions=0", "--insert_deduplicate=1",
}

// session opens a session of the engine for one call: its settings, database and rights. It costs half a millisecond,
// and nothing of one call can leak into the next.
func (s *Server) session(c *call) (*chdb.Conn, error) {
	conn, err := s.lib.Connect(s.arguments...)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(conn, c); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (s *Server) prepare(conn *chdb.Conn, c *call) error {
	settings := tagged(c)
	if !c.writes() {
		if c.database == "system" {
			return refused("the database system")
		}
		if err := conn.Exec("SET ROLE " + analystRole); err != nil {
			return err
		}
		var err error
		if settings, err = s.readerLimits(settings); err != nil {
			return err
		}
	}
	if c.stmt.streams() && c.pieces() == inOne {
		settings = bound(settings, s.analystMemory)
	}
	if c.database != "" {
		if err := conn.Exec("USE " + quoteName(c.database)); err != nil {
			return err
		}
	}
	if err := conn.Exec(setStatement(settings)); err != nil {
		return err
	}
	if !c.writes() {
		return conn.Exec("SET readonly = 1")
	}
	return nil
}

// bound sets max_memory_usage, unless a lower one is asked for. It is for results that the engine holds in memory.
func bound(settings []chdb.Param, limit uint64) []chdb.Param {
	out := make([]chdb.Param, 0, len(settings)+1)
	for _, p := range settings {
		if p.Name == "max_memory_usage" {
			limit = lower(limit, p.Value)
			continue
		}
		out = append(out, p)
	}
	return append(out, chdb.Param{Name: "max_memory_usage", Value: number(limit)})
}

// tagged adds the mark by which the call's statement is found in the engine.
func tagged(c *call) []chdb.Param {
	out := make([]chdb.Param, 0, len(c.settings)+1)
	comment := c.tag
	for _, p := range c.settings {
		if p.Name == "log_comment" {
			comment += " " + p.Value
			continue
		}
		out = append(out, p)
	}
	return append(out, chdb.Param{Name: "log_comment", Value: comment})
}

// kill ends the call's statement in the engine. Only KILL QUERY can: a session takes no second call while it works.
func (s *Server) kill(c *call) {
	conn, err := s.lib.Connect(s.arguments...)
	if err != nil {
		s.log.Warn("cancel statement", "error", err)
		return
	}
	defer conn.Close()
	// quoting is not needed: the tag is letters and digits
	if err := conn.Exec("KILL QUERY WHERE startsWith(Settings['log_comment'], '" + c.tag + "') ASYNC"); err != nil {
		s.log.Warn("cancel statement", "query_id", c.queryID, "code", asException(err).Code)
	}
}
