package pipeline

// Access is how a statement touches a table.
type Access string

// The accesses.
const (
	Read  Access = "read"
	Write Access = "write"
	DDL   Access = "ddl"
)

// Table is a relation that a statement names.
type Table struct {
	Schema string // empty where the statement does not say
	Name   string
	Access Access
}

// String gives schema.name or name.
func (t Table) String() string {
	if t.Schema == "" {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// Signal is a named fact about a statement, found without any baseline.
type Signal struct {
	Name   string // for example "tautology", "union_catalog", "grant_superuser": see docs/detections.md
	Detail string // one sentence with the place in the tree; holds no literal of the statement
}

// Statement is what one SQL text means. It is made once per shape where that is sound, shared between events and MUST
// NOT be changed. It holds no literal of the text.
type Statement struct {
	Engine             Engine
	Fingerprint        string // hexadecimal, stable for one FingerprintVersion; equal for texts that differ in literals only
	FingerprintVersion uint8
	Normalized         string   // the text with every literal replaced and comments removed; for unparsable text a lexical form
	Kinds              []string // statement kinds in order: "select", "insert", "create_role", …; one per statement of the text
	Tables             []Table
	Functions          []string // lower case, schema-qualified as written
	Signals            []Signal
	Suspicious         bool    // by itself, without any baseline, a probable injection
	Score              float64 // 0…1, how much by itself it looks like an attack
	Lexical            bool    // no grammar accepted the text: fingerprint and normal form are lexical
	Error              string  // the grammar's complaint, without any part of the text
	// Limbs are hashes of the sub-trees without literals (terms of conditions, columns, tables, arms, …), each once and at
	// most MaxLimbs. They stay the same over processes and releases: two statements share those of the parts they share.
	Limbs []uint64
}

// MaxLimbs is how many limbs a Statement has at most; of more, the last one stands for all the rest.
const MaxLimbs = 64

// Foreign counts the limbs that are not known.
func (s *Statement) Foreign(known func(limb uint64) bool) int {
	if s == nil {
		return 0
	}
	n := 0
	for _, l := range s.Limbs {
		if !known(l) {
			n++
		}
	}
	return n
}

// Kind is the first statement's kind, or "" if there is none.
func (s *Statement) Kind() string {
	if s == nil || len(s.Kinds) == 0 {
		return ""
	}
	return s.Kinds[0]
}

// HasSignal reports whether s carries the signal of that name.
func (s *Statement) HasSignal(name string) bool {
	if s == nil {
		return false
	}
	for i := range s.Signals {
		if s.Signals[i].Name == name {
			return true
		}
	}
	return false
}

// SignalNames lists the names of s's signals, in order.
func (s *Statement) SignalNames() []string {
	if s == nil {
		return nil
	}
	names := make([]string, len(s.Signals))
	for i := range s.Signals {
		names[i] = s.Signals[i].Name
	}
	return names
}
