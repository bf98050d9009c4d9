package detect

import (
	"fmt"
	"path"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

// RoleKind says what stands behind a database role.
type RoleKind string

// The kinds of role. A role that is not declared and has no well-known name is of no kind.
const (
	Superuser   RoleKind = "superuser"   // may do anything: postgres, root, rdsadmin
	Application RoleKind = "application" // a program with a fixed set of statements
	Service     RoleKind = "service"     // backup, replication, monitoring, nightly jobs
	Admin       RoleKind = "admin"       // a person who changes schemas and roles
	Person      RoleKind = "person"      // a person who asks
)

var roleKinds = []RoleKind{Superuser, Application, Service, Admin, Person}

// Config is what can be said about detection in the configuration file.
type Config struct {
	// PollInterval is how often the ledger is asked for new batches.
	PollInterval time.Duration `yaml:"poll_interval"`
	// MaxBatches and MaxEvents bound what one step judges at once.
	MaxBatches int `yaml:"max_batches"`
	MaxEvents  int `yaml:"max_events"`
	// Gap is how long a campaign may pause: what comes later is a new alert.
	Gap time.Duration `yaml:"gap"`

	Learning baseline.Config `yaml:"learning"`

	// RoleKinds declares kinds of role by name or glob, for example "svc_*: service".
	RoleKinds map[string]RoleKind `yaml:"role_kinds"`
	// SharedRoles are globs over accounts that several programs use: what each program does is then kept apart as well.
	SharedRoles []string `yaml:"shared_roles"`
	// SensitiveTables are globs over schema.table; what touches them weighs more.
	SensitiveTables []string `yaml:"sensitive_tables"`
	// DecoyTables are globs over tables that nobody has a reason to read, DecoyRoles names nobody has a reason to use.
	DecoyTables []string `yaml:"decoy_tables"`
	DecoyRoles  []string `yaml:"decoy_roles"`

	// RulesDir holds rules of the user's own (*.yaml); one with the id of a built-in rule replaces it.
	RulesDir string `yaml:"rules_dir"`
	// Disabled lists ids of rules that are not to run.
	Disabled   []string    `yaml:"disabled"`
	Exceptions []Exception `yaml:"exceptions"`
}

// Exception keeps events from matching rules. Fields left empty match everything; the others are globs.
type Exception struct {
	Rule        string    `yaml:"rule"` // id or glob of ids
	Cluster     string    `yaml:"cluster"`
	Database    string    `yaml:"database"`
	Role        string    `yaml:"role"`
	Client      string    `yaml:"client"` // address, glob or network in CIDR notation
	Application string    `yaml:"application"`
	Fingerprint string    `yaml:"fingerprint"`
	Reason      string    `yaml:"reason"`
	Until       time.Time `yaml:"until"` // event time after which it no longer holds; zero for ever
}

// Default gives the values used where the configuration says nothing.
func Default() Config {
	return Config{
		PollInterval: time.Second,
		MaxBatches:   256,
		MaxEvents:    1_000_000,
		Gap:          30 * time.Minute,
		Learning:     baseline.Default(),
	}
}

// Validate lists all that is wrong, with paths relative to c. It reads the rules directory.
func (c *Config) Validate() pipeline.Problems {
	var ps pipeline.Problems
	if c.PollInterval < 10*time.Millisecond || c.PollInterval > time.Hour {
		ps.Add("poll_interval", "is %v: must be between 10ms and 1h", c.PollInterval)
	}
	if c.MaxBatches < 1 || c.MaxBatches > 100_000 {
		ps.Add("max_batches", "is %d: must be between 1 and 100000", c.MaxBatches)
	}
	if c.MaxEvents < 1000 {
		ps.Add("max_events", "is %d: must be at least 1000", c.MaxEvents)
	}
	if c.Gap < time.Minute || c.Gap > 12*time.Hour {
		ps.Add("gap", "is %v: must be between 1m and 12h", c.Gap)
	}
	ps.Under("learning", c.Learning.Validate())
	for name, kind := range c.RoleKinds {
		if !declared(kind) {
			ps.Add(fmt.Sprintf("role_kinds.%s", name), "is %q: must be one of %v", string(kind), roleKinds)
		}
		checkGlob(&ps, "role_kinds."+name, name)
	}
	for key, globs := range map[string][]string{"shared_roles": c.SharedRoles, "sensitive_tables": c.SensitiveTables, "decoy_tables": c.DecoyTables, "decoy_roles": c.DecoyRoles} {
		for i, g := range globs {
			checkGlob(&ps, fmt.Sprintf("%s[%d]", key, i), g)
		}
	}
	rules, err := Load(c.RulesDir)
	if err != nil {
		ps.Add("rules_dir", "%v", err)
	}
	for i, id := range c.Disabled {
		if err == nil && !anyRule(rules, id) {
			ps.Add(fmt.Sprintf("disabled[%d]", i), "no rule has the id %q: list them with auditwarden rules", id)
		}
	}
	for i, x := range c.Exceptions {
		ps.Under(fmt.Sprintf("exceptions[%d]", i), x.validate(rules))
	}
	return ps
}

func (x Exception) validate(rules []Rule) pipeline.Problems {
	var ps pipeline.Problems
	if x.Reason == "" {
		ps.Add("reason", "must say why this is no alert, for those who come later")
	}
	if x.Rule+x.Cluster+x.Database+x.Role+x.Client+x.Application+x.Fingerprint == "" {
		ps.Add("", "would silence everything: name at least one of rule, cluster, database, role, client, application, fingerprint")
	}
	for key, g := range map[string]string{"rule": x.Rule, "cluster": x.Cluster, "database": x.Database, "role": x.Role, "client": x.Client, "application": x.Application} {
		checkGlob(&ps, key, g)
	}
	if x.Rule != "" && len(rules) > 0 && !anyRule(rules, x.Rule) {
		ps.Add("rule", "no rule matches %q: list them with auditwarden rules", x.Rule)
	}
	return ps
}

func declared(k RoleKind) bool {
	for _, have := range roleKinds {
		if k == have {
			return true
		}
	}
	return false
}

func checkGlob(ps *pipeline.Problems, where, glob string) {
	if _, err := path.Match(glob, ""); err != nil {
		ps.Add(where, "%q is no glob: %v", glob, err)
	}
}

func anyRule(rules []Rule, glob string) bool {
	for i := range rules {
		if ok, err := path.Match(glob, rules[i].ID); err == nil && ok {
			return true
		}
	}
	return false
}
