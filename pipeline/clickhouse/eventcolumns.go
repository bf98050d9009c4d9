package clickhouse

import (
	"encoding/hex"
	"time"
	"unsafe"

	"github.com/auditwarden/auditwarden/pipeline"
)

// eventColumns holds a commit's events column by column. It is reused from commit to commit.
type eventColumns struct {
	rows    int
	hex     []byte // the record ids' text; recordID points into it
	derived map[*pipeline.Statement]*derived
	numbers []int64 // what rowsAffected and duration point into

	batchID, recordID, source, stream, engine, format, version, kind, certainty []string
	index                                                                       []uint16
	offset                                                                      []int64
	lines                                                                       []uint32
	bytes                                                                       []uint64
	eventTime, ingestedAt                                                       []time.Time

	cluster, host, role, database, client, application, osUser, session []string
	port                                                                []uint16
	process, transaction                                                []int64
	backend, tls, auth                                                  []string

	auditType, class, command, objectType, objectName     []string
	statementID, substatementID                           []int64
	fingerprint, statementKind, statementText             []string
	fingerprintVersion                                    []uint8
	kinds, tables, read, written, functions, signals      [][]string
	suspicious, lexical                                   []bool
	score                                                 []float32
	outcome, severity, sqlState, message                  []string
	rowsAffected, duration                                []*int64
	errorCode                                             []int64
	truncated, partial, redacted, repeat, previouslyKnown []bool
}

// derived is what a statement's columns are made of; made once per statement and commit.
type derived struct {
	kinds, tables, read, written, functions, signals []string
}

