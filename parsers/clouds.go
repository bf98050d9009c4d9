package parsers

import (
	"bytes"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/cloud"
	"github.com/auditwarden/auditwarden/parsers/envelope"
	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/pipeline"
)

// azure takes one record of Azure Monitor.
func (d *decoder) azure(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	if strings.HasPrefix(jsonscan.Text(raw, a, "category"), "MySql") {
		d.structured(s, raw, cloud.FormatAzureMySQL, func(ev *pipeline.Event) error {
			err := cloud.ReadAzureMySQL(raw, d.pg.Clock, a, ev)
			if err == nil {
				d.connection(s, ev)
				d.stage(s, ev, strings.ToLower(ev.Command))
			}
			return err
		})
		return
	}
	text := func(name string) string { return jsonscan.Text(raw, a, "properties", name) }
	before := d.at.origin
	if server := cloud.AzureServer(raw, a); server != "" {
		d.at.cluster = server
	}
	if t, _, n := d.pg.Clock.Civil(field.Bytes(jsonscan.Text(raw, a, "time"))); n > 0 {
		d.at.time = t
	}
	message := text("message")
	inside := d.substream(s, d.at.cluster)
	inside.format, inside.version = "azure/postgresql", "flexible server"
	if depth <= maxNesting && text("prefix") == "" && d.prefixed(inside, field.Bytes(message)) {
		d.oneMessage(inside, field.Valid(field.Bytes(message)))
	} else {
		d.azureEntry(inside, raw, message, text)
	}
	d.at.origin = before
}

// oneMessage takes a text that is known to be one message, with the labelled lines after it at most: no other line of it
// starts a record, tab or no tab. Inside pgaudit's quotes there are no labels either.
func (d *decoder) oneMessage(s *stream, text []byte) {
	first := true
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\n")
		m := s.pending
		quoted := m != nil && m.audit() && !m.complete()
		switch {
		case first, len(line) > 0 && line[0] == '\t', !quoted && d.labelled(s, line):
			d.line(s, line)
		case m != nil:
			d.addLine(s, m, line)
		default:
			d.stray(s, line)
		}
		first = false
	}
}

// prefixed reports whether a message is a whole line of the server, with its prefix and severity.
func (d *decoder) prefixed(s *stream, message []byte) bool {
	var e postgresql.Entry
	if len(message) > 0 && message[0] == '\t' {
		return s.pending != nil
	}
	if line, _, _ := strings.Cut(field.String(message), "\n"); d.matchPrefix(s, field.Bytes(line), &e) > 0 {
		return true
	}
	found, prefix := d.recognise(message)
	return found == layoutStderr && prefix.String() != ""
}

// azureEntry makes an event where the message has no severity of its own: single server, and some of flexible server's.
func (d *decoder) azureEntry(s *stream, raw []byte, message string, text func(string) string) {
	var e postgresql.Entry
	var p piece
	e.Severity, e.SQLState, e.Detail = text("errorLevel"), text("sqlerrcode"), text("detail")
	e.Message = field.Bytes(message)
	e.Version = "flexible server"
	if prefix := text("prefix"); prefix != "" {
		e.Version = "single server"
		if t, sure, n := d.pg.Clock.Civil(field.Bytes(prefix)); n > 0 {
			e.Time, e.Sure = t, sure
			e.SessionID = strings.Trim(prefix[n:], "-")
			e.PID = postgresql.SessionPID(e.SessionID)
		}
	} else if i := strings.Index(message, pgaudit.Marker); i > 0 && i < 512 {
		e.Message = e.Message[i:] // after a prefix that nobody knows
	}
	if e.Severity == "" {
		e.Severity = "LOG"
	}
	d.at.begin(&p)
	d.emitEntry(s, &p, &e, "azure/postgresql", raw)
}

