package detect

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/auditwarden/auditwarden/pipeline"
)

// clean makes a name that an attacker may have chosen fit for one line.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, name)
	return shorten(name, 64)
}

// who names the role, database, cluster, client and application of an alert, as far as they are one.
func who(a *pipeline.Alert, t *tally) string {
	several := func(value string, all []string, noun string) string {
		if value != "" {
			return clean(value)
		}
		if len(all) > 1 {
			return fmt.Sprintf("%d %s", len(all), noun)
		}
		return ""
	}
	role := several(a.Role, t.all.roles, "roles")
	if role == "" {
		role = "unknown role"
	}
	where := clean(a.Cluster)
	if db := several(a.Database, t.all.databases, "databases"); db != "" {
		where = db + "@" + where
	}
	s := role
	if where != "" {
		s += " on " + where
	}
	if from := several(a.Client, t.all.clients, "clients"); from != "" {
		if a.Client != "" && len(t.all.clients) > 1 {
			from = join(slices.Concat([]string{a.Client}, slices.DeleteFunc(slices.Clone(t.all.clients), func(c string) bool { return c == a.Client })), 4)
		}
		s += " from " + from
	}
	if a.Application != "" {
		s += " (" + clean(a.Application) + ")"
	}
	return s
}

// summary is the alert's one line.
func summary(a *pipeline.Alert, t *tally) string {
	s := who(a, t) + ": " + t.fill(t.lead.Does, a)
	if t.lead.Kind != OnVolume && a.Events > 1 {
		s += ", " + count(a.Events) + " " + t.noun() + " in " + span(a.LastSeen.Sub(a.FirstSeen))
	}
	if tags := t.tags(); tags != "" {
		s += " (" + tags + ")"
	}
	return s
}

func (t *tally) noun() string {
	if t.lead.Noun != "" {
		return t.lead.Noun
	}
	return "statements"
}

// tags are what the leading rule counts, or else the signals, that a reader should see at once.
func (t *tally) tags() string {
	if t.lead.Kind == OnVolume {
		return ""
	}
	list := t.of[t.lead.ID].subjects
	if len(list) == 0 || strings.Contains(t.lead.Does, "{subjects}") {
		list = t.all.signals
	}
	return join(list, 4)
}

func join(list []string, most int) string {
	cleaned := make([]string, 0, most)
	for i, v := range list {
		if i == most {
			return strings.Join(cleaned, ", ") + fmt.Sprintf(" and %d more", len(list)-most)
		}
		cleaned = append(cleaned, clean(v))
	}
	return strings.Join(cleaned, ", ")
}

// stages says when each stage of the attack began, in order; "" if there is but one.
func (t *tally) stages() string {
	began := map[string]time.Time{}
	var names []string
	for _, r := range t.rules {
		name := cmp.Or(r.Stage, r.Title)
		at, known := began[name]
		if !known {
			names = append(names, name)
		}
		if first := t.of[r.ID].first; !known || first.Before(at) {
			began[name] = first
		}
	}
	if len(names) < 2 {
		return ""
	}
	slices.SortStableFunc(names, func(a, b string) int { return began[a].Compare(began[b]) })
	for i, n := range names {
		names[i] = began[n].UTC().Format("15:04:05 ") + n
	}
	return strings.Join(names, ", ")
}

// fullReasons is how many rules a reason explains; of the others it gives the names.
const fullReasons = 3

// reason says why, with the numbers, one rule after the other, the worst first.
func reason(a *pipeline.Alert, t *tally) string {
	var parts, others []string
	if s := t.stages(); s != "" {
		parts = append(parts, "Stages: "+s+".")
	}
	for i, r := range t.rules {
		what := r.Title + " (" + r.ID + ")"
		if r.Kind == OnSignal || r.Kind == OnThreshold || r.Kind == OnSequence {
			what += ", " + t.of[r.ID].counts()
		}
		switch {
		case i >= fullReasons:
			others = append(others, what)
		case r.Because != "":
			parts = append(parts, what+": "+t.fillRule(strings.TrimSpace(r.Because), r, a))
		default:
			parts = append(parts, what+".")
		}
	}
	if len(others) > 0 {
		parts = append(parts, "Also: "+strings.Join(others, "; ")+".")
	}
	return strings.Join(parts, " ")
}

