package detect

import (
	"time"

	"github.com/auditwarden/auditwarden/pipeline"
)

// Kind of a rule: what makes it fire.
type Kind string

// The kinds of rule.
const (
	OnSignal      Kind = "signal"      // an event that matches
	OnThreshold   Kind = "threshold"   // so many that match within a window
	OnFirstSeen   Kind = "first_seen"  // a thing that a settled role's profile does not hold
	OnVolume      Kind = "volume"      // much more of something than the role's history explains
	OnSequence    Kind = "sequence"    // matches in a given order within a window
	OnSilence     Kind = "silence"     // a source that stopped
	OnQuery       Kind = "query"       // rows of a ClickHouse query
	OnCombination Kind = "combination" // several other rules of the family in one campaign
)

// Rule is one rule as written in YAML.
type Rule struct {
	ID       string            `yaml:"id"`
	Title    string            `yaml:"title"`
	Family   string            `yaml:"family"` // rules of one family share an alert
	Stage    string            `yaml:"stage"`  // of an attack, in a few words; the title if empty
	Kind     Kind              `yaml:"kind"`
	Severity pipeline.Severity `yaml:"severity"`
	Raise    []Raise           `yaml:"raise"` // the first that holds for an event decides its severity

	// Match is a ClickHouse predicate over the columns of events and those added by this package; see docs/detections.md.
	Match string `yaml:"match"`
	// Subject is a ClickHouse expression of type String: what is counted by distinct, named in the alert.
	Subject string `yaml:"subject"`
	// Group lists what separates one campaign from another; cluster, role, client and application if empty.
	Group     []string   `yaml:"group"`
	Threshold *Threshold `yaml:"threshold"`
	Steps     []Step     `yaml:"steps"`
	// Window is the time in which a sequence's steps must follow each other.
	Window time.Duration `yaml:"window"`
	// Profile is the kind of item that first_seen asks for; Item an expression of type Array(String) for kinds of its own.
	Profile string `yaml:"profile"`
	Item    string `yaml:"item"`
	// Where narrows first_seen by the item and its first event: columns item, client, application, role, database, role_kind, known, fresh, newcomer, peers, peers_know, weight.
	// It narrows query by its columns and by role_kind, is_super, is_app and interactive.
	Where string `yaml:"where"`
	// Metric, MinValue and Factor are for volume.
	Metric   string  `yaml:"metric"`
	MinValue float64 `yaml:"min_value"`
	Factor   float64 `yaml:"factor"`
	// Slow makes volume look at days that add up instead of buckets.
	Slow bool `yaml:"slow"`
	// Newcomers makes first_seen also fire for roles that are not settled themselves but new on a settled cluster.
	Newcomers bool `yaml:"newcomers"`
	// Query gives rows that become hits; see docs/detections.md for its columns and {placeholders}.
	Query string `yaml:"query"`
	// MinAgeDays spares the query while every cluster has been known for fewer days.
	MinAgeDays int `yaml:"min_age_days"`
	// Of and Least are for combination: at least so many of these rules.
	Of    []string `yaml:"of"`
	Least int      `yaml:"least"`

	// HabitDays keeps the rule quiet where the same role has matched from the same client on so many earlier days; 0 for never.
	// HabitOf narrows that to matches of the same shape: fingerprint, or empty. HabitTo lowers the severity instead of keeping quiet.
	HabitDays int               `yaml:"habit_days"`
	HabitOf   string            `yaml:"habit_of"`
	HabitTo   pipeline.Severity `yaml:"habit_to"`
	// WhileLearning lets a rule with habit_days speak also while its cluster is being learnt.
	WhileLearning bool `yaml:"while_learning"`
	// CoveredBy lists families: where one of their campaigns by the same role overlaps, this rule has nothing to add.
	CoveredBy []string `yaml:"covered_by"`
	// Suspect says that what matches does not teach, nor what the same client does in the half hour after it.
	Suspect bool `yaml:"suspect"`

	// Evidence is the predicate over events that the alert's query lists by; Match if empty.
	Evidence string   `yaml:"evidence"`
	Noun     string   `yaml:"noun"`    // what its events are called, plural; "statements" if empty
	Does     string   `yaml:"does"`    // completes the alert's summary: "role on db from client: …"
	Because  string   `yaml:"because"` // completes its reason, with {placeholders}
	What     string   `yaml:"what"`
	Why      string   `yaml:"why"`
	False    string   `yaml:"false_positives"`
	Response []string `yaml:"response"`

	Engines    []pipeline.Engine `yaml:"engines"` // where it can fire; all if empty
	Catalogue  []string          `yaml:"catalogue"`
	Attack     []string          `yaml:"attack"`
	Controls   []string          `yaml:"controls"`
	References []string          `yaml:"references"`
	Tests      []Case            `yaml:"tests"`

	origin origin
}

// Raise gives events that match When another severity.
type Raise struct {
	When string            `yaml:"when"`
	To   pipeline.Severity `yaml:"to"`
}

// Threshold is how much must match within Within.
type Threshold struct {
	Within   time.Duration `yaml:"within"`   // whole minutes
	Events   uint64        `yaml:"events"`   // at least so many events
	Distinct string        `yaml:"distinct"` // role, client, application, subject or fingerprint
	Values   int           `yaml:"values"`   // at least so many different ones of it
}

// Step is one part of a sequence.
type Step struct {
	Match  string `yaml:"match"`
	Events uint64 `yaml:"events"` // at least so many; 1 if zero
}

// group columns in their fixed order.
var groupColumns = []string{"cluster", "database", "role", "client", "application"}

var defaultGroup = []string{"cluster", "role", "client", "application"}

func (r *Rule) group() []string {
	if len(r.Group) == 0 {
		return defaultGroup
	}
	return r.Group
}
