package parsers

import (
	"strings"

	"github.com/auditwarden/auditwarden/pipeline"
)

// stages are the events in which audit_log_filter reports one execution of a statement, in JSON and in XML.
var stages = map[string]uint8{
	"preparse": 1, "postparse": 2, "query_start": 4, "query_status_end": 8, "log": 16, "error": 32, "result": 64, "status": 128,
	"Preparse": 1, "Postparse": 2, "Query Start": 4, "Query Status End": 8, "Query": 128,
	"query_nested_start": 4, "query_nested_status_end": 8, "Query Nested Start": 4, "Query Nested Status End": 8,
}

// stage marks all but the first event of an execution, and all but the first that says it failed. A plugin that writes one
// event for each execution never gets a mark.
func (d *decoder) stage(s *stream, ev *pipeline.Event, event string) {
	shape := stages[event]
	if shape == 0 || ev.SessionID == "" || ev.Has&pipeline.HasStatement == 0 {
		return
	}
	id := ev.SessionID
	switch event {
	case "query_nested_start", "query_nested_status_end", "Query Nested Start", "Query Nested Status End":
		id += nestedSession
	}
	switch ev.Kind {
	case pipeline.KindStatement:
	case pipeline.KindError:
		id += failedSession
	default:
		return
	}
	ev.Repeat = d.sessions.get(s, id).again(d.sessions.hash(ev.Statement), shape)
}

// nestedSession and failedSession mark what is remembered of a connection besides its statements: those inside programs, and failures.
const (
	nestedSession = "\x00nested"
	failedSession = "\x00failed"
)

// connection forgets what was remembered under a connection's id where a record says that it begins or ends, and all where the
// server starts or stops: ids are used again, and a crash says of no connection that it ended.
func (d *decoder) connection(s *stream, ev *pipeline.Event) {
	switch ev.Kind {
	case pipeline.KindServer:
		s.run++
	case pipeline.KindConnect, pipeline.KindConnAttempt, pipeline.KindLoginFailure, pipeline.KindDisconnect:
		for _, part := range [...]string{"", nestedSession, failedSession, nestedSession + failedSession} {
			d.sessions.forget(s, ev.SessionID+part)
		}
	}
}

// account fills in who acted where audit_log_filter names no account, from the connection's own record. The database is not
// among it: a session may change that.
func (d *decoder) account(s *stream, ev *pipeline.Event) {
	d.connection(s, ev)
	switch {
	case ev.SessionID == "" || ev.SessionID == "0":
	case ev.Kind == pipeline.KindConnect:
		if len(ev.Role)+len(ev.ClientAddr) <= longestWho {
			d.sessions.get(s, ev.SessionID).who = who{role: strings.Clone(ev.Role), client: strings.Clone(ev.ClientAddr)}
		}
	case ev.Has&(pipeline.HasRole|pipeline.HasClient) == 0:
		if old := d.sessions.find(s, ev.SessionID); old != nil && old.who.role != "" {
			ev.Role, ev.ClientAddr = old.who.role, old.who.client
			ev.Has |= pipeline.HasRole
			if ev.ClientAddr != "" {
				ev.Has |= pipeline.HasClient
			}
		}
	}
}