// counts says how many events a rule matched and how many of them failed.
func (p *part) counts() string {
	s := count(p.events) + " events"
	if p.events == 1 {
		s = "1 event"
	}
	if p.failures > 0 && p.failures < p.events {
		s += ", " + count(p.failures) + " refused or failed"
	} else if p.failures > 0 {
		s += ", refused or failed"
	}
	return s
}

func (t *tally) fill(text string, a *pipeline.Alert) string { return t.fillRule(text, t.lead, a) }

// fillRule replaces {placeholders} by what the rule's own events say.
func (t *tally) fillRule(text string, r *Rule, a *pipeline.Alert) string {
	if !strings.Contains(text, "{") {
		return text
	}
	p := t.of[r.ID]
	filled := strings.NewReplacer(
		"{events}", count(a.Events), "{rule_events}", count(p.events), "{failures}", count(p.failures),
		"{rows}", count(uint64(max(p.rows, 0))), "{shapes}", strconv.Itoa(len(p.shapes)), "{roles}", strconv.Itoa(len(p.roles)),
		"{clients}", strconv.Itoa(len(p.clients)), "{subjects}", join(p.subjects, 8), "{signals}", join(p.signals, 6),
		"{duration}", span(t.last.Sub(t.first)), "{role}", clean(a.Role), "{client}", clean(a.Client), "{application}", clean(a.Application), "{database}", clean(a.Database),
		"{observed}", figure(p.numbers[0]), "{expected}", figure(p.numbers[1]), "{threshold}", figure(p.numbers[2]), "{within}", p.verdict.within(),
	).Replace(text)
	return onlyOne.ReplaceAllStringFunc(filled, func(s string) string { return singular[s] })
}

var (
	singular = map[string]string{
		"1 networks": "1 network", "1 addresses": "1 address", "1 programs": "1 program", "1 kinds": "1 kind", "1 shapes": "1 shape",
		"1 functions": "1 function", "1 roles": "1 role", "1 databases": "1 database", "1 different names": "1 name", "1 clients": "1 client",
	}
	onlyOne = regexp.MustCompile(`\b1 (networks|addresses|programs|kinds|shapes|functions|roles|databases|different names|clients)\b`)
)

// figures are the numbers the alert was judged by.
func (t *tally) figures(a *pipeline.Alert, found *proof) map[string]string {
	m := map[string]string{"events": strconv.FormatUint(a.Events, 10), "rules": strings.Join(t.ids(), ",")}
	if found.failed > 0 {
		m["failures"] = strconv.FormatUint(found.failed, 10)
	}
	if t.all.rows > 0 {
		m["rows_max"] = strconv.FormatInt(t.all.rows, 10)
	}
	if len(t.all.shapes) > 0 {
		m["shapes"] = strconv.Itoa(len(t.all.shapes))
	}
	if s := t.stages(); s != "" {
		m["stages"] = s
	}
	if len(a.Evidence) > 1 && a.Evidence[0].Fingerprint != "" {
		m["first_statement"], m["worst_statement"] = a.Evidence[0].Fingerprint, a.Evidence[found.worst].Fingerprint
	}
	if len(t.all.clients) > 1 {
		m["clients"] = join(t.all.clients, 16)
	}
	p := t.of[t.lead.ID]
	switch t.lead.Kind {
	case OnVolume:
		m["observed"], m["expected"], m["threshold"] = figure(p.numbers[0]), figure(p.numbers[1]), figure(p.numbers[2])
		p.verdict.into(m)
	case OnFirstSeen:
		m["known_before"] = figure(p.numbers[0])
	}
	return m
}

// count writes a number with thousands separators.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func figure(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return "unknown"
	}
	if f >= 100 {
		return count(uint64(math.Round(f)))
	}
	return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64)
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return "1 s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
