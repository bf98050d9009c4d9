package clickhouse

import (
	"slices"

	"github.com/auditwarden/auditwarden/pipeline"
)

// reset empties c, drops what its strings kept alive, and makes room for n events.
func (c *eventColumns) reset(n int) {
	c.rows = 0
	c.hex = slices.Grow(c.hex[:0], 32*n)
	c.numbers = slices.Grow(c.numbers[:0], 2*n)
	if c.derived == nil {
		c.derived = map[*pipeline.Statement]*derived{}
	}
	clear(c.derived)
	for _, s := range []*[]string{
		&c.batchID, &c.recordID, &c.source, &c.stream, &c.engine, &c.format, &c.version, &c.kind, &c.certainty,
		&c.cluster, &c.host, &c.role, &c.database, &c.client, &c.application, &c.osUser, &c.session,
		&c.backend, &c.tls, &c.auth, &c.auditType, &c.class, &c.command, &c.objectType, &c.objectName,
		&c.fingerprint, &c.statementKind, &c.statementText, &c.outcome, &c.severity, &c.sqlState, &c.message,
	} {
		empty(s, n)
	}
	for _, s := range []*[][]string{&c.kinds, &c.tables, &c.read, &c.written, &c.functions, &c.signals} {
		empty(s, n)
	}
	for _, s := range []*[]bool{
		&c.suspicious, &c.lexical, &c.truncated, &c.partial, &c.redacted, &c.repeat, &c.previouslyKnown,
	} {
		empty(s, n)
	}
	for _, s := range []*[]int64{
		&c.offset, &c.process, &c.transaction, &c.statementID, &c.substatementID, &c.errorCode,
	} {
		empty(s, n)
	}
	empty(&c.index, n)
	empty(&c.port, n)
	empty(&c.lines, n)
	empty(&c.bytes, n)
	empty(&c.eventTime, n)
	empty(&c.ingestedAt, n)
	empty(&c.fingerprintVersion, n)
	empty(&c.score, n)
	empty(&c.rowsAffected, n)
	empty(&c.duration, n)
}

func empty[T any](s *[]T, n int) {
	clear(*s)
	*s = slices.Grow((*s)[:0], n)
}
