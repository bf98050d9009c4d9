package detect

import (
	"embed"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/auditwarden/auditwarden/baseline"
	"github.com/auditwarden/auditwarden/pipeline"
)

//go:embed rules/*.yaml
var embedded embed.FS

// maxRuleFile bounds one file of rules.
const maxRuleFile = 4 << 20

// Rules gives the built-in rules, ordered by id.
func Rules() []Rule {
	rules, err := Load("")
	if err != nil {
		panic(err) // embedded files; a test reads them
	}
	return rules
}

// Load gives the built-in rules with those of dir (*.yaml) added or in their place, ordered by id. Dir may be empty.
// The error lists all that is wrong with the files.
func Load(dir string) ([]Rule, error) {
	rules, err := loadFS(embedded, "rules")
	if err != nil {
		return nil, err
	}
	for i := range rules {
		rules[i].origin.builtin = true
	}
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%s is no folder that can be read", dir)
		}
		own, err := loadFS(os.DirFS(dir), ".")
		if err != nil {
			return nil, fmt.Errorf("read rules of %s: %w", dir, err)
		}
		rules = override(rules, own)
	}
	sort.Slice(rules, func(i, j int) bool { return rules[i].ID < rules[j].ID })
	return rules, nil
}

func override(base, own []Rule) []Rule {
	for _, r := range own {
		i := slices.IndexFunc(base, func(b Rule) bool { return b.ID == r.ID })
		if i >= 0 {
			base[i] = r
		} else {
			base = append(base, r)
		}
	}
	return base
}

var ruleID = regexp.MustCompile(`^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$`)

func (r *Rule) validate() pipeline.Problems {
	var ps pipeline.Problems
	need := func(path, value string) {
		if strings.TrimSpace(value) == "" {
			ps.Add(path, "must be set")
		}
	}
	if !ruleID.MatchString(r.ID) {
		ps.Add("id", "%q: write upper case letters, digits and hyphens, such as ACME-SQL-001", r.ID)
	}
	need("title", r.Title)
	need("family", r.Family)
	need("does", r.Does)
	if r.Severity.Rank() < 0 {
		ps.Add("severity", "%q: must be one of critical, error, warning, info", string(r.Severity))
	}
	for i, x := range r.Raise {
		need(fmt.Sprintf("raise[%d].when", i), x.When)
		if x.To.Rank() < 0 {
			ps.Add(fmt.Sprintf("raise[%d].to", i), "%q: must be one of critical, error, warning, info", string(x.To))
		}
	}
	for i, g := range r.Group {
		if !slices.Contains(groupColumns, g) {
			ps.Add(fmt.Sprintf("group[%d]", i), "%q: must be one of %s", g, strings.Join(groupColumns, ", "))
		}
	}
	if r.HabitOf != "" && r.HabitOf != "fingerprint" {
		ps.Add("habit_of", "%q: must be fingerprint, or left out", r.HabitOf)
	}
	if r.HabitTo != "" && r.HabitTo.Rank() < 0 {
		ps.Add("habit_to", "%q: must be one of critical, error, warning, info", string(r.HabitTo))
	}
	if r.HabitDays == 0 && (r.HabitOf != "" || r.HabitTo != "" || r.WhileLearning) {
		ps.Add("habit_days", "must be set where habit_of, habit_to or while_learning is")
	}
	if r.Threshold != nil {
		ps.Under("threshold", r.Threshold.validate())
	}
	r.validateKind(&ps, need)
	return ps
}

func (r *Rule) validateKind(ps *pipeline.Problems, need func(path, value string)) {
	switch r.Kind {
	case OnSignal:
		need("match", r.Match)
	case OnThreshold:
		need("match", r.Match)
		if r.Threshold == nil {
			ps.Add("threshold", "must be set for kind threshold")
		}
	case OnFirstSeen:
		need("profile", r.Profile)
		if r.Item != "" && r.Profile != r.ID {
			ps.Add("profile", "must be the rule's id where item is given")
		}
	case OnVolume:
		if !slices.Contains(baseline.Metrics(), r.Metric) {
			ps.Add("metric", "%q: must be one of %s", r.Metric, strings.Join(baseline.Metrics(), ", "))
		}
		if r.MinValue <= 0 || r.Factor < 1 {
			ps.Add("min_value", "min_value must be positive and factor at least 1")
		}
	case OnSequence:
		if len(r.Steps) < 2 || len(r.Steps) > 8 {
			ps.Add("steps", "must be 2 to 8")
		}
		for i, s := range r.Steps {
			need(fmt.Sprintf("steps[%d].match", i), s.Match)
		}
		if r.Window < time.Minute || r.Window > 24*time.Hour {
			ps.Add("window", "is %v: must be between 1m and 24h", r.Window)
		}
	case OnSilence:
		if r.Subject != "" && r.Subject != "role" && r.Subject != "rule" {
			ps.Add("subject", "%q: must be role or rule, or empty for sources", r.Subject)
		}
	case OnQuery:
		need("query", r.Query)
	case OnCombination:
		if r.Least < 2 || r.Least > len(r.Of) {
			ps.Add("least", "is %d: must be between 2 and the number of rules in of (%d)", r.Least, len(r.Of))
		}
	default:
		ps.Add("kind", "%q: must be signal, threshold, first_seen, volume, sequence, silence, query or combination", string(r.Kind))
	}
}

func (t *Threshold) validate() pipeline.Problems {
	var ps pipeline.Problems
	if t.Within < time.Minute || t.Within%time.Minute != 0 || t.Within > 24*time.Hour {
		ps.Add("within", "is %v: must be whole minutes, at most 24h", t.Within)
	}
	if t.Events == 0 {
		ps.Add("events", "must be at least 1")
	}
	if t.Values > maxValues || (t.Values > 0) != (t.Distinct != "") {
		ps.Add("values", "distinct and values (at most %d) go together", maxValues)
	}
	return ps
}

// Select gives the ids of the rules that any of the ids or globs names, in the rules' order; all of them if none is given. One that
// names no rule is an error.
func Select(rules []Rule, globs []string) ([]string, error) {
	for _, g := range globs {
		if !anyRule(rules, g) {
			return nil, fmt.Errorf("no rule has the id %q", g)
		}
	}
	var ids []string
	for i := range rules {
		if len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool { return anyRule(rules[i:i+1], g) }) {
			ids = append(ids, rules[i].ID)
		}
	}
	return ids, nil
}

// Only gives the rules with these ids.
func Only(rules []Rule, ids []string) []Rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r Rule) bool { return !slices.Contains(ids, r.ID) })
}

// Kinds lists the kinds of item that profiles hold under these rules: those of every profile, and the ids of the rules that keep
// items of their own.
func Kinds(rules []Rule) []string {
	kinds := baseline.Kinds()
	for i := range rules {
		if r := &rules[i]; r.Kind == OnFirstSeen && r.Item != "" {
			kinds = append(kinds, r.ID)
		}
	}
	return kinds
}
