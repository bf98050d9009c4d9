package detect

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Document writes the rules as the Markdown of docs/detections.md.
func Document(rules []Rule) []byte {
	var b bytes.Buffer
	b.WriteString(documentHead)
	family := ""
	b.WriteString("\n## All rules\n\n| id | title | severity | kind | ATT&CK | catalogue |\n|---|---|---|---|---|---|\n")
	for i := range rules {
		r := &rules[i]
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s | %s | %s |\n", r.ID, anchor(r), r.Title, r.severities(), r.Kind, strings.Join(r.Attack, ", "), strings.Join(r.Catalogue, ", "))
	}
	if len(rules) > 1 {
		documentCatalogue(&b, rules)
	}
	for i := range rules {
		r := &rules[i]
		if area := strings.Split(r.ID, "-")[1]; area != family {
			family = area
			fmt.Fprintf(&b, "\n## %s\n", areas[area])
		}
		r.document(&b)
	}
	return b.Bytes()
}

var areas = map[string]string{
	"ACC": "Files, programs, other servers, decoys", "DST": "Destruction", "EXF": "Exfiltration", "INJ": "Injection", "LOGIN": "Logins and probing",
	"NEW": "What is new for a role", "PRV": "Rights and roles", "TMP": "Auditing, parameters, the server itself",
}

func anchor(r *Rule) string {
	keep := func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
			return c
		case c == ' ':
			return '-'
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(r.ID+" "+r.Title))
}

// severities lists the severity and those that it may be raised (or lowered) to.
func (r *Rule) severities() string {
	s := string(r.Severity)
	for _, x := range r.Raise {
		if !strings.Contains(s, string(x.To)) {
			s += ", " + string(x.To)
		}
	}
	return s
}

func (r *Rule) document(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n### %s %s\n\n%s\n\n%s\n\n", r.ID, r.Title, oneLine(r.What), oneLine(r.Why))
	fmt.Fprintf(b, "- **Severity** %s", r.Severity)
	for _, x := range r.Raise {
		fmt.Fprintf(b, "; %s where `%s`", x.To, oneLine(x.When))
	}
	fmt.Fprintf(b, "\n- **Fires** %s\n", r.condition())
	fmt.Fprintf(b, "- **One alert for each** %s, while pauses are no longer than the gap (30 minutes)\n", strings.Join(r.group(), ", "))
	if len(r.CoveredBy) > 0 {
		fmt.Fprintf(b, "- **Left out** where the same role has an alert of family %s at the time\n", strings.Join(r.CoveredBy, ", "))
	}
	if r.Suspect {
		b.WriteString("- **Does not teach**: neither what matches nor what the same client does in the half hour after\n")
	}
	fmt.Fprintf(b, "- **False positives** %s\n- **Response**\n", oneLine(r.False))
	for i, line := range r.Response {
		fmt.Fprintf(b, "  %d. %s\n", i+1, oneLine(line))
	}
	if len(r.Engines) > 0 {
		fmt.Fprintf(b, "- **Engines** %v\n", r.Engines)
	}
	fmt.Fprintf(b, "- **ATT&CK** %s. **Controls** %s. **Catalogue** %s\n", strings.Join(r.Attack, ", "), strings.Join(r.Controls, "; "), strings.Join(r.Catalogue, ", "))
}

// condition says in words and SQL when the rule fires.
func (r *Rule) condition() string {
	var s string
	switch r.Kind {
	case OnSignal, OnThreshold:
		s = "on events where `" + oneLine(r.Match) + "`"
	case OnFirstSeen:
		s = "on a new `" + r.Profile + "` in a settled profile"
		if r.Item != "" {
			s = "on a new `" + oneLine(r.Item) + "` in a settled profile"
		}
		if r.Newcomers {
			s += ", or of a role that is new on a settled cluster"
		}
		if r.Match != "" {
			s += ", of events where `" + oneLine(r.Match) + "`"
		}
		if r.Where != "" {
			s += ", where `" + oneLine(r.Where) + "`"
		}
	case OnVolume:
		s = fmt.Sprintf("when the `%s` of a minute, five minutes or an hour are %.0f more than expected, %.0f times as much, and less likely than the false alarms allowed; or when an hour's are more than %.0f times those of any hour of the window, and odd for the time of day", r.Metric, r.MinValue, r.Factor, r.Factor)
		if r.Slow {
			s = fmt.Sprintf("when departures of a day's `%s` from those of weeks before add up over days, to %.0f more and %g times as much as expected", r.Metric, r.MinValue, r.Factor)
		}
	case OnSequence:
		var steps []string
		for _, step := range r.Steps {
			t := "`" + oneLine(step.Match) + "`"
			if step.Events > 1 {
				t = fmt.Sprintf("%d × %s", step.Events, t)
			}
			steps = append(steps, t)
		}
		s = "on " + strings.Join(steps, ", then ") + ", within " + window(r.Window)
	case OnSilence:
		s = "as said above"
	case OnQuery:
		s = "on the rows of a query of its own (see `auditwarden rules show " + r.ID + "`)"
		if r.Where != "" {
			s += ", where `" + oneLine(r.Where) + "`"
		}
	case OnCombination:
		s = fmt.Sprintf("when at least %d of %s fire in one campaign", r.Least, strings.Join(r.Of, ", "))
	}
	if t := r.Threshold; t != nil {
		s += fmt.Sprintf(", at least %d within %s", t.Events, window(t.Within))
		if t.Values > 0 {
			s += fmt.Sprintf(" with at least %d different values of %s", t.Values, t.Distinct)
		}
	}
	return s + r.habitText()
}