// cnpg takes a line of CloudNativePG's instance manager: csvlog's columns by name, with pgaudit's taken apart.
func (d *decoder) cnpg(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	record, _ := jsonscan.Get(raw, "record")
	pod := jsonscan.Text(raw, a, "logging_pod")
	audit, ok := jsonscan.Get(record.Raw, "audit")
	inside := d.substream(s, pod)
	before := d.at.origin
	d.at.host = pod
	defer func() { d.at.origin = before }()
	if _, named := jsonscan.Get(record.Raw, "error_severity"); !named {
		d.wrapped(s, raw, depth)
		return
	}
	if !ok || audit.Kind != jsonscan.Object {
		d.entry(inside, raw, record.Raw, "cnpg/postgresql", nil)
		return
	}
	d.structured(inside, raw, "cnpg/pgaudit", func(ev *pipeline.Event) error {
		var e postgresql.Entry
		if _, err := postgresql.ParseJSON(record.Raw, d.pg.Clock, a, &e); err != nil {
			return err
		}
		e.Message = nil
		if err := e.Event(ev, &d.pg); err != nil {
			return err
		}
		text := func(name string) string { return jsonscan.Text(audit.Raw, a, name) }
		p := pgaudit.Payload{
			Type: text("audit_type"), Class: text("class"), Command: text("command"), ObjectType: text("object_type"), ObjectName: text("object_name"),
		}
		p.StatementID, _ = jsonscan.Int(audit.Raw, "statement_id")
		p.SubstatementID, _ = jsonscan.Int(audit.Raw, "substatement_id")
		p.Rows, p.HasRows = jsonscan.Int(audit.Raw, "rows")
		ev.Message = ""
		pgaudit.Audited(ev, &p)
		pgaudit.SetTexts(ev, text("statement"), text("parameter"), a)
		return nil
	})
}

// supabase takes a record of Supabase's log export.
func (d *decoder) supabase(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	parsed, ok := jsonscan.Get(raw, "metadata", "parsed")
	if parsed.Kind == jsonscan.Array {
		list := jsonscan.Walk(parsed.Raw)
		_, parsed, ok = list.Next()
	}
	if !ok || parsed.Kind != jsonscan.Object {
		d.wrapped(s, raw, depth)
		return
	}
	before := d.at.origin
	in, _ := envelope.Unwrap(raw, a)
	if !in.Time.IsZero() {
		d.at.time = in.Time
	}
	message := jsonscan.Text(raw, a, "event_message")
	d.entry(d.substream(s, "supabase"), raw, parsed.Raw, "supabase/postgresql", func(e *postgresql.Entry) {
		e.Message = field.Bytes(message)
	})
	d.at.origin = before
}

// googleText takes a line of the server's log, as a log entry: one message, whose further lines have lost their tabs.
func (d *decoder) googleText(s *stream, raw []byte, depth int) {
	a := &d.pg.Arena
	before := d.at.origin
	if id := cloud.GoogleCluster(raw, a); id != "" {
		d.at.cluster = id
	}
	if t, _, n := d.pg.Clock.Civil(field.Bytes(jsonscan.Text(raw, a, "timestamp"))); n > 0 {
		d.at.time = t
	}
	text := field.Bytes(jsonscan.Text(raw, a, "textPayload"))
	if inside := d.substream(s, d.at.cluster); depth <= maxNesting && d.prefixed(inside, text) {
		d.oneMessage(inside, field.Valid(text))
	} else {
		d.wrapped(s, raw, depth)
	}
	d.at.origin = before
}

// google takes a log entry of Cloud SQL or AlloyDB.
func (d *decoder) google(s *stream, raw []byte) {
	a := &d.pg.Arena
	var c cloud.Chunk
	d.structured(s, raw, cloud.FormatGooglePG, func(ev *pipeline.Event) (err error) {
		c, err = cloud.ReadGoogle(raw, d.pg.Clock, a, ev)
		if err == nil && c.Count <= 1 {
			c.Fill(a, ev)
		}
		return err
	})
	if c.Count > 1 {
		d.takeEntry(s, &c)
	}
}
