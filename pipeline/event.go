package pipeline

import "time"

// Engine is the family of database that wrote a record; it decides the SQL grammar.
type Engine string

// The engines known.
const (
	PostgreSQL Engine = "postgresql"
	MySQL      Engine = "mysql"
	MariaDB    Engine = "mariadb"
)

// EventKind says what a record reports.
type EventKind string

// The kinds of event.
const (
	KindStatement    EventKind = "statement"     // a statement was run (audit line, statement or duration line)
	KindObject       EventKind = "object"        // an object was touched by a statement reported elsewhere (MariaDB TABLE events)
	KindConnect      EventKind = "connect"       // a session was authorized
	KindConnAttempt  EventKind = "connection"    // a connection was received, or authenticated, not yet authorized
	KindDisconnect   EventKind = "disconnect"    // a session ended
	KindLoginFailure EventKind = "login_failure" // a login was refused
	KindError        EventKind = "error"         // a statement failed
	KindServer       EventKind = "server"        // the server started, stopped, reloaded its settings, rotated its log
	KindMessage      EventKind = "message"       // any other well-formed log line
)

// Outcome of what an event reports.
type Outcome string

// The outcomes known.
const (
	OutcomeUnknown Outcome = ""
	OutcomeSuccess Outcome = "success"
	OutcomeFailure Outcome = "failure"
)

// TimeCertainty says how EventTime was come by.
type TimeCertainty string

// The certainties, best first.
const (
	TimeExact       TimeCertainty = "exact"        // the record states the zone
	TimeZoneAssumed TimeCertainty = "zone_assumed" // local time, or an ambiguous abbreviation: zone from the configuration
	TimeYearAssumed TimeCertainty = "year_assumed" // no year in the record (RFC 3164)
	TimeTransport   TimeCertainty = "transport"    // the record has no time: the transport's was taken
	TimeMissing     TimeCertainty = "missing"      // none at all: EventTime is the time of arrival
)

// Field names a member of Event whose absence differs from its zero value.
type Field uint32

// Fields whose presence is recorded in [Event.Has].
const (
	HasRole Field = 1 << iota
	HasDatabase
	HasClient
	HasApplication
	HasStatement
	HasParameters
	HasRows
	HasDuration
	HasErrorCode
	HasStatementID
	HasTransactionID
)

// Event is one thing a database reports, in the same shape for every format. Strings may alias the record's bytes and
// may hold anything an attacker wrote, but are valid UTF-8. Times are UTC.
type Event struct {
	// Identity.
	RecordID RecordID // of the first physical record the event was made from
	Index    uint16   // n-th event of that record, from 0
	Source   string
	Stream   string
	Offset   int64
	Lines    uint32 // physical records (lines) it accounts for; 0 for all but the first event of a record
	Bytes    uint64 // bytes they take, terminators included; 0 likewise
	// FirstSeq and LastSeq are the arrival numbers of the first and the last physical record it was made from.
	FirstSeq, LastSeq uint64

	// Provenance.
	Engine Engine
	Format string // for example "postgresql/stderr", "mariadb/server_audit"
	// FormatVersion is what the record itself tells of the version of its format, or of the server or plugin that wrote it:
	// "14+ pgaudit/10", "NEW 8.0.36". Empty where nothing tells.
	FormatVersion string
	Kind          EventKind

	// When.
	EventTime     time.Time // the database's clock
	IngestedAt    time.Time // ours; set by the runner
	TimeCertainty TimeCertainty

	// Who, and from where.
	Has           Field
	Cluster       string // from the configuration or from the envelope (RDS instance, Cloud SQL database_id)
	Host          string // the server's own name, where the format gives one
	Role          string // user name logged in as
	Database      string
	ClientAddr    string // IP address, "[local]" or host name
	ClientPort    uint16
	Application   string
	OSUser        string
	SessionID     string // stable within the source: csvlog session_id, "pid:start" or connection id
	ProcessID     int64
	TransactionID int64
	BackendType   string
	TLS           string // protocol and cipher, for example "TLSv1.3 TLS_AES_256_GCM_SHA384"
	AuthMethod    string

	// What.
	AuditType      string // pgaudit: SESSION or OBJECT
	StatementID    int64
	SubstatementID int64
	Class          string // pgaudit class: READ, WRITE, FUNCTION, ROLE, DDL, MISC, MISC_SET; MySQL event class
	Command        string // command tag as logged: SELECT, "CREATE TABLE", QUERY
	ObjectType     string
	ObjectName     string
	Statement      string   // raw SQL: never stored unmasked unless opted in
	Parameters     []string // raw bound values: likewise
	SQL            *Statement

	// How it went.
	Outcome   Outcome
	Rows      int64 // returned or affected, as logged
	Duration  time.Duration
	Severity  string // server's severity in English: LOG, ERROR, FATAL, …
	SQLState  string // five characters, PostgreSQL
	ErrorCode int64  // MySQL error number
	Message   string // raw text of a message: never stored unmasked unless opted in
	Detail    string
	Hint      string
	Context   string

	// Caveats.
	Truncated bool // the log cut the record
	Partial   bool // a piece of the record never came
	Redacted  bool // the server masked a secret, or withheld text (<REDACTED>, <not logged>, *****)
	Repeat    bool // the same logical statement was reported before (multi-statement batch, CTAS, foreign-key check): not a further action
	// PreviouslyLogged says that Statement was filled in from an earlier record of the session.
	PreviouslyLogged bool
}

// Unparsed is a record (or several joined) that no parser understood. It is kept with its bytes.
type Unparsed struct {
	RecordID RecordID
	Source   string
	Stream   string
	Offset   int64
	Lines    uint32
	Bytes    uint64
	FirstSeq uint64 // see Event
	LastSeq  uint64
	Time     time.Time // transport's time, zero if none
	Raw      []byte
	Reason   string // stable short code for counting, for example "bad_csv", "no_prefix", "oversized"
	Error    string // one sentence; MUST hold no part of the record
	// SQL is what the checks that need no parse tree found in Raw; set by the runner, nil where nothing was looked for.
	SQL *Statement
}

// Skipped counts lines left out on purpose: envelope control messages, blank lines, heartbeats, configured exclusions.
type Skipped struct {
	RecordID RecordID // of the first line; a line that comes again is skipped under the same id
	Source   string
	Stream   string
	Offset   int64
	Lines    uint32
	Bytes    uint64
	Reason   string
}

// Decoded collects what became of records. Appended to, never read, by a [Decoder].
type Decoded struct {
	Events   []Event
	Unparsed []Unparsed
	Skipped  []Skipped
}

// Reset empties d and keeps its memory.
func (d *Decoded) Reset() {
	clear(d.Events)
	clear(d.Unparsed)
	d.Events, d.Unparsed, d.Skipped = d.Events[:0], d.Unparsed[:0], d.Skipped[:0]
}

// Lines adds up the physical lines in d: events, unparsed, skipped.
func (d *Decoded) Lines() (events, unparsed, skipped uint64) {
	for i := range d.Events {
		events += uint64(d.Events[i].Lines)
	}
	for i := range d.Unparsed {
		unparsed += uint64(d.Unparsed[i].Lines)
	}
	for i := range d.Skipped {
		skipped += uint64(d.Skipped[i].Lines)
	}
	return events, unparsed, skipped
}
