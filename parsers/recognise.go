package parsers

import (
	"bytes"

	"github.com/auditwarden/auditwarden/parsers/logtofile"
	"github.com/auditwarden/auditwarden/parsers/percona"
	"github.com/auditwarden/auditwarden/parsers/postgresql"
	"github.com/auditwarden/auditwarden/parsers/serveraudit"
)

// recognise says what format a line starts a record of. It looks at the line alone: continuation lines never get here
// while their record is open.
func (d *decoder) recognise(line []byte) (layout, *postgresql.Prefix) {
	d.named = false
	if len(line) == 0 {
		return layoutUnknown, nil
	}
	switch c := line[0]; {
	case c == '{':
		return layoutJSON, nil
	case c == '\t':
		return layoutUnknown, nil
	}
	if logtofile.Heads(line) > 0 {
		return layoutLogToFile, nil
	}
	if serveraudit.Looks(line) {
		return layoutServerAudit, nil
	}
	if bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte(percona.Open)) {
		return layoutXML, nil
	}
	if line[0] == '"' {
		switch {
		case logtofile.LooksCSV(line):
			return layoutLogToFile, nil
		case percona.LooksCSV(line):
			return layoutRowCSV, nil
		}
	}
	if postgresql.RowHead(line) {
		return layoutCSV, nil
	}
	var e postgresql.Entry
	if p, _ := d.findPrefix(d.prefixes, line, &e, nil); p != nil {
		d.named = names(&e)
		return layoutStderr, p
	}
	return layoutUnknown, nil
}