func derive(s *pipeline.Statement) *derived {
	d := &derived{kinds: s.Kinds, functions: s.Functions, signals: s.SignalNames()}
	for _, t := range s.Tables {
		name := t.String()
		d.tables = appendNew(d.tables, name)
		if t.Access == pipeline.Read {
			d.read = appendNew(d.read, name)
		} else {
			d.written = appendNew(d.written, name)
		}
	}
	return d
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// fill takes the events in. keepText says whether raw SQL is stored.
func (c *eventColumns) fill(batch string, events []pipeline.Event, keepText bool) {
	c.reset(len(events))
	for i := range events {
		c.add(batch, &events[i], keepText)
	}
}

func (c *eventColumns) add(batch string, e *pipeline.Event, keepText bool) {
	c.rows++
	c.batchID = append(c.batchID, batch)
	c.recordID = append(c.recordID, c.hexText(e.RecordID))
	c.index = append(c.index, e.Index)
	c.source = append(c.source, e.Source)
	c.stream = append(c.stream, e.Stream)
	c.offset = append(c.offset, e.Offset)
	c.lines = append(c.lines, e.Lines)
	c.bytes = append(c.bytes, e.Bytes)
	c.engine = append(c.engine, string(e.Engine))
	c.format = append(c.format, e.Format)
	c.version = append(c.version, e.FormatVersion)
	c.kind = append(c.kind, string(e.Kind))
	c.certainty = append(c.certainty, string(e.TimeCertainty))
	c.eventTime = append(c.eventTime, clampTime(e.EventTime))
	c.ingestedAt = append(c.ingestedAt, clampTime(e.IngestedAt))

	c.cluster = append(c.cluster, e.Cluster)
	c.host = append(c.host, e.Host)
	c.role = append(c.role, e.Role)
	c.database = append(c.database, e.Database)
	c.client = append(c.client, e.ClientAddr)
	c.port = append(c.port, e.ClientPort)
	c.application = append(c.application, e.Application)
	c.osUser = append(c.osUser, e.OSUser)
	c.session = append(c.session, e.SessionID)
	c.process = append(c.process, e.ProcessID)
	c.transaction = append(c.transaction, e.TransactionID)
	c.backend = append(c.backend, e.BackendType)
	c.tls = append(c.tls, e.TLS)
	c.auth = append(c.auth, e.AuthMethod)

	c.addWhat(e, keepText)
	c.addHow(e)
}

func (c *eventColumns) addWhat(e *pipeline.Event, keepText bool) {
	c.auditType = append(c.auditType, e.AuditType)
	c.statementID = append(c.statementID, e.StatementID)
	c.substatementID = append(c.substatementID, e.SubstatementID)
	c.class = append(c.class, e.Class)
	c.command = append(c.command, e.Command)
	c.objectType = append(c.objectType, e.ObjectType)
	c.objectName = append(c.objectName, e.ObjectName)
	text := ""
	if keepText {
		text = e.Statement
	}
	c.statementText = append(c.statementText, text)
	s, d := e.SQL, &nothingDerived
	if s == nil {
		s = &noStatement
	} else if d = c.derived[s]; d == nil {
		d = derive(s)
		c.derived[s] = d
	}
	c.fingerprint = append(c.fingerprint, s.Fingerprint)
	c.fingerprintVersion = append(c.fingerprintVersion, s.FingerprintVersion)
	c.statementKind = append(c.statementKind, s.Kind())
	c.kinds = append(c.kinds, d.kinds)
	c.tables = append(c.tables, d.tables)
	c.read = append(c.read, d.read)
	c.written = append(c.written, d.written)
	c.functions = append(c.functions, d.functions)
	c.signals = append(c.signals, d.signals)
	c.suspicious = append(c.suspicious, s.Suspicious)
	c.score = append(c.score, float32(s.Score))
	c.lexical = append(c.lexical, s.Lexical)
}

// They stand for none and are never changed.
var (
	noStatement    pipeline.Statement
	nothingDerived derived
)

func (c *eventColumns) addHow(e *pipeline.Event) {
	c.outcome = append(c.outcome, string(e.Outcome))
	c.rowsAffected = append(c.rowsAffected, c.number(e.Has&pipeline.HasRows != 0, e.Rows))
	c.duration = append(c.duration, c.number(e.Has&pipeline.HasDuration != 0, e.Duration.Microseconds()))
	c.severity = append(c.severity, e.Severity)
	c.sqlState = append(c.sqlState, e.SQLState)
	c.errorCode = append(c.errorCode, e.ErrorCode)
	c.message = append(c.message, e.Message)
	c.truncated = append(c.truncated, e.Truncated)
	c.partial = append(c.partial, e.Partial)
	c.redacted = append(c.redacted, e.Redacted)
	c.repeat = append(c.repeat, e.Repeat)
	c.previouslyKnown = append(c.previouslyKnown, e.PreviouslyLogged)
}

// number gives a pointer into a buffer sized by reset, so that it never moves.
func (c *eventColumns) number(has bool, v int64) *int64 {
	if !has {
		return nil
	}
	c.numbers = append(c.numbers, v)
	return &c.numbers[len(c.numbers)-1]
}

// hexText writes the id's digits into a buffer sized by reset and gives them as a string that is valid until then.
func (c *eventColumns) hexText(id pipeline.RecordID) string {
	n := len(c.hex)
	c.hex = hex.AppendEncode(c.hex, id[:])
	return unsafe.String(&c.hex[n], len(c.hex)-n)
}

// The dates that partitions may have. A log line can claim any; one beyond is moved to the edge, the same on every replay.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2105, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

// clampTime cuts to what the column holds: microseconds within bounds.
func clampTime(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}

// columns lists all, in the table's order.
func (c *eventColumns) columns() []column {
	const str, low, id, list, truth = "String", "LowCardinality(String)", "FixedString(32)", "Array(LowCardinality(String))", "Bool"
	return []column{
		{"batch_id", str, c.batchID}, {"record_id", id, c.recordID}, {"event_index", "UInt16", c.index},
		{"source", low, c.source}, {"stream", low, c.stream}, {"offset", "Int64", c.offset},
		{"lines", "UInt32", c.lines}, {"bytes", "UInt64", c.bytes},
		{"engine", low, c.engine}, {"format", low, c.format}, {"format_version", low, c.version}, {"kind", low, c.kind},
		{"event_time", typeMicros, c.eventTime}, {"ingested_at", typeMillis, c.ingestedAt}, {"time_certainty", low, c.certainty},

		{"cluster", low, c.cluster}, {"host", low, c.host}, {"role", low, c.role}, {"database", low, c.database},
		{"client", low, c.client}, {"client_port", "UInt16", c.port}, {"application", low, c.application},
		{"os_user", low, c.osUser}, {"session_id", str, c.session}, {"process_id", "Int64", c.process},
		{"transaction_id", "Int64", c.transaction}, {"backend_type", low, c.backend}, {"tls", low, c.tls}, {"auth_method", low, c.auth},

		{"audit_type", low, c.auditType}, {"statement_id", "Int64", c.statementID}, {"substatement_id", "Int64", c.substatementID},
		{"class", low, c.class}, {"command", low, c.command}, {"object_type", low, c.objectType}, {"object_name", str, c.objectName},
		{"fingerprint", str, c.fingerprint}, {"fingerprint_version", "UInt8", c.fingerprintVersion},
		{"statement_kind", low, c.statementKind}, {"statement_kinds", list, c.kinds},
		{"tables", list, c.tables}, {"tables_read", list, c.read}, {"tables_written", list, c.written},
		{"functions", list, c.functions}, {"signals", list, c.signals},
		{"suspicious", truth, c.suspicious}, {"score", "Float32", c.score}, {"lexical", truth, c.lexical},

		{"outcome", low, c.outcome}, {"rows", "Nullable(Int64)", c.rowsAffected}, {"duration_us", "Nullable(Int64)", c.duration},
		{"severity", low, c.severity}, {"sqlstate", low, c.sqlState}, {"error_code", "Int64", c.errorCode}, {"message", str, c.message},

		{"truncated", truth, c.truncated}, {"partial", truth, c.partial}, {"redacted", truth, c.redacted},
		{"repeat", truth, c.repeat}, {"previously_logged", truth, c.previouslyKnown}, {"statement_text", str, c.statementText},
	}
}
