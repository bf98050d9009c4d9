package parsers

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/serveraudit"
	"github.com/auditwarden/auditwarden/pipeline"
)

// jsonLine takes one line of a text whose lines are objects.
func (d *decoder) jsonLine(s *stream, line []byte) bool {
	if len(line) == 0 || line[0] != '{' {
		return false
	}
	d.object(s, line, 1)
	return true
}

// serverAuditLine takes one line of server_audit.
func (d *decoder) serverAuditLine(s *stream, line []byte) bool {
	if !serveraudit.Looks(line) {
		return false
	}
	var p piece
	d.at.begin(&p)
	ev := d.event(&p)
	if err := d.audit.Read(line, ev); err != nil {
		d.drop()
		d.unparsed(&p, line, err)
		return true
	}
	finishTime(ev, &p)
	return true
}

// serverAuditSyslog takes a record as the plugin sends it to syslog, with its optional info before it.
func (d *decoder) serverAuditSyslog(s *stream, text []byte) {
	d.structured(s, text, serveraudit.FormatMariaDB, func(ev *pipeline.Event) error {
		// server_audit_syslog_info and a blank stand before the server's name, which holds none.
		text := bytes.TrimSuffix(text, carriageReturn)
		first, _, _ := bytes.Cut(text, []byte{','})
		return d.audit.ReadSyslog(text[1+bytes.LastIndexByte(first, ' '):], ev)
	})
}
