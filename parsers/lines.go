package parsers

import (
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/serveraudit"
)

// jsonLine takes one line of jsonlog.
func (d *decoder) jsonLine(s *stream, line []byte) bool {
	if len(line) == 0 || line[0] != '{' {
		return false
	}
	var e postgresql.Entry
	var p piece
	if err := postgresql.ParseJSON(line, d.pg.Clock, &d.pg.Arena, &e); err != nil {
		d.at.begin(&p)
		d.unparsed(&p, line, err)
		return true
	}
	d.at.begin(&p)
	d.emitEntry(s, &p, &e, "postgresql/jsonlog", line)
	return true
}

// serverAuditLine takes one line of server_audit.
func (d *decoder) serverAuditLine(_ *stream, line []byte) bool {
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