// habitText says what a rule makes of habits.
func (r *Rule) habitText() string {
	if r.HabitDays == 0 {
		return ""
	}
	did := "did so"
	if r.byShape() {
		did = "ran the same shape"
	}
	s := fmt.Sprintf("; not where the same role %s from the same client on %d earlier days", did, r.HabitDays)
	if r.HabitTo != "" {
		s = fmt.Sprintf("; %s at most where the same role %s from the same client on %d earlier days", r.HabitTo, did, r.HabitDays)
	}
	if !r.WhileLearning {
		s += ", nor while the cluster is being learnt"
	}
	return s
}

func window(d time.Duration) string {
	if d >= 2*time.Hour {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

const documentHead = `# Detections

<!-- Made from baseline/detect/rules/*.yaml by "go test ./baseline/detect -run TestDocument -update": do not edit. -->

Every rule is a YAML file embedded in the program. Files in ` + "`detect.rules_dir`" + ` add rules, or replace those whose id they repeat;
` + "`detect.disabled`" + ` switches rules off by id or glob; ` + "`detect.exceptions`" + ` keeps named roles, clients, applications, databases or
fingerprints from matching a rule, each with a reason and, if wanted, an end. Rules carry their own tests, which run through the
real evaluation on the engine.

## How rules are judged

1. Each committed batch is matched against all rules in one pass; matches are kept by minute of event time ("hits"). What thresholds,
   sequences and campaigns are computed from is hits, so it does not matter how events were cut into batches.
2. **One attack is one alert.** Hits of the rules of one family by one group (by default cluster, role, client and application) with no pause
   longer than ` + "`detect.gap`" + ` (30 minutes) are one campaign and one alert, which grows under the same id: more events, more signals, a higher
   severity (only that is sent again). Where the log names the program, an attack through several of its hosts is one campaign too; people at
   interactive programs are kept apart unless they send the same shape of statement. A campaign that never pauses becomes another alert after
   a day. The alert names all rules that fired, the worst first; when each stage began; and the first and the worst statement.
3. **Severity** is the worst of what matched; a rule may give some events another one (who: superusers, programs, interactive
   clients; what: tables declared in ` + "`sensitive_tables`" + `; outcome: refused or not).
4. **Habits.** Rules with ` + "`habit_days`" + ` leave alone what the same role did from the same client on so many earlier days, and say nothing
   while the whole cluster is still being learnt (unless ` + "`while_learning`" + `): a new store raises no storm. ` + "`habit_of: fingerprint`" + ` counts only
   days with the same shape of statement; ` + "`habit_to`" + ` lowers the severity in place of silence.
5. **Novelty** is a question about event time: an item is new to a role if the profile was mature at its first sight. A backlog of
   days loaded at once is answered like live traffic. See docs/baselines.md.

## Kinds of rule

| kind | fires on | keys |
|---|---|---|
| ` + "`signal`" + ` | an event | ` + "`match`" + ` |
| ` + "`threshold`" + ` | so many events within a window of whole minutes | ` + "`match`, `threshold: {within, events, distinct, values}`" + ` |
| ` + "`first_seen`" + ` | a thing that a settled profile does not hold | ` + "`profile`, `item`, `match`, `where`, `newcomers`" + ` |
| ` + "`volume`" + ` | a minute, five minutes or an hour far above the role's history; days that add up | ` + "`metric`, `min_value`, `factor`, `slow`" + ` |
| ` + "`sequence`" + ` | matches in order within a window | ` + "`steps: [{match, events}]`, `window`" + ` |
| ` + "`combination`" + ` | several rules of a family in one campaign | ` + "`of`, `least`" + ` |
| ` + "`silence`" + ` | a source that stopped delivering; ` + "`subject: role`" + `, a role that stopped; ` + "`subject: rule`" + `, a rule that cannot judge | ` + "`subject`" + ` |
| ` + "`query`" + ` | rows of a ClickHouse query of your own | ` + "`query`, `where`" + `, also ` + "`threshold`" + ` |

` + "`match`" + ` is a ClickHouse predicate over the columns of ` + "`events`" + ` and these: ` + "`role_kind`" + ` (as declared; well-known superusers know themselves),
` + "`is_super`, `is_app` (application or service), `interactive` (psql, DBeaver, …), `dump_tool`, `attack_tool`, `public_client`, `injected` (suspicious, a payload inside a literal not counted), `sensitive_tables`, `decoy_tables`, `decoy_role`, `shared`, `only_catalogue`, `row_count` (0 where not logged)" + `.
` + "`subject`" + ` is an expression whose values are counted by ` + "`distinct: subject`" + ` and named in the alert.

A **query** rule returns one row for each hit: ` + "`cluster` and `event_time`" + `, and as far as it has them ` + "`database, role, client, application, fingerprint, outcome, subject, record_id, event_index, kind, row_count, observed, expected, threshold`" + `.
It is run for each step; these placeholders keep it to what is new: ` + "`{scope}`" + ` (predicate over events), ` + "`{from}`, `{to}`" + ` (event time of the step), ` + "`{novelty:KINDS}`" + `
(sub-query: what is new of these kinds of profile item), ` + "`{hits}`, `{stale_days}`, `{learning_days}`" + `.
A query about records that could not be parsed has ` + "`{unparsed}`" + ` (sub-query: ` + "`source, record_id, at, reason, signals, suspicious, score`" + ` of those in the step's batches),
` + "`{batches}`" + ` (the batches' ids) or ` + "`{arrived}`" + ` (when the first of them arrived). Such a record has neither cluster nor role: its source stands for the cluster, and the time is the
transport's or, without one, that of its arrival. Alerts hold none of its bytes; the query given reads ` + "`unparsed`" + `, which analysts may not.
`
