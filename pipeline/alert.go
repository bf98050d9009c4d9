package pipeline

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Severity of an alert, in PagerDuty's terms.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "error"
	Warning  Severity = "warning"
	Info     Severity = "info"
)

// Rank orders severities: 3 critical … 0 info; -1 for anything else.
func (s Severity) Rank() int {
	switch s {
	case Critical:
		return 3
	case High:
		return 2
	case Warning:
		return 1
	case Info:
		return 0
	}
	return -1
}

// Alert is one finding for a person. Its texts hold normal forms and fingerprints, never raw SQL or literals.
type Alert struct {
	// ID is derived from (rule, entities, window) by [AlertID]: the same on every replay, and the deduplication key
	// at PagerDuty.
	ID       string   `json:"id"`
	Rule     string   `json:"rule"`  // rule id, for example "AW-INJ-001"
	Title    string   `json:"title"` // the rule's title
	Severity Severity `json:"severity"`

	FirstSeen  time.Time `json:"first_seen"` // event time of the first evidence
	LastSeen   time.Time `json:"last_seen"`
	DetectedAt time.Time `json:"detected_at"`

	// Who. Empty where the finding has no such part.
	Cluster     string `json:"cluster,omitempty"`
	Database    string `json:"database,omitempty"`
	Role        string `json:"role,omitempty"`
	Client      string `json:"client,omitempty"`
	Application string `json:"application,omitempty"`

	Summary  string `json:"summary"`  // one line: who did what
	Reason   string `json:"reason"`   // why it is odd, with the numbers it was judged by
	Response string `json:"response"` // what to do

	Events     uint64            `json:"events"` // how many events it covers
	Evidence   []Evidence        `json:"evidence,omitempty"`
	Signals    []string          `json:"signals,omitempty"`
	Numbers    map[string]string `json:"numbers,omitempty"` // for example observed, expected, threshold
	Attack     []string          `json:"attack,omitempty"`  // MITRE ATT&CK technique ids
	Controls   []string          `json:"controls,omitempty"`
	Query      string            `json:"query,omitempty"` // ClickHouse query that lists the events
	References []string          `json:"references,omitempty"`
}

// Evidence is one shape of statement (or error, or login) that an alert rests on.
type Evidence struct {
	RecordID    string    `json:"record_id"` // of the first such event
	Time        time.Time `json:"time"`
	Fingerprint string    `json:"fingerprint,omitempty"`
	Normalized  string    `json:"normalized,omitempty"`
	Kind        string    `json:"kind,omitempty"`
	Outcome     Outcome   `json:"outcome,omitempty"`
	Count       uint64    `json:"count"`
}

// AlertID derives an alert's identity: hexadecimal SHA-256 over the length-prefixed parts, cut to 128 bits.
// By convention the parts are rule, cluster, database, role, further entities, and the window's start in RFC 3339.
func AlertID(parts ...string) string {
	h := sha256.New()
	var n [binary.MaxVarintLen64]byte
	for _, p := range parts {
		h.Write(n[:binary.PutUvarint(n[:], uint64(len(p)))])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
