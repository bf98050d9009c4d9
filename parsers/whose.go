package parsers

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// who is what the lines that open a session say of it for all its life. The application is not among it: a session may
// rename that.
type who struct {
	role, database, client string
	port                   uint16
}

// longestWho bounds what is remembered of a session by names that somebody chose.
const longestWho = 1024

// whose fills in what a prefix leaves out: many have no %h or %r, some not even %u, and the server says it only once, in
// "connection received" and "connection authorized". It returns what the session is to be remembered by, if that changed.
func (d *decoder) whose(s *stream, ev *pipeline.Event) (w who, learnt bool) {
	const names = pipeline.HasRole | pipeline.HasDatabase
	switch ev.Format {
	case "postgresql/stderr", "postgresql/syslog", "azure/postgresql":
	default:
		return w, false // columns of their own for everything
	}
	if ev.SessionID == "" {
		return w, false
	}
	if ev.Kind == pipeline.KindConnAttempt && ev.Has&(names|pipeline.HasClient) == pipeline.HasClient && len(ev.ClientAddr) <= longestWho { // process ids are used again
		d.sessions.forget(s, ev.SessionID)
		return who{client: strings.Clone(ev.ClientAddr), port: ev.ClientPort}, true
	}
	if ev.Has&names == names && ev.Has&pipeline.HasClient != 0 && (ev.ClientPort != 0 || ev.ClientAddr == "[local]") {
		return w, false
	}
	if old := d.sessions.find(s, ev.SessionID); old != nil {
		w = old.who
	}
	w.fill(ev, s.prefix != nil && s.prefix.Names)
	if ev.Kind != pipeline.KindConnect || len(ev.Role)+len(ev.Database)+len(ev.ClientAddr) > longestWho {
		return w, false
	}
	w = who{strings.Clone(ev.Role), strings.Clone(ev.Database), strings.Clone(ev.ClientAddr), ev.ClientPort}
	return w, true
}

// fill completes an event, if it is the session's: one whose prefix could name a role and does not is of a background
// process, and one that names another is of another session.
func (w *who) fill(ev *pipeline.Event, named bool) {
	const names = pipeline.HasRole | pipeline.HasDatabase
	switch {
	case named && ev.Has&names == 0,
		ev.Has&pipeline.HasRole != 0 && w.role != "" && ev.Role != w.role,
		ev.Has&pipeline.HasDatabase != 0 && w.database != "" && ev.Database != w.database,
		ev.Has&names == 0 && (ev.Kind == pipeline.KindMessage || ev.Kind == pipeline.KindServer):
		return
	}
	if ev.Has&pipeline.HasClient == 0 && w.client != "" {
		ev.ClientAddr = w.client
		ev.Has |= pipeline.HasClient
	}
	if ev.ClientPort == 0 && ev.ClientAddr == w.client {
		ev.ClientPort = w.port
	}
	if ev.Has&pipeline.HasRole == 0 && w.role != "" {
		ev.Role = w.role
		ev.Has |= pipeline.HasRole
	}
	if ev.Has&pipeline.HasDatabase == 0 && w.database != "" {
		ev.Database = w.database
		ev.Has |= pipeline.HasDatabase
	}
}
