package cloud

import (
	"cmp"
	"strings"

	"github.com/auditwarden/auditwarden/parsers/field"
	"github.com/auditwarden/auditwarden/parsers/jsonscan"
	"github.com/auditwarden/auditwarden/parsers/mcafee"
	"github.com/auditwarden/auditwarden/parsers/pgaudit"
	"github.com/auditwarden/auditwarden/parsers/stamp"
	"github.com/auditwarden/auditwarden/pipeline"
)

// Formats of Google's log entries.
const (
	FormatGooglePG    = "gcp/cloudsql_pgaudit"
	FormatGoogleMySQL = "gcp/cloudsql_mysql"
)

// ErrGoogle says that a log entry is not of a database.
var ErrGoogle = &field.Fault{Reason: "bad_cloudsql", Sentence: "log entry: neither a pgaudit nor a MySQL audit entry nor a text"}

// Chunk is what Cloud SQL says about an entry that it split.
type Chunk struct {
	Index, Count         int64 // 1-based; Count 1 if whole
	Statement, Parameter string
	Key                  string // what all chunks of an entry share
}

// ReadGoogle reads a log entry with a protoPayload. The caller joins chunks, then calls [Chunk.Fill].
func ReadGoogle(b []byte, clock *stamp.Clock, a *field.Arena, ev *pipeline.Event) (c Chunk, err error) {
	request, ok := jsonscan.Get(b, "protoPayload", "request")
	if !ok || request.Kind != jsonscan.Object {
		return c, ErrGoogle
	}
	at := field.Bytes(jsonscan.Text(b, a, "timestamp"))
	if t, sure, n := clock.Civil(at); n > 0 && n == len(at) {
		ev.EventTime, ev.TimeCertainty = t, sure
	}
	if id := GoogleCluster(b, a); id != "" {
		ev.Cluster = id
	}
	req := request.Raw
	kind := jsonscan.Text(req, a, "@type")
	// type.googleapis.com/google.cloud.sql.audit.v1.PgAuditEntry
	if i := strings.LastIndexByte(kind, '.'); i > 0 {
		ev.FormatVersion = kind[1+strings.LastIndexByte(kind[:i], '.') : i]
	}
	if strings.Contains(kind, "Mysql") {
		ev.Format = FormatGoogleMySQL
		at, sure := ev.EventTime, ev.TimeCertainty
		err := mcafee.Read(req, a, ev)
		if ev.EventTime.IsZero() {
			ev.EventTime, ev.TimeCertainty = at, sure
		}
		return Chunk{Index: 1, Count: 1}, err
	}
	if _, ok := jsonscan.Get(req, "auditClass"); !ok {
		return c, ErrGoogle
	}
	return readPgAudit(req, a, ev), nil
}

// GoogleCluster names the instance of Cloud SQL, or the cluster of AlloyDB, that a log entry is of.
func GoogleCluster(b []byte, a *field.Arena) string {
	return cmp.Or(jsonscan.Text(b, a, "resource", "labels", "database_id"), jsonscan.Text(b, a, "resource", "labels", "cluster_id"))
}

func readPgAudit(req []byte, a *field.Arena, ev *pipeline.Event) Chunk {
	text := func(name string) string { return jsonscan.Text(req, a, name) }
	ev.Engine, ev.Format = pipeline.PostgreSQL, FormatGooglePG
	p := pgaudit.Payload{
		Type: text("auditType"), Class: text("auditClass"), Command: text("command"), ObjectType: text("objectType"), ObjectName: text("object"),
	}
	p.StatementID, _ = jsonscan.Int(req, "statementId")
	p.SubstatementID, _ = jsonscan.Int(req, "substatementId")
	pgaudit.Audited(ev, &p)
	setText(&ev.Role, text("user"), pipeline.HasRole, ev)
	setText(&ev.Database, text("database"), pipeline.HasDatabase, ev)
	ev.SessionID = text("databaseSessionId")
	c := Chunk{Index: 1, Count: 1, Statement: text("statement"), Parameter: text("parameter")}
	if n, ok := jsonscan.Int(req, "chunkCount"); ok {
		c.Count = n
	}
	if n, ok := jsonscan.Int(req, "chunkIndex"); ok {
		c.Index = n
	}
	if c.Count > 1 {
		c.Key = strings.Join([]string{ev.SessionID, text("statementId"), text("substatementId"), p.Type, p.ObjectName}, "\x00")
	}
	return c
}

// Fill puts the texts, joined over all chunks, into the event.
func (c *Chunk) Fill(a *field.Arena, ev *pipeline.Event) {
	if ev.Format == FormatGooglePG {
		pgaudit.SetTexts(ev, c.Statement, c.Parameter, a)
	}
}
